package fault

// registerPhrases are the phrases of the register's duties, see phrases.
var registerPhrases = map[string]string{
	"department %s":                  "部门 $1",
	"place %s":                       "部位 $1",
	"firm %s":                        "销毁单位 $1",
	"post of %s":                     "$1 的涉密岗位",
	"classification %s":              "没有密级 $1",
	"use %s":                         "没有用途 $1",
	"form of firm %s":                "没有这种销毁单位 $1",
	"grade %s":                       "没有涉密等级 $1",
	"day %s":                         "日期“~1”应为 2026-01-31 的样式",
	"reason for leaving %s":          "没有离岗原因 $1",
	"%s is missing":                  "缺少“~1”",
	"inspection %s":                  "检查 $1",
	"finding %s":                     "检查问题 $1",
	"incident %s":                    "事件 $1",
	"form %s":                        "表 $1",
	"format %s":                      "没有格式 $1",
	"order %s":                       "没有排序方式 $1",
	"whereabouts %s":                 "没有去向 $1",
	"clear-out %s":                   "清理 $1",
	"fate %s":                        "没有处置方式 $1",
	"reason for keeping %s":          "留用理由 $1 不是规定的代码",
	"number %s":                      "编号 $1 已使用",
	"kind of incident %s":            "没有事件类别 $1",
	"key %s":                         "U盘 $1",
	"port %s":                        "USB端口 $1",
	"--discovered %s is not like %s": "--discovered $1 应写成 $2",
}

// registerWords are the words of the register's duties, said as a whole.
var registerWords = map[string]string{
	// parts
	"accepting": "接收人", "pledging": "承诺人", "answering": "整改责任人", "reporting": "报告人",

	// what is entered
	"department": "部门编号有误", "place": "部位编号有误", "firm": "销毁单位编号有误", "name": "名称", "post": "岗位", "qualification": "资质编号",
	"since": "任岗日", "trained till": "培训有效期", "qualified till": "资质有效期", "cooling until": "脱密期",
	"period": "时间段有误", "medium": "载出介质", "number": "编号", "file": "文件", "--out is missing": "缺少选项 --out",
	"proposals by rule, list or filter": "应按规则、清单或筛选条件之一提出处置意见",
	"due":                               "期限", "text": "缺少说明", "discovered": "发现时间不得晚于现在", "result, measures": "结案结果或措施有误", "too many carriers": "载体过多",
	"scan": "扫描结果过大", "incident, party, reference": "事件、批准单位或文号有误",

	// states
	"consigned": "已送销", "destroyed-elsewhere": "已销毁（受托单位）",

	// acts of requests, movements and clear-outs
	"make": "制作", "copy": "复制", "dispatch": "发文", "circulate": "传阅", "widen": "扩大知悉范围", "lend": "借阅", "carry-out": "携带外出",
	"hand-over": "移交（本单位内）", "reclassify": "密级变更", "declassify": "解密", "archive": "归档", "transfer": "移交上级", "return": "清退",
	"consign": "送销", "destroy": "销毁", "clear-out": "清理", "write-off": "核销", "keep": "留用",

	// acts, by the kind of their leaf
	"department.entered": "登记部门", "place.entered": "登记部位", "firm.entered": "登记销毁单位", "person.posted": "任岗", "person.pledged": "签署承诺书",
	"person.left": "离岗", "list.counted": "清点清单", "list.numbered": "编收文号", "document.entered": "登记文件", "circle.set": "确定知悉范围",
	"document.reclassified": "变更密级或解密", "copies.made": "登记复制", "request.opened": "提出申请", "request.audited": "审核申请",
	"request.approved": "批准申请", "request.rejected": "驳回申请", "request.withdrawn": "撤回申请", "carrier.stored": "存放载体",
	"movement.opened": "发出载体", "movement.accepted": "签收载体", "movement.refused": "拒收载体", "movement.returned": "收回载体",
	"movement.renewed": "续借", "movement.cancelled": "撤回交接", "carrier.consigned": "送销", "firm.certified": "销毁单位出具证明",
	"campaign.opened": "开始清理", "campaign.proposed": "提出清理意见", "campaign.approved": "批准清理", "campaign.closed": "结束清理",
	"inspection.opened": "开始检查", "inspection.counted": "提交检查清点", "finding.entered": "登记问题", "finding.corrected": "报告整改",
	"key.registered": "登记U盘", "key.retired": "停用U盘", "key.lost": "报告U盘丢失", "key.found": "登记找到的U盘", "key.met": "核对U盘",
	"port.enrolled": "登记USB端口", "port.closed": "停用USB端口", "media.attached": "插入设备", "media.removed": "拔出设备", "media.violated": "设备违反协议",
	"finding.closed": "复查", "incident.reported": "报告事件", "incident.closed": "事件结案", "report.issued": "出具报表",
}
