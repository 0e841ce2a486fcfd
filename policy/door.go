package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run ./gen

// Gate is one act of the station and who may do it. This table is the only
// list; docs/operations/roles.md is generated from it.
type Gate struct {
	Act     string   `json:"act"` // wire word
	Zh      string   `json:"zh"`  // what is done
	En      string   `json:"en"`
	Roles   []string `json:"roles"`   // any of them will do; none = everybody enrolled
	Named   bool     `json:"named"`   // of those only the person, or persons, named in the matter
	Signs   bool     `json:"signs"`   // with a signature of the PIV card, slot 9C
	Persons int      `json:"persons"` // who do it together, 0 = nobody logs in
	Apart   []string `json:"apart"`   // words of Separations
}

// Separation is a separation of duties: who does the act may not be one who
// had one of the parts in the same matter. One without parts holds by the roles
// of the table itself, which a test compares.
type Separation struct {
	Word   string
	Zh, En string
	From   []string // parts in the matter
}

// Separations of duties.
const (
	NotOwnRequest  = "not-own-request"
	NotOwnAudit    = "not-own-audit"
	NotOwnKey      = "not-own-key"
	NotOwnClearOut = "not-own-clear-out"
	NotOwnFinding  = "not-own-finding"
	NotOwnTeam     = "not-own-team"
	TwoPersons     = "two-persons"
	TwoEnds        = "two-ends"
	TwoCounts      = "two-counts"
	NotAdminAlone  = "admin-not-alone"
	LooksOnly      = "inspector-changes-nothing"
)

var separations = []Separation{
	{NotOwnRequest, "申请人不得审核、批准自己的申请", "who requests does not audit or approve the request", []string{"applicant"}},
	{NotOwnAudit, "审核人不得批准自己审核的申请", "who audits does not approve", []string{"auditor"}},
	{NotOwnKey, "登记U盘的人不得批准用它复制", "who registers a USB key does not approve copies with it", []string{"registrar"}},
	{NotOwnClearOut, "提出清理方案的人不得批准该方案", "who proposes a clear-out does not approve it", []string{"proposer"}},
	{NotOwnFinding, "整改责任人不得自行销号", "who has to correct a finding does not close it", []string{"answerable"}},
	{NotOwnTeam, "批准人不得是申请人、销毁人或监销人", "the approver is not applicant, destroyer or attestor", []string{"applicant", "destroyer", "attestor"}},
	{TwoPersons, "同一人不得双签", "one person does not sign twice", []string{"cosigner"}},
	{TwoEnds, "移交人和接收人不得为同一人", "giver and receiver are two persons", []string{"giver"}},
	{TwoCounts, "两次清点由不同的人进行", "the two counts are made by two persons", []string{"counter"}},
	{NotAdminAlone, "管理员不能单独销毁", "an administrator cannot destroy alone", nil},
	{LooksOnly, "检查员只检查，不改变载体和登记", "an inspector looks and changes no carrier", nil},
}

var (
	office   = []string{"admin"}
	keepers  = []string{"keeper", "secrecy-officer"}
	officers = []string{"secrecy-officer", "admin"}
	checkers = []string{"inspector", "secrecy-officer"}
	leader   = []string{"approver"}
	team     = []string{"destroyer", "attestor"}
	anybody  []string
)

