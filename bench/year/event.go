package year

import "time"

// What happened.
type What uint8

// Happenings. The table below says which fields each one has.
const (
	NoWhat What = iota
	// persons
	Joined
	Pledged
	Trained
	TrainingLapsed
	LeaveAsked
	LeaveRefused
	Left
	Delegated
	// receipt in four acts, and making
	Counted
	Numbered
	Entered
	SignedFor
	Printed
	// keeping
	Shelved
	HandedOver
	Accepted
	// reading
	CirculationOpened
	CirculationRefused
	Took
	GaveBack
	CirculationClosed
	// loans
	Lent
	Renewed
	RecalledLoan
	BroughtBack
	// copying
	CopyAsked
	CopyApproved
	CopyRefused
	Copied
	Spoiled
	// our own documents go out
	DispatchAsked
	DispatchRefused
	DispatchApproved
	// classification
	Reclassified
	// clear-out
	ClearOutOpened
	Proposed
	ClearOutApproved
	Kept
	Released
	Sent
	Acknowledged
	ClearOutClosed
	// destruction
	Listed
	Delisted
	DestructionApproved
	Bagged
	SealSpoiled
	Shredded
	Superseded
	// inspection
	Inspected   // 定期检查
	SpotChecked // 抽查
	Missing
	Found
	Corrected
	SelfChecked
	// what goes wrong beside
	Fault
	endOfWhats
)

// whats are the words of the stream and the fields of each happening beside
// Seq, At and What: what must be there, and after the bar what may be.
var whats = [endOfWhats]struct{ word, zh, fields string }{
	NoWhat:              {"", "", ""},
	Joined:              {"joined", "上岗", "to"},
	Pledged:             {"pledged", "签订保密承诺书", "by"},
	Trained:             {"trained", "保密培训", "by to due"},
	TrainingLapsed:      {"training-lapsed", "培训过期", "to"},
	LeaveAsked:          {"leave-asked", "申请离岗", "ref by"},
	LeaveRefused:        {"leave-refused", "离岗被拒", "ref by to carriers reason"},
	Left:                {"left", "离岗", "ref by to"},
	Delegated:           {"delegated", "书面委托", "by to due reason"},
	Counted:             {"counted", "清点", "ref by with unit channel count limit|reason"},
	Numbered:            {"numbered", "编号", "ref by carriers"},
	Entered:             {"entered", "登记", "ref by documents entries"},
	SignedFor:           {"signed-for", "签收", "ref by carriers"},
	Printed:             {"printed", "制作", "ref by with documents entries"},
	Shelved:             {"shelved", "入柜", "by place carriers"},
	HandedOver:          {"handed-over", "移交", "ref by to place carriers due"},
	Accepted:            {"accepted", "接收", "ref by carriers"},
	CirculationOpened:   {"circulation-opened", "传阅", "ref by carriers people due"},
	CirculationRefused:  {"circulation-refused", "传阅被拒", "by to carriers reason"},
	Took:                {"took", "送阅", "ref by to carriers due|place"},
	GaveBack:            {"gave-back", "阅毕退还", "ref by to carriers"},
	CirculationClosed:   {"circulation-closed", "传阅结束", "ref by carriers"},
	Lent:                {"lent", "借阅", "ref by to with carriers due"},
	Renewed:             {"renewed", "续借", "ref by to carriers due"},
	RecalledLoan:        {"recalled-loan", "催还", "ref by to carriers"},
	BroughtBack:         {"brought-back", "归还", "ref by to with carriers"},
	CopyAsked:           {"copy-asked", "申请复制", "ref by carriers count"},
	CopyApproved:        {"copy-approved", "批准复制", "ref by with carriers limit"},
	CopyRefused:         {"copy-refused", "复制被拒", "ref by carriers count limit reason"},
	Copied:              {"copied", "复制", "ref by carriers entries"},
	Spoiled:             {"spoiled", "废件", "ref by carriers reason"},
	DispatchAsked:       {"dispatch-asked", "申请发文", "ref by carriers document channel"},
	DispatchRefused:     {"dispatch-refused", "发文被拒", "ref by carriers document channel reason"},
	DispatchApproved:    {"dispatch-approved", "批准发文", "ref by carriers document"},
	Reclassified:        {"reclassified", "密级变更", "by document carriers class unit|period"},
	ClearOutOpened:      {"clear-out-opened", "清理开始", "ref by due"},
	Proposed:            {"proposed", "拟处置", "ref by carriers fate|reason"},
	ClearOutApproved:    {"clear-out-approved", "批准清理", "ref by"},
	Kept:                {"kept", "留用", "ref by carriers reason"},
	Released:            {"released", "解密", "ref by document carriers"},
	Sent:                {"sent", "送出", "ref by unit channel carriers fate number due|of with"},
	Acknowledged:        {"acknowledged", "回执", "ref by unit carriers fate"},
	ClearOutClosed:      {"clear-out-closed", "清理结束", "ref by|count"},
	Listed:              {"listed", "列入销毁清单", "ref of by with carriers mass number place"},
	Delisted:            {"delisted", "移出销毁清单", "ref by carriers reason place"},
	DestructionApproved: {"destruction-approved", "批准销毁", "ref by carriers number"},
	Bagged:              {"bagged", "装袋加封", "ref by with carriers number mass"},
	SealSpoiled:         {"seal-spoiled", "封条作废", "by number reason"},
	Shredded:            {"shredded", "销毁", "ref by with carriers number"},
	Superseded:          {"superseded", "证明更正", "ref by number reason"},
	Inspected:           {"inspected", "定期检查", "ref by with place|reason carriers due"},
	SpotChecked:         {"spot-checked", "抽查", "ref by with place|reason carriers due"},
	Missing:             {"missing", "未找到", "ref by carriers reason place"},
	Found:               {"found", "已找到", "ref by carriers reason place"},
	Corrected:           {"corrected", "整改完成", "ref by"},
	SelfChecked:         {"self-checked", "自查", "by"},
	Fault:               {"fault", "异常", "reason|ref by carriers count"},
}

