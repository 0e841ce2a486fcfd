package station

import (
	"slices"
	"strings"

	"sexton/internal/fault"
)

// Causes and reasons stand in the ledger in clear, where no later key can hide them. So they are codes of these lists and
// never the words of a person or of an error: a text could name somebody, or could not be encoded at all.

// handCauses are the causes a person may give for a withdrawal; what is none of them is recorded as "other".
var handCauses = []string{"operator", "machine", "person", "end-of-shift", "emergency", otherCode}

// decisionReasons are the reasons a person may give for a rejection or for voiding a batch.
var decisionReasons = []string{"incomplete", "wrong-carriers", "wrong-classification", "must-return", "expired", "given-up", otherCode}

const otherCode = "other"

// causesZh are all causes of a withdrawal: those of handCauses, then what the station sees by itself.
var causesZh = map[string]string{
	"operator": "操作员撤回", "machine": "设备原因", "person": "人员原因", "end-of-shift": "当班结束", "emergency": "紧急情况", otherCode: "其他",

	"card-removed": "卡已取出", "session-ended": "会话已结束", "reader-removed": "读卡器断开", "daemon-lost": "智能卡服务中断",
	"link-lost": "与设备的连接中断", "machine-fault": "设备停机或数据矛盾", "machine-did-not-settle": "设备未停稳", "permission-ended": "许可已到期或被设备终止",
	"unannounced-feed": "有未申报的投料", "feed-interrupted": "投料中断", "canceled": "请求已取消", "release-unknown": "放行结果不明", "release-failed": "放行未成功",
	"reconciled": "已核对", "station-closed": "站点关闭", "station-restarted": "站点重新启动",
}

// handCause is the code of what a person gave as the cause of a withdrawal. A withdrawal is never refused, so every text has one;
// a person cannot claim what only the station sees.
func handCause(given string) string {
	switch {
	case given == "":
		return "operator"
	case slices.Contains(handCauses, given):
		return given
	}
	return otherCode
}

// causeCode is the code of a cause as the station words it: one of causesZh, or made of the texts of sessions, readers
// ("card removed") and machines ("machine: jam").
func causeCode(text string) string {
	if ended, ok := strings.CutPrefix(text, "session ended: "); ok {
		if ended == "card removed" {
			return "card-removed"
		}
		return "session-ended"
	}
	if strings.HasPrefix(text, "machine: ") {
		return "machine-fault"
	}
	code := strings.ReplaceAll(text, " ", "-")
	if _, ok := causesZh[code]; ok {
		return code
	}
	return otherCode
}

// decisionReason refuses a reason that is no code, and names the codes. The text itself is repeated nowhere.
func decisionReason(given string) error {
	if slices.Contains(decisionReasons, given) {
		return nil
	}
	list := strings.Join(decisionReasons, ", ")
	return both(fault.New("usage.bad-request", nil, "reason must be one of "+list), "请求无法理解：理由应为 %s 之一", list)
}