// gates in the order of the work.
var gates = []Gate{
	// the station
	{"policy-adopt", "启用规则", "adopt a policy profile", office, false, true, 1, nil},
	{"machine-enrol", "登记销毁设备", "enrol a machine", office, false, true, 1, nil},
	{"person-enrol", "登记人员和卡", "enrol a person and a card", office, false, true, 1, nil},
	// the unit and its people
	{"department-enter", "登记要害部门", "enter a department", officers, false, false, 1, nil},
	{"place-enter", "登记场所、保密柜", "enter a place", officers, false, false, 1, nil},
	{"firm-enter", "登记销毁单位及资质", "enter a destruction body", officers, false, false, 1, nil},
	{"person-post", "上岗、在岗登记", "post a person", officers, false, false, 1, nil},
	{"person-pledge", "签订保密承诺书", "sign the pledge", anybody, true, true, 1, nil},
	{"person-leave", "办理离岗", "let a person leave", officers, false, true, 1, nil},
	// arrival
	{"list-import", "导入清单", "import a list", []string{"receiver", "keeper", "applicant", "operator", "admin"}, false, false, 1, nil},
	{"list-count", "收文清点", "count what arrived", []string{"counter", "receiver", "operator"}, false, false, 1, nil},
	{"list-number", "编号", "number what arrived", []string{"keeper", "receiver", "secrecy-officer"}, false, false, 1, nil},
	{"list-receive", "签收", "sign for a list", []string{"receiver"}, false, true, 1, nil},
	{"document-enter", "登记文件", "enter a document", keepers, false, false, 1, nil},
	{"circle-set", "确定知悉范围", "set the circle of readers", leader, false, true, 1, nil},
	// requests
	{"request-open", "提出申请", "open a request", []string{"applicant", "keeper", "operator", "secrecy-officer", "receiver"}, false, false, 1, nil},
	{"request-audit", "审核申请", "audit a request", []string{"auditor"}, false, true, 1, []string{NotOwnRequest}},
	{"request-approve", "批准申请", "approve a request", leader, false, true, 1, []string{NotOwnRequest, NotOwnAudit, NotOwnKey}},
	{"request-reject", "驳回申请", "reject a request", []string{"auditor", "approver"}, false, true, 1, nil},
	{"request-withdraw", "撤回申请", "withdraw a request", anybody, true, false, 1, nil},
	// custody
	{"carrier-store", "入柜存放", "store carriers", []string{"keeper"}, false, false, 1, nil},
	{"movement-open", "发出、借出、移交", "open a movement", keepers, false, true, 1, nil},
	{"movement-accept", "签收移交", "accept a movement", anybody, true, true, 1, []string{TwoEnds}},
	{"movement-refuse", "拒收", "refuse a movement", anybody, true, true, 1, nil},
	{"movement-receipt", "登记回执", "enter the receipt of another unit", keepers, false, true, 1, nil},
	{"movement-return", "收回并检查", "take carriers back", []string{"keeper"}, false, true, 1, nil},
	{"movement-renew", "续借", "renew a loan", []string{"keeper"}, false, true, 1, nil},
	{"movement-cancel", "撤回移交", "cancel a movement", keepers, false, false, 1, nil},
	{"firm-certify", "登记销毁单位的证明", "enter a destruction body's certificate", keepers, false, true, 1, nil},
	{"copy-make", "复制", "make copies", []string{"keeper", "operator"}, false, true, 1, nil},
	{"copy-spoil", "登记废页、废盘", "enter spoiled copies", []string{"keeper", "operator"}, false, true, 1, nil},
	{"reclassify", "变更密级", "reclassify", []string{"classifier"}, false, true, 1, []string{NotOwnRequest}},
	{"declassify", "解密", "declassify", []string{"classifier"}, false, true, 1, []string{NotOwnRequest}},
	// clear-out, inspection, incidents, reports
	{"campaign-open", "启动清理", "open a clear-out", keepers, false, false, 1, nil},
	{"campaign-propose", "提出处置意见", "propose dispositions", keepers, false, false, 1, nil},
	{"campaign-approve", "批准清理方案", "approve a clear-out", leader, false, true, 1, []string{NotOwnClearOut}},
	{"campaign-close", "结束清理", "close a clear-out", keepers, false, true, 1, nil},
	{"inspection-open", "开始保密检查", "open an inspection", checkers, false, false, 1, []string{LooksOnly}},
	{"inspection-count", "检查清点", "count in an inspection", checkers, false, true, 1, []string{LooksOnly}},
	{"carrier-missing", "报告载体未找到", "report a carrier as missing", keepers, false, false, 1, nil},
	{"finding-enter", "登记检查问题", "enter a finding", checkers, false, false, 1, []string{LooksOnly}},
	{"finding-correct", "报告整改", "report a correction", anybody, true, true, 1, nil},
	{"finding-close", "复查销号", "close a finding", checkers, false, true, 1, []string{NotOwnFinding, LooksOnly}},
	{"incident-report", "报告事件", "report an incident", anybody, false, false, 1, nil},
	{"incident-close", "结束事件", "close an incident", []string{"secrecy-officer", "approver"}, false, true, 1, nil},
	{"report-issue", "出具报告", "issue a report", []string{"secrecy-officer", "inspector", "approver"}, false, true, 1, nil},
	{"form-print", "打印表单", "print a form with what is on record", []string{"keeper", "secrecy-officer", "inspector", "approver", "applicant"}, false, true, 1, []string{LooksOnly}},
	// USB media
	{"key-register", "登记U盘", "register a USB key", office, false, true, 1, nil},
	{"key-retire", "停用U盘", "retire a USB key", office, false, true, 1, nil},
	{"key-lose", "报告U盘丢失", "report a USB key as lost", anybody, false, false, 1, nil},
	{"key-find", "登记找到的U盘", "enter a USB key as found", office, false, true, 1, nil},
	{"key-check", "核对U盘", "check a USB key", anybody, false, false, 1, nil},
	{"key-eject", "弹出U盘", "eject a USB key", anybody, false, false, 1, nil},
	{"port-enrol", "登记USB端口", "enrol a USB port", office, false, false, 1, nil},
	{"port-close", "停用USB端口", "close a USB port", office, false, false, 1, nil},
	// destruction
	{"batch-open", "建立销毁批次", "open a batch", []string{"applicant"}, false, false, 1, nil},
	{"batch-count", "清点", "count a batch", []string{"counter"}, false, false, 1, nil},
	{"batch-recount", "复核清点", "count a batch again", []string{"second-counter"}, false, false, 1, []string{TwoCounts}},
	{"carrier-find", "登记找到的载体", "enter a carrier as found", []string{"keeper", "counter", "second-counter", "applicant", "admin"}, false, false, 1, nil},
	{"batch-seal", "封签", "seal a batch", []string{"applicant"}, false, true, 1, nil},
	{"batch-approve", "审批销毁", "approve a batch", leader, false, true, 1, []string{NotOwnTeam}},
	{"batch-approve-paper", "登记书面审批", "enter an approval on paper", []string{"keeper", "applicant", "destroyer", "attestor"}, false, true, 2, []string{TwoPersons}},
	{"batch-reject", "驳回批次", "reject a batch", leader, false, true, 1, nil},
	{"batch-void", "作废批次", "void a batch", []string{"applicant", "admin"}, false, false, 1, nil},
	{"batch-team", "指定销毁人和监销人", "name destroyer and attestor", []string{"applicant", "approver", "operator", "admin", "destroyer", "attestor"}, false, false, 1, nil},
	{"batch-authorise", "授权销毁", "authorise the destruction", team, true, true, 2, []string{TwoPersons, NotAdminAlone}},
	{"batch-release", "放行", "release the machine", team, true, false, 2, []string{TwoPersons, NotAdminAlone}},
	{"batch-feed", "投料", "feed the machine", team, true, false, 2, []string{TwoPersons, NotAdminAlone}},
	{"batch-withdraw", "撤回放行", "withdraw the permission", anybody, false, false, 0, nil},
	{"batch-reconcile", "核对", "reconcile a batch", anybody, false, false, 0, nil},
	{"batch-complete", "签署结果", "sign the outcome", team, true, true, 2, []string{TwoPersons, NotAdminAlone}},
	{"carrier-resolve", "处理结果不明的载体", "resolve an open case", team, true, true, 2, []string{TwoPersons, NotAdminAlone}},
	{"certificate-issue", "出具销毁证明", "issue a certificate", anybody, false, false, 0, nil},
	{"carrier-write-off", "核销丢失的载体", "write off a lost carrier", []string{"keeper", "admin", "approver"}, false, true, 2, []string{TwoPersons}},
}

