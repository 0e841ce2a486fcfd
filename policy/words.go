package policy

import "slices"

// Word is one wire word with what people read.
type Word struct {
	Word string
	Zh   string
	En   string
}

// Act is something that is done with a carrier and that a profile decides.
type Act struct {
	Word   string
	Zh, En string
	needs  []term // what every row of the act that is not empty says
	may    []term // what it may say besides
}

// term names one demand of a row.
type term string

const (
	termApproval  term = "approval"
	termAudit     term = "audit"
	termPersons   term = "persons"
	termTogether  term = "persons of at least two"
	termChannels  term = "channels"
	termEscorts   term = "escorts"
	termDays      term = "max_days"
	termPlaces    term = "places"
	termReaders   term = "record_readers"
	termQualified term = "qualified"
)

// allTerms in the order of a decision table, and what they are called.
var (
	allTerms = []term{termApproval, termAudit, termPersons, termTogether, termChannels, termEscorts, termDays, termPlaces, termReaders, termQualified}
	termZh   = map[term]string{termApproval: "审批", termAudit: "审核人", termPersons: "办理人数", termTogether: "两人以上", termChannels: "渠道",
		termEscorts: "同行（押运）人数", termDays: "天数", termPlaces: "场所", termReaders: "知悉记录", termQualified: "资质"}
)

// acts in the order of a carrier's life. Every act may demand fit persons and
// says how long its records are kept.
var acts = []Act{
	{"keep", "保管", "keep", []term{termPlaces}, nil},
	{"circulate", "传阅", "circulate", []term{termPlaces}, []term{termApproval, termAudit, termDays, termReaders}},
	{"widen", "扩大知悉范围", "widen the circle of readers", nil, []term{termApproval, termAudit, termReaders}},
	{"lend", "借阅", "lend", []term{termPlaces}, []term{termApproval, termAudit, termDays, termReaders}},
	{"make", "制作", "make", []term{termApproval, termPersons}, []term{termAudit}},
	{"copy", "复制", "copy", []term{termApproval, termPersons}, []term{termAudit}},
	{"hand-over", "移交（本单位内）", "hand over within the unit", []term{termTogether, termChannels}, []term{termApproval, termAudit}},
	{"dispatch", "发文", "dispatch", []term{termChannels}, []term{termApproval, termAudit, termEscorts}},
	{"carry-out", "携带外出", "carry out", []term{termChannels}, []term{termApproval, termAudit, termEscorts, termDays}},
	{"reclassify", "密级变更", "reclassify", []term{termApproval}, []term{termAudit}},
	{"declassify", "解密", "declassify", []term{termApproval}, []term{termAudit}},
	{"clear-out", "清理清退", "clear out", []term{termApproval}, []term{termAudit}},
	{"archive", "立卷归档", "file to the archive", []term{termChannels}, []term{termApproval, termAudit, termEscorts, termPersons}},
	{"transfer", "移交上级", "transfer to the superior body", []term{termChannels}, []term{termApproval, termAudit, termEscorts, termPersons}},
	{"return", "清退", "return to the issuer", []term{termChannels}, []term{termApproval, termAudit, termEscorts, termPersons}},
	{"consign", "送销", "consign for destruction", []term{termApproval, termTogether, termChannels, termEscorts}, []term{termAudit, termQualified}},
	{"destroy", "销毁", "destroy", []term{termApproval, termTogether}, []term{termAudit, termPlaces}},
	{"write-off", "核销", "write off", []term{termApproval, termTogether}, []term{termAudit}},
}

// Acts lists what a profile decides, in the order of a carrier's life.
func Acts() []Act { return slices.Clone(acts) }

// ActOf finds an act by its wire word.
func ActOf(word string) (Act, bool) {
	i := slices.IndexFunc(acts, func(a Act) bool { return a.Word == word })
	if i < 0 {
		return Act{}, false
	}
	return acts[i], true
}

func (a Act) takes(t term) bool { return slices.Contains(a.needs, t) || slices.Contains(a.may, t) }

// channels by which a carrier may travel. The last three are never for state
// secrets: state secrets law (2024), art. 28(3), art. 29.
var channels = []Word{
	{"hand", "专人递送", "hand of a named person"},
	{"confidential-courier", "机要交通", "confidential courier"},
	{"confidential-mail", "机要通信", "confidential mail"},
	{"own-vehicle", "专车押运", "own vehicle under escort"},
	{"exchange-station", "机要文件交换站", "exchange station"},
	{"ordinary-post", "普通邮递", "ordinary post"},
	{"fax", "传真", "fax"},
	{"network", "网络", "network"},
}

// openChannels carry no state secret.
var openChannels = []string{"ordinary-post", "fax", "network"}

// places are uses of rooms and furniture in which a carrier may be.
var places = []Word{
	{"approved-cabinet", "符合国家保密标准的保密柜", "approved cabinet"},
	{"reading-room", "指定阅读场所", "designated reading room"},
	{"cabinet", "保密柜", "security cabinet"},
	{"room", "涉密场所", "secured room"},
	{"archive-room", "档案室", "archive room"},
	{"waiting-room", "待销存放场所", "room where carriers wait for destruction"},
}

// authorities in the order of their reach.
var authorities = []Word{
	{"own-leader", "本单位领导", "the unit's own leader"},
	{"issuer", "原定密机关", "the issuer"},
	{"superior", "上级机关", "the superior body"},
}

// roles people have at the station.
var roles = []Word{
	{"admin", "管理员", "administrator"},
	{"receiver", "接收人", "receiver"},
	{"counter", "清点人", "counter"},
	{"second-counter", "复核人", "second counter"},
	{"applicant", "申请人", "applicant"},
	{"auditor", "审核人", "auditor"},
	{"approver", "批准人", "approver"},
	{"classifier", "定密责任人", "classification authority"},
	{"destroyer", "销毁人", "destroyer"},
	{"attestor", "监销人", "attestor"},
	{"keeper", "保管人", "keeper"},
	{"secrecy-officer", "保密员", "secrecy officer"},
	{"inspector", "检查员", "inspector"},
	{"operator", "操作员", "operator"},
}

// Roles, Channels, Places and Authorities list the words a row may use;
// authorities in the order of their reach.
func Roles() []Word       { return slices.Clone(roles) }
func Channels() []Word    { return slices.Clone(channels) }
func Places() []Word      { return slices.Clone(places) }
func Authorities() []Word { return slices.Clone(authorities) }

func wordOf(list []Word, word string) (Word, bool) {
	i := slices.IndexFunc(list, func(w Word) bool { return w.Word == word })
	if i < 0 {
		return Word{Word: word, Zh: word, En: word}, false
	}
	return list[i], true
}

// reach is the place of an authority in their order, -1 for none.
func reach(authority string) int {
	return slices.IndexFunc(authorities, func(w Word) bool { return w.Word == authority })
}
