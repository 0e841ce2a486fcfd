package fault

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Elsewhere stands in a Chinese sentence for words that have no Chinese term: the English sentence beside it holds them.
const Elsewhere = "详见英文说明"

// Term says the English words s in Chinese. s is a term of the list or fits one of its patterns; a number, a path, or a name of
// one word comes back as it is; English text of several words comes back as [Elsewhere].
func Term(s string) string {
	zh, ok := term(s)
	switch {
	case ok:
		return zh
	case english.MatchString(s):
		return Elsewhere
	}
	return s
}

// english is text of several words, at least one of them in lower case Latin letters.
var english = regexp.MustCompile(`(?s)[a-z]{2,}.*[ :].|[ :].*[a-z]{2,}`)

// term finds the term of s.
func term(s string) (string, bool) {
	for _, list := range []map[string]string{words, registerWords, custodyWords} {
		if zh, ok := list[s]; ok {
			return zh, true
		}
	}
	for _, p := range patterns() {
		m := p.re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		var pairs []string
		for i, part := range m[1:] {
			n := strconv.Itoa(i + 1)
			pairs = append(pairs, "$"+n, part, "~"+n, Term(part))
		}
		return strings.NewReplacer(pairs...).Replace(p.zh), true
	}
	return "", false
}

type pattern struct {
	en, zh string
	re     *regexp.Regexp
}

// patterns are the phrases as expressions, the longest first: it says more than a shorter one that fits too.
var patterns = sync.OnceValue(func() []pattern {
	out := make([]pattern, 0, len(phrases)+len(registerPhrases)+len(custodyPhrases))
	for _, list := range []map[string]string{phrases, registerPhrases, custodyPhrases} {
		for en, zh := range list {
			re := regexp.MustCompile(`(?s)^` + strings.ReplaceAll(regexp.QuoteMeta(en), `%s`, `(.*?)`) + `$`)
			out = append(out, pattern{en, zh, re})
		}
	}
	slices.SortFunc(out, func(a, b pattern) int {
		if len(a.en) != len(b.en) {
			return len(b.en) - len(a.en)
		}
		return strings.Compare(a.en, b.en)
	})
	return out
})

// phrases are English with %s for what varies. In the Chinese $1 is the first such part as it is, ~1 its term.
var phrases = map[string]string{
	// things by number
	"carrier %s":               "载体 $1",
	"carrier %s twice":         "载体 $1 重复",
	"batch %s":                 "批次 $1",
	"batch number %s":          "批次编号 $1 已使用或不合规定",
	"list %s":                  "清单 $1",
	"person %s":                "人员 $1",
	"leaf %s":                  "第 $1 条记录",
	"certificate %s":           "证明 $1",
	"reader %s":                "读卡器 $1",
	"role %s":                  "没有角色 $1",
	"state %s":                 "没有状态 $1",
	"authority %s":             "没有批准权限 $1",
	"operation %s":             "没有操作 $1",
	"explanation of %s":        "对载体 $1 的说明",
	"reason must be one of %s": "理由应为 $1 之一",
	"security level %s-%s, the machine claims %s":        "设备级别 $1-$2，设备标称 $3",
	"%s persons are demanded, this station signs by two": "须 $1 人签名，本站只能两人签名",
	"%s h":                             "$1 小时",
	"session ended: %s":                "会话已结束：~1",
	"machine: %s":                      "设备：~1",
	"the two signers have the same %s": "两名签名人的“~1”相同",

	// requests to the daemon
	"cannot read request: %s":   "无法读取请求，~1",
	"json: unknown field %s":    "有不认识的字段 $1",
	"json: cannot unmarshal %s": "字段的类型不对",
	"invalid character %s":      "不是 JSON",

	// the command line
	"accepts %s arg(s), received %s":                 "应有 $1 个参数，给了 $2 个",
	"accepts at most %s arg(s), received %s":         "至多 $1 个参数，给了 $2 个",
	"requires at least %s arg(s), only received %s":  "至少要 $1 个参数，只给了 $2 个",
	"unknown command %s for %s":                      "没有命令 $1",
	"unknown flag: %s":                               "没有选项 $1",
	"unknown shorthand flag: %s in %s":               "没有选项 $2",
	"flag needs an argument: %s":                     "选项缺少值：$1",
	"invalid argument %s for %s flag: %s":            "选项 $2 的值 $1 不正确",
	"required flag(s) %s not set":                    "缺少选项 $1",
	"--missing %s is not NUMBER=REASON":              "--missing $1 应写成 编号=原因",
	"--within %s is negative":                        "--within $1 不得为负",
	"--log %s is not debug, info, warn or error":     "--log $1 应为 debug、info、warn 或 error",
	"%s is no index":                                 "$1 不是记录序号",
	"%s exists already and is not overwritten":       "$1 已存在，不会覆盖",
	"cannot write %s: it exists":                     "$1 已存在，不会覆盖",
	"cannot write %s: %s":                            "无法写入 $1：~2",
	"cannot read scan: %s":                           "无法读取清点扫描：~1",
	"cannot read scan of the approval: %s":           "无法读取批件扫描件：~1",
	"cannot read profile: %s":                        "无法读取规则文件：~1",
	"cannot find built-in profile %s; there are: %s": "没有名为 $1 的内置规则，可用：$2",
	"%s; there are: %s":                              "~1；可用：$2",
	"cannot read list: %s":                           "无法读取清单：~1",
	"cannot read PIN from standard input: %s":        "无法从标准输入读取 PIN：~1",
	"cannot read PIN: %s":                            "无法读取 PIN：~1",
	"cannot read %s: %s":                             "无法读取 $1：~2",
	"open %s: %s":                                    "打开 $1：~2",
}

