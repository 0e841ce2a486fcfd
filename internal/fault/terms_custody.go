package fault

// Words and phrases of receipt, documents, requests, movements and keeping; see phrases and words.
var (
	custodyPhrases = map[string]string{
		"cannot read receipt slip: %s":    "无法读取回执扫描件：~1",
		"cannot read certificate: %s":     "无法读取证明扫描件：~1",
		"--due %s is not like 2026-01-31": "--due $1 应写成 2026-01-31 的样式",
		"document %s":                     "文件 $1",
		"request %s":                      "申请 $1",
		"movement %s":                     "交接 $1",
		"whereabouts %s":                  "没有去向 $1",
		"act %s":                          "没有事项 $1",
		"period %s":                       "保密期限 $1 有误",
		"series %s":                       "编号系列 $1 只能是文字",
		"carrier kind %s":                 "没有载体类别 $1",
		"qualified until %s":              "资质有效期至 $1",
		"qualified up to %s":              "资质仅至 $1",
	}
	custodyWords = map[string]string{
		// what a request lacks
		"found": "清点数有误", "document number, title, issuer": "文号、标题或制发单位缺少", "persons": "缺少人员", "count": "缺少份数", "one carrier": "应只有一件载体",
		"carriers": "缺少载体", "carriers or document": "缺少载体或文件", "opinion": "缺少意见（上级或原定密机关同意的，写明其文号）", "receiver": "接收人缺少或多余", "party": "缺少接收单位",
		"request or campaign": "审批和清理只能引用一项", "escorts": "押运人重复", "reason of refusal": "拒收原因有误", "receipt slip": "缺少回执编号或扫描件，或不应有回执",
		"certificate and its scan": "缺少证明编号或扫描件", "place and carriers": "缺少存放地点或载体", "carrier or document": "应写明载体或文件之一", "copies made and spoiled": "复制份数有误",
		"carrier numbers": "载体编号个数与份数不符", "basis": "缺少依据", "reading-room": "指定阅读场所", "dated": "成文日期",
		"not after: past, or more than 90 days ahead": "有效期已过，或超过 90 天",

		// whereabouts
		"nowhere": "不在库", "on-shelf": "在库", "offered": "待交接", "circulating": "传阅中", "on-loan": "借出", "carried-out": "外带", "in-transit": "运输中",

		// what is asked of a list
		"list-count": "清点", "list-number": "编收文号",
	}
)
