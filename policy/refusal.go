package policy

import "fmt"

// Reasons of a Refusal. They are stable.
const (
	CodeNotInForce  = "policy.not-in-force"
	CodeUnknown     = "policy.unknown-word"
	CodeNoRule      = "policy.no-rule"
	CodeEmptyRow    = "policy.empty-row"
	CodeMethod      = "policy.method"
	CodeNoMachine   = "policy.machine-not-approved"
	CodeLevelTooLow = "policy.level-too-low"
	CodeRole        = "policy.role"
	CodeApart       = "policy.separation"
)

// Refusal is a no with its reason in both languages, and who can change it.
type Refusal struct {
	Code string
	Zh   string
	En   string
	Row  string // id of the row that refuses, "" = there is none
	Who  Text   // who can do what about it
}

func (r *Refusal) Error() string {
	if r.Row != "" {
		return r.Row + ": " + r.En
	}
	return r.En
}

// Who can do what about a refusal.
var (
	whoAsks     = Text{"请登记人核对载体类别和密级", "whoever registers the carrier checks its kind and classification"}
	whoAdopts   = Text{"由管理员启用现行有效的规则版本", "an administrator adopts a version that is in force"}
	whoWrites   = Text{"由本单位保密办公室补充该条规则，管理员启用", "the unit's secrecy office adds the rule and an administrator adopts it"}
	whoFills    = Text{"由本单位保密办公室填写该行，管理员启用", "the unit's secrecy office fills in the row and an administrator adopts it"}
	whoSeals    = Text{"由申请人改用规则允许的方式", "the applicant chooses a method the row allows"}
	whoConsigns = Text{"由保管人改送有资质的销毁单位，或由管理员登记等级足够的设备", "the keeper consigns it to a qualified body, or an administrator enrols a machine that reaches the level"}
)

func noRule(zh, en, act string) *Refusal {
	if act == "destroy" {
		return &Refusal{Code: CodeNoRule, Zh: "该密级未配置销毁标准：" + zh, En: fmt.Sprintf("no rule for the act %q on: %s", act, en), Who: whoWrites}
	}
	what := act
	if a, ok := ActOf(act); ok {
		what = a.Zh
	}
	return &Refusal{Code: CodeNoRule, Zh: "规则未规定此事项：" + zh + "，" + what, En: fmt.Sprintf("no rule for the act %q on: %s", act, en), Who: whoWrites}
}