// Gates lists the acts of the station in the order of the work.
func Gates() []Gate { return slices.Clone(gates) }

// Separations lists the separations of duties.
func Separations() []Separation { return slices.Clone(separations) }

// GateOf finds an act of the station by its wire word.
func GateOf(act string) (Gate, bool) {
	i := slices.IndexFunc(gates, func(g Gate) bool { return g.Act == act })
	if i < 0 {
		return Gate{}, false
	}
	return gates[i], true
}

// May says whether a person with these roles may do an act of the station. The
// *Refusal names the rule and who could.
func May(act string, roles []string) error {
	g, ok := GateOf(act)
	if !ok {
		return &Refusal{Code: CodeUnknown, Row: act, Zh: "本站没有这一事项", En: fmt.Sprintf("the station has no act %q", act), Who: Text{"请查看岗位分工表", "see the table of roles"}}
	}
	if len(g.Roles) == 0 || slices.ContainsFunc(g.Roles, func(r string) bool { return slices.Contains(roles, r) }) {
		return nil
	}
	zh, en := roleNames(g.Roles)
	return &Refusal{Code: CodeRole, Row: g.Act, Zh: "“" + g.Zh + "”限" + zh + "办理", En: g.En + ": only by " + en,
		Who: Text{"请由" + zh + "办理", "let the " + en + " do it"}}
}