// words are what is said as a whole.
var words = map[string]string{
	// roles
	"admin": "管理员", "receiver": "接收人", "counter": "清点人", "second-counter": "复核人", "applicant": "申请人", "approver": "批准人",
	"destroyer": "销毁人", "attestor": "监销人", "keeper": "保管人", "inspector": "检查员", "operator": "操作员", "explaining": "说明人",
	"secrecy-officer": "保密员", "auditor": "审核人", "classifier": "定密责任人",

	// approving authorities
	"own-leader": "本单位负责人", "issuer": "发文单位", "superior": "上级机关",

	// states of carriers and batches
	"unknown": "未登记", "registered": "已登记", "received": "已签收", "counted": "在库（已清点）", "missing": "未找到", "sealed": "已封存",
	"approved": "已批准", "authorised": "已授权", "released": "销毁中", "destroyed": "已销毁", "unverified": "未核实", "disputed": "有争议",
	"indeterminate": "结果不明", "resolved": "已销毁（核定）", "certified": "已出具证明", "archived": "已归档", "transferred": "已移交",
	"returned": "已清退", "declassified": "已解密", "lost": "已核销", "opened": "清点中", "withdrawn": "已撤回", "reconciled": "已核对",
	"completed": "已完成", "void": "已作废", "unfed": "未投入",

	// why a session ended
	"no card": "没有卡", "unsuitable card": "卡不适用", "not a PIV card": "不是 PIV 卡", "card removed": "卡已取出", "wrong PIN": "PIN 错误",
	"PIN blocked": "PIN 已锁定", "last PIN try": "只剩最后 1 次 PIN 输入机会", "PIN needed again": "须重新输入 PIN", "PIN": "须重新输入 PIN",
	"unacceptable PIN": "PIN 不合规定", "no answer in time": "无响应", "canceled": "已取消", "no PC/SC service": "智能卡服务不可用",
	"card in use": "卡被占用", "certificate not trusted": "证书不被信任", "card does not match": "卡与登录时不一致", "protocol error": "卡的应答不合规范",
	"same person": "同一人", "idle too long": "长时间未操作", "closed": "已退出登录", "unknown error": "原因不明",

	// readers and cards
	"reader added": "接入读卡器", "reader removed": "读卡器断开", "card inserted": "插入卡", "daemon lost": "智能卡服务中断",
	"daemon back": "智能卡服务恢复", "unknown event": "未知事件",
	"person id": "人员编号", "9A key": "9A 密钥", "9C key": "9C 密钥", "key in 9A and 9C": "9A 与 9C 密钥", "card GUID": "卡 GUID", "card serial number": "卡序列号",
	"a signer without person id, 9A key and 9C key cannot be told from another": "签名人缺少人员编号或卡的密钥，无法与另一人区分",

	// what a request lacks
	"paper scan": "缺少批件扫描件或批件编号", "second person": "缺少另一人", "not after": "有效期不对", "manifest": "封签清单有误", "reason": "缺少原因或原因有误",
	"batch number": "缺少批次编号", "round": "清点次数应为 1 或 2", "round 1 first": "须先进行第一次清点", "policy profile": "规则文件有误",
	"say either a file or --builtin NAME": "请给出规则文件，或用 --builtin NAME，二者取一",
	"resolution, reason":                  "处理结果或原因有误", "disposition, party, reference": "处置方式、对方单位或文号有误",
	"first admin": "首个登记的人须为管理员，并用自己的卡和 PIN 证明", "person, name, roles": "人员编号、姓名或角色缺少或有误", "machine": "设备资料有误",
	"request": "请求内容有误", "standard input is no terminal: use --pin-stdin to pipe a PIN": "标准输入不是终端，请用 --pin-stdin 送入 PIN",
	"several persons are logged in: say --as PERSON": "有多人登录，请用 --as 指明人员", "several readers hold a card: say --reader": "有多个读卡器插着卡，请用 --reader 指明",
	"--json and --quiet cannot be combined":   "--json 和 --quiet 不能同时使用",
	"cannot read request: data after its end": "请求末尾有多余内容",
	"http: request body too large":            "请求过大",
	"unexpected end of JSON input":            "JSON 不完整",
	"unexpected EOF":                          "内容不完整",
	"EOF":                                     "内容为空",
	"no such file or directory":               "没有这个文件或目录",
	"file does not exist":                     "没有这个文件",
	"permission denied":                       "没有访问权限",
	"is a directory":                          "这是目录",
	"not a directory":                         "不是目录",
	"file exists":                             "文件已存在",
	"no space left on device":                 "磁盘已满",
	"read-only file system":                   "磁盘只读",
	"input/output error":                      "磁盘读写错误",
	"it has no row that can be used":          "没有一行可用",
	"no policy profile was adopted":           "尚未启用任何规则",
	"register":                                "登记簿不接受这一条",
	"the register does not take the entry":    "登记簿不接受这一条",

	// acts, by the kind of their leaf
	"station.initialised": "建站", "station.started": "站点启动", "policy.adopted": "启用规则", "person.enrolled": "登记人员", "machine.enrolled": "登记设备",
	"session.opened": "登录", "session.locked": "会话结束", "refusal.recorded": "记录拒绝", "list.imported": "导入清单", "carrier.registered": "登记载体",
	"list.received": "签收清单", "batch.opened": "建立批次", "carrier.counted": "清点载体", "carrier.missing": "报告未找到", "carrier.found": "登记找到",
	"carrier.sealed": "封存载体", "batch.sealed": "封签", "batch.approved": "批准", "batch.rejected": "驳回", "batch.voided": "作废", "batch.authorised": "授权",
	"batch.released": "放行", "batch.withdrawn": "撤回许可", "carrier.destroyed": "销毁载体", "carrier.unverified": "登记未核实", "carrier.disputed": "登记争议",
	"carrier.indeterminate": "登记结果不明", "carrier.unfed": "登记未投入", "carrier.resolved": "处理结果不明", "batch.reconciled": "核对批次",
	"batch.completed": "签署销毁结果", "batch.certified": "出具证明", "carrier.archived": "归档", "carrier.transferred": "移交", "carrier.returned": "清退",
	"carrier.declassified": "解密", "carrier.lost": "核销",
}
