package year

import "sexton/custody"

// Class is a level of protection, highest first.
type Class uint8

// Classes, in the order of custody.Classifications.
const (
	TopSecret Class = iota + 1
	Secret
	Confidential
	WorkSecret
	Internal
)

var classes = custody.Classifications()

// String is the wire word.
func (c Class) String() string {
	if c == 0 {
		return "unknown"
	}
	return classes[c-1].Word
}

// Zh is the term on the mark.
func (c Class) Zh() string { return classes[c-1].Zh }

// StateSecret says that the class bears the mark with a star.
func (c Class) StateSecret() bool { return classes[c-1].Secret }

// MarshalText writes the wire word.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Kind is what a carrier is made of.
type Kind uint8

// Kinds, in the order of custody.CarrierKinds.
const (
	Paper Kind = iota + 1
	Disc
	Key
	Disk
	PortableDisk
	SolidState
	Card
	Tape
	Film
)

var kinds = custody.CarrierKinds()

// String is the wire word.
func (k Kind) String() string {
	if k == 0 {
		return "unknown"
	}
	return kinds[k-1].Word
}

// Zh is the term of the column 载体类别.
func (k Kind) Zh() string { return kinds[k-1].Zh }

// Measure is the Chinese measure word.
func (k Kind) Measure() string { return kinds[k-1].Measure }

// MarshalText writes the wire word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// letter stands in carrier numbers: Z paper, G disc, U key, P disks, K memory
// card, T tape, J film; F, for copies, is given when they are made.
func (k Kind) letter() string { return "ZGUPPPKTJ"[k-1 : k] }

// Fate is what becomes of a carrier; NoFate while it is held.
type Fate uint8

// Fates. Keep is the fate of a clear-out that leaves the carrier held.
const (
	NoFate       Fate = iota
	Returned          // 清退, to the issuer
	Destroyed         // 销毁
	Archived          // 归档
	Transferred       // 移交, to the superior body
	Declassified      // 解密
	Dispatched        // 发文: a copy of our own document went to another unit
	Keep              // 留用
	endOfFates
)

var fateWords = [endOfFates]struct{ word, zh string }{
	{"none", "在库"}, {"returned", "清退"}, {"destroyed", "销毁"}, {"archived", "归档"}, {"transferred", "移交"},
	{"declassified", "解密"}, {"dispatched", "发文"}, {"kept", "留用"},
}

func (f Fate) String() string { return fateWords[f].word }

// Zh is the term of the forms.
func (f Fate) Zh() string { return fateWords[f].zh }

// MarshalText writes the word.
func (f Fate) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Disposal says that the carrier is no longer held.
func (f Fate) Disposal() bool { return f != NoFate && f != Keep }

// Reason is why something was refused, kept, found or went wrong: a stable code.
type Reason string

// Reasons.
const (
	OverApproved     Reason = "copies-over-approved"
	OrdinaryPost     Reason = "channel-ordinary-post"
	TrainingOver     Reason = "training-expired"
	CarriersOut      Reason = "carriers-outstanding"
	StillInUse       Reason = "still-in-use"
	StillOnLoan      Reason = "overdue-on-loan"
	Recall           Reason = "recalled-by-issuer"
	SerialDiffers    Reason = "serial-differs"
	CountDiffers     Reason = "count-differs"
	SealTransposed   Reason = "seal-number-transposed"
	SealTorn         Reason = "seal-torn"
	SealMisprinted   Reason = "seal-misprinted"
	Jam              Reason = "jam-three-in-throat"
	CardPulled       Reason = "card-pulled-before-release"
	ClockOff         Reason = "clock-four-minutes-off"
	WrongRoom        Reason = "wrong-room-on-certificate"
	UnderCover       Reason = "under-another-cover"
	NotOnShelf       Reason = "not-on-shelf"
	LabelLacking     Reason = "cabinet-label-lacking"
	SpoiledInCopying Reason = "spoiled-in-copying"
	OnLeave          Reason = "leader-on-leave"
)