// Separate says whether person may do an act of the station in a matter in
// which parts were taken: part -> persons. Parts are applicant, auditor,
// registrar (who registered the USB key to copy to), proposer, answerable,
// destroyer, attestor, cosigner, giver and counter. The *Refusal names the
// separation and who could.
func Separate(act, person string, parts map[string][]string) error {
	g, ok := GateOf(act)
	if !ok {
		return May(act, nil)
	}
	for _, word := range g.Apart {
		i := slices.IndexFunc(separations, func(s Separation) bool { return s.Word == word })
		for _, part := range separations[i].From {
			if slices.Contains(parts[part], person) {
				zh, en := g.doers()
				return &Refusal{Code: CodeApart, Row: word, Zh: separations[i].Zh, En: separations[i].En,
					Who: Text{"请由另一名" + zh + "办理", "let another " + en + " do it"}}
			}
		}
	}
	return nil
}

// doers are the roles of a gate in words.
func (g Gate) doers() (zh, en string) {
	switch {
	case g.Persons == 0:
		return "任何人", "anybody"
	case len(g.Roles) == 0 && g.Named:
		return "指定的本人", "person named in the matter"
	case len(g.Roles) == 0:
		return "登记人员", "enrolled person"
	}
	return roleNames(g.Roles)
}

// roleNames says "a, b or c".
func roleNames(words []string) (zh, en string) {
	zh, en = names(roles, words)
	if i := strings.LastIndex(en, ", "); i >= 0 {
		en = en[:i] + " or " + en[i+2:]
	}
	return zh, en
}

// RolesDoc is docs/operations/roles.md.
func RolesDoc() string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nGenerated from policy/door.go by `go generate ./policy`. “Named” means: of those, only the person or persons the matter names. “9C” means: with a signature of the PIV card.\n")
	for _, g := range DoorTables() {
		b.WriteString("\n## " + g.Title.in(InBoth) + "\n\n" + g.Markdown(InBoth))
	}
	return b.String()
}

// DoorTables are the acts of the station with who may do them, the separations
// of duties and the roles.
func DoorTables() []Grid {
	acts := Grid{Title: Text{"岗位分工", "acts"}, Head: []Text{{"代号", "word"}, {"事项", "act"}, {"办理人", "by whom"}, {"本人", "named"}, both("9C"), {"人数", "persons"}, {"分工限制", "separations"}}}
	for _, g := range gates {
		zh, en := g.doers()
		acts.Rows = append(acts.Rows, []Text{both(g.Act), {g.Zh, g.En}, {zh, en}, both(mark(g.Named)), both(mark(g.Signs)), both(strconv.Itoa(g.Persons)), both(strings.Join(g.Apart, ", "))})
	}
	apart := Grid{Title: Text{"分工限制", "separations of duties"}, Head: []Text{{"代号", "word"}, {"规则", "rule"}}}
	for _, s := range separations {
		apart.Rows = append(apart.Rows, []Text{both(s.Word), {s.Zh, s.En}})
	}
	people := Grid{Title: Text{"岗位", "roles"}, Head: []Text{{"代号", "word"}, {"岗位", "role"}}}
	for _, r := range roles {
		people.Rows = append(people.Rows, []Text{both(r.Word), {r.Zh, r.En}})
	}
	return []Grid{acts, apart, people}
}

func mark(is bool) string {
	if is {
		return "✓"
	}
	return ""
}