// String is the word in the stream.
func (w What) String() string { return whats[w].word }

// Zh is the act in the words of the forms.
func (w What) Zh() string { return whats[w].zh }

// MarshalText writes the word.
func (w What) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// Event is one happening. By is who acts, With a second person beside him, To
// the other side; Of names the proceeding that Ref belongs to. In Inspected and
// SpotChecked, Carriers are those that should be at the place and are not.
type Event struct {
	Seq       int64       `json:"seq"`
	At        time.Time   `json:"at"`
	What      What        `json:"what"`
	Ref       Ref         `json:"ref,omitzero"`
	Of        Ref         `json:"of,omitzero"`
	By        PersonID    `json:"by,omitzero"`
	With      PersonID    `json:"with,omitzero"`
	To        PersonID    `json:"to,omitzero"`
	People    []PersonID  `json:"people,omitempty"`
	Carriers  []CarrierID `json:"carriers,omitempty"`
	Document  DocumentID  `json:"document,omitzero"`
	Documents []Document  `json:"documents,omitempty"`
	Entries   []Carrier   `json:"entries,omitempty"`
	Unit      UnitID      `json:"unit,omitzero"`
	Place     PlaceID     `json:"place,omitzero"`
	Channel   string      `json:"channel,omitzero"`
	Class     Class       `json:"class,omitzero"`
	Period    string      `json:"period,omitzero"`
	Count     int         `json:"count,omitzero"`
	Limit     int         `json:"limit,omitzero"` // listed, or allowed
	Mass      int64       `json:"mass_g,omitzero"`
	Fate      Fate        `json:"fate,omitzero"`
	Number    string      `json:"number,omitzero"`
	Reason    Reason      `json:"reason,omitzero"`
	Due       time.Time   `json:"due,omitzero"`
}

// Document is what several carriers may be copies of.
type Document struct {
	ID         DocumentID `json:"id"`
	Unit       UnitID     `json:"unit"`            // issuer
	Number     string     `json:"number,omitzero"` // 发文字号; media have none
	Title      string     `json:"title"`           //
	Class      Class      `json:"class"`           //
	Period     string     `json:"period,omitzero"` // as on the mark, after the star
	Dated      string     `json:"dated"`           // 成文日期
	Run        int        `json:"run,omitzero"`    // 印制份数, when numbered
	Scope      string     `json:"scope,omitzero"`  // 知悉范围
	MustReturn bool       `json:"must_return,omitzero"`
	Receipt    string     `json:"receipt,omitzero"` // 收文号; our own documents have none
}

// Carrier is one piece, as entered.
type Carrier struct {
	ID       CarrierID  `json:"id"`
	Document DocumentID `json:"document"`
	Parent   CarrierID  `json:"parent,omitzero"` // the carrier it was copied from
	Nth      int        `json:"nth,omitzero"`    // of the copies made of the parent
	Number   string     `json:"number"`
	Kind     Kind       `json:"kind"`
	Class    Class      `json:"class"`
	Copy     string     `json:"copy,omitzero"`   // 份号 of the issuer's run
	Pages    int        `json:"pages,omitzero"`  // paper and film
	Bytes    int64      `json:"bytes,omitzero"`  // everything else
	Serial   string     `json:"serial,omitzero"` //
	Mass     int64      `json:"mass_g"`

	fate  Fate
	role  role
	index uint8 // among the carriers of its document
}