var reasons = map[Reason]struct{ zh, en string }{
	OverApproved:     {"超出批准份数", "more copies than approved"},
	OrdinaryPost:     {"国家秘密载体不得通过普通邮政寄递", "no state secret by ordinary post"},
	TrainingOver:     {"保密培训已过期", "training has expired"},
	CarriersOut:      {"名下仍有未清退的载体", "carriers are outstanding"},
	StillInUse:       {"工作仍需使用", "still needed for work"},
	StillOnLoan:      {"借阅逾期未还，已催还", "on loan and overdue, recalled"},
	Recall:           {"制发单位来函要求清退", "the issuer calls it back"},
	SerialDiffers:    {"盒内U盘序列号与登记不符", "the key in the case bears another serial number"},
	CountDiffers:     {"清点数量不符", "the counts differ"},
	SealTransposed:   {"标签上的封条号有两位颠倒", "two digits of the seal number are transposed on the label"},
	SealTorn:         {"封条撕裂", "the seal is torn"},
	SealMisprinted:   {"封条印刷错误", "the seal is misprinted"},
	Jam:              {"卡料，入口内有三件", "jam with three items in the throat"},
	CardPulled:       {"审批后放行前智能卡被取出", "a card was pulled between approval and release"},
	ClockOff:         {"站点时钟偏差四分钟", "the clock is four minutes off"},
	WrongRoom:        {"证明上的房间号有误", "wrong room number on the certificate"},
	UnderCover:       {"夹在另一份文件的封面下", "under the cover of another document"},
	NotOnShelf:       {"盘点时不在柜中", "not on the shelf when counted"},
	LabelLacking:     {"保密柜未标明最高密级", "a cabinet does not state its highest level"},
	SpoiledInCopying: {"复制时损坏", "spoiled in copying"},
	OnLeave:          {"分管领导休假，书面委托副职", "the leader is on leave, his deputy has a written delegation"},
}

// Zh says it in Chinese.
func (r Reason) Zh() string { return reasons[r].zh }

// En says it in English.
func (r Reason) En() string { return reasons[r].en }

// Ways for carriers to travel, in the words of policy profiles.
const (
	ByHand     = "hand"
	ByCourier  = "confidential-courier"
	ByExchange = "exchange-station"
	ByPost     = "ordinary-post"
)

// titles

var objects = []string{"年度预算编制", "国有资产清查", "会计信息质量检查", "专项债券项目储备", "进出口统计口径", "保密自查自评", "档案移交", "公务用车管理", "网络安全检查", "干部培训计划"}

// actions are what a document does to its object.
var actions = []struct{ verb, tail string }{{"做好", "工作"}, {"开展", "工作"}, {"印发", "工作方案"}, {"报送", "情况"}, {"调整", "安排"}, {"下达", "任务"}}

// term is which part of the year an object may be about, in a month.
func term(d *draw, month int) string {
	switch d.IntN(4) {
	case 0:
		return []string{"上半年", "下半年"}[(month-1)/6]
	case 1:
		return []string{"第一季度", "第二季度", "第三季度", "第四季度"}[(month-1)/3]
	}
	return ""
}

// object is what a document is about. The budget is of the year anyway.
func object(d *draw, month int) string {
	o := pick(d, objects)
	if o == objects[0] {
		return o
	}
	return term(d, month) + o
}

const watermark = "（演练）"

func title(d *draw, month int, issuer, kind string) string {
	about := object(d, month)
	switch kind {
	case "简报", "情况专报", "参阅资料":
		return issuer + about + kind + watermark
	}
	a := pick(d, actions)
	return issuer + "关于" + a.verb + about + a.tail + "的" + kind + watermark
}

func mediumTitle(d *draw, month int, issuer string, k Kind) string {
	return issuer + object(d, month) + "数据" + k.Zh() + watermark
}
