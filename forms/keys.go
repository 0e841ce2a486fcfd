package forms

import "slices"

// Term is one entry of the vocabulary: what a key means, and its wording where
// a form has none of its own.
type Term struct {
	Key     Key
	Kind    Kind
	Zh      string
	En      string
	Options []Text // of a choice
}

// TermOf finds a key.
func TermOf(k Key) (Term, bool) { t, ok := terms[k]; return t, ok }

var terms = func() map[Key]Term {
	all := map[Key]Term{}
	for _, t := range vocabulary {
		all[t.Key] = t
	}
	return all
}()

// Vocabulary lists every key in the order of its subject.
func Vocabulary() []Term { return slices.Clone(vocabulary) }

func text(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindText, Zh: zh, En: en} }
func number(k Key, zh, en string) Term { return Term{Key: k, Kind: KindNumber, Zh: zh, En: en} }
func date(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindDate, Zh: zh, En: en} }
func sign(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindSignature, Zh: zh, En: en} }
func mark(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindMark, Zh: zh, En: en} }
func choice(k Key, zh, en string, options ...Text) Term {
	return Term{Key: k, Kind: KindChoice, Zh: zh, En: en, Options: options}
}

var (
	yes      = Text{"是", "yes"}
	no       = Text{"否", "no"}
	present  = Text{"有", "present"}
	absent   = Text{"无", "absent"}
	core     = Text{"核心", "core"}
	weighty  = Text{"重要", "important"}
	ordinary = Text{"一般", "general"}
)

// The words are those of the law and of forms in use. Where forms use several,
// the law's word stands here, and a unit may rename it on its own sheets.
var vocabulary = slices.Concat(carrierTerms, personTerms, movementTerms, placeTerms, copyingTerms, destructionTerms, checkTerms, reportTerms, officeTerms)

// carrierTerms say what is registered of a carrier. A register fills any form
// from one map of these.
var carrierTerms = []Term{
	number("no", "序号", "no."), // of the row; filled in by Fill
	text("carrier_number", "载体编号", "carrier number"),
	text("barcode", "载体条码", "bar code"),
	text("title", "文件资料名称", "title"),
	text("issuer", "制发单位", "issuer"),
	text("carrier_kind", "载体类别", "carrier kind"),          // Chinese term, as 纸介质, 光盘, U盘
	text("document_number", "发文字号", "document number"),    // 云财〔2026〕12号
	text("reference", "文号或编号", "document or carrier no."), // see Reference
	text("copy_number", "份号", "copy number"),              // six digits; of a distribution also a range
	mark("classification", "密级", "classification"),        // level alone or with its period
	mark("classification_mark", "密级和保密期限", "classification and period"),
	mark("highest_classification", "最高密级", "highest classification"),
	text("period", "保密期限", "period of secrecy"),
	text("extent", "页数或容量", "pages or capacity"), // 12页, 4.7GB
	number("pages", "页数", "pages"),
	number("count", "份数或数量", "copies or quantity"),
	text("scope_of_use", "使用范围", "scope of use"),
	text("circle", "知悉范围", "circle of persons admitted"),
	date("made_on", "形成时间", "made on"),
	text("attachments", "附件", "annexes"),
	text("secrecy_number", "保密编号", "secrecy number"),
	text("serial_number", "序列号", "serial number"),
	text("factory_label", "出厂标签号", "factory label no."),
	text("make_model", "品牌型号", "make and model"),
	text("specification", "规格", "specification"),
	text("content", "内容", "content"),
	text("stored_content", "存储信息的主要内容", "main content stored"),
	mark("stored_classification", "存储信息的最高密级", "highest classification stored"),
	text("keywords", "关键字", "key words"),
	text("project", "所属项目代号", "project code"),
	text("carrier_state", "当前状态", "state"),
	text("use_state", "使用情况", "state of use"),
	date("in_use_since", "启用时间", "in use since"),
	text("batch", "批次", "batch"),
	text("purpose", "用途", "purpose"),
	text("reason", "事由", "reason"),
	text("remark", "备注", "remarks"),
}

// personTerms are people, their posts and the cells they sign in.
var personTerms = []Term{
	text("unit", "部门", "unit"),
	text("section_name", "科室/课题组", "section"),
	text("name", "姓名", "name"),
	text("post", "岗位", "post"),
	text("old_post", "原岗位", "old post"),
	choice("clearance", "涉密等级", "clearance", core, weighty, ordinary),
	choice("old_clearance", "原涉密等级", "old clearance", core, weighty, ordinary),
	text("contact", "联系方式", "contact"),
	text("address", "住址", "address"),
	text("new_unit", "新单位", "new unit"),
	text("keeper", "保管人", "keeper"),
	text("responsible", "责任人", "answerable person"),
	text("responsible_unit", "责任部门", "answerable unit"),
	text("old_responsible_unit", "变更前责任部门", "answerable unit before"),
	text("old_keeper", "变更前保管人", "keeper before"),
	text("old_secrecy_number", "变更前保密编号", "secrecy number before"),
	text("new_responsible_unit", "变更后责任部门", "answerable unit after"),
	text("new_keeper", "变更后保管人", "keeper after"),
	text("new_secrecy_number", "变更后保密编号", "secrecy number after"),
	text("keeping_unit", "保管部门", "keeping unit"),
	text("using_unit", "使用处室", "using section"),
	text("holder", "持有人", "holder"),
	text("operator", "操作人", "operator"),
	sign("handler", "经办人", "handler"),
	text("officer", "承办人", "officer in charge"),
	text("applicant", "申请人", "applicant"),
	text("applicant_unit", "申请部门", "applying unit"),
	choice("applicant_clearance", "申请人密级", "applicant's clearance", core, weighty, ordinary),
	sign("approver", "批准人", "approver"),
	sign("auditor", "审核人", "auditor"),
	sign("user", "使用人", "user"),
	sign("user_signature", "使用人签字", "user's signature"),
	sign("technician_signature", "技术检查人签字", "technician's signature"),
	sign("office_signature", "保密办签字", "secrecy office's signature"),
	sign("collected_by", "领取人", "collected by"),
	sign("signed_for_by", "签收人", "signed for by"),
	date("signed_for_at", "签收时间", "signed for at"),
	date("applied_on", "申请日期", "applied on"),
	date("filled_on", "填报日期", "filled in on"),
	date("entered_on", "登记日期", "entered on"),
	date("registered_on", "登记日期", "registered on"),
	text("entry_number", "登记编号", "entry number"),
	date("reviewed_on", "审查日期", "reviewed on"),
	date("next_review_on", "下次复审日期", "next review on"),
	date("release_from", "脱密期起", "release period from"),
	date("release_to", "脱密期止", "release period to"),
	choice("access_closed", "出入和系统权限已收回", "rights of entry and access ended", yes, no),
	text("training_1", "教育培训内容（一）", "training, part 1"),
	text("training_2", "教育培训内容（二）", "training, part 2"),
	text("training_3", "教育培训内容（三）", "training, part 3"),
	text("training_4", "教育培训内容（四）", "training, part 4"),
	sign("trainee", "本人", "trainee"),
	sign("recorder", "记录人", "recorder"),
	date("recorded_on", "记录日期", "recorded on"),
	sign("pledger", "承诺人", "pledger"),
	sign("reviewed_person", "本人签字", "the person"),
	text("secret_project", "涉密项目", "secret matter"),
	text("change", "变动情况", "change"),
	date("changed_on", "变动日期", "changed on"),
}

// movementTerms are receipt, dispatch, circulation, loan, hand-over and return.
var movementTerms = []Term{
	text("receipt_number", "收文号", "receipt number"),
	date("received_on", "接收日期", "received on"),
	date("received_at", "接收时间", "received at"),
	text("handling_unit", "承办单位", "handling unit"),
	text("reply_number", "复文号", "number of the reply"),
	date("filed_on", "归卷日期", "filed on"),
	text("file_volume", "归入卷号", "file volume"),
	text("dispatch_number", "顺序号", "dispatch number"),
	date("dispatched_on", "发出日期", "sent on"),
	text("addressee", "发往机关", "addressee"),
	date("disposed_on", "处置日期", "disposed of on"),
	text("recipient", "分发单位（人）", "recipient"),
	number("printed_count", "印制份数", "copies made"),
	number("remaining_count", "剩余份数", "copies remaining (counted)"),
	sign("distributor", "分发人", "distributor"),
	sign("second_counter", "复核人", "second counter"),
	text("proposed_handling", "拟办意见", "proposed handling"),
	text("leader_instruction", "领导批示", "leader's instruction"),
	text("reading_circle", "传阅范围", "circle of readers"),
	text("handling_result", "办理结果", "result"),
	text("reader", "阅件人", "reader"),
	date("sent_at", "送阅时间", "sent at"),
	date("returned_at", "退还时间", "given back at"),
	sign("reader_signature", "阅件人签字", "signature"),
	text("opinion", "意见", "opinion"),
	date("deadline", "办理时限", "deadline"),
	date("lent_on", "借出日期", "lent on"),
	text("borrower", "借阅人", "borrower"),
	text("borrower_unit", "借用部门", "borrower's unit"),
	date("due_on", "应还日期", "due on"),
	text("due_state", "到期状态", "due state"),
	sign("borrower_signature", "借阅人签字", "borrower's signature"),
	date("returned_on", "归还日期", "returned on"),
	sign("returner_signature", "归还人签字", "returner's signature"),
	sign("checker", "检查人", "checker"),
	text("connected_device", "连接设备编号", "connected device"),
	text("loan_period", "借用期限", "loan period"),
	text("use_period", "使用时间", "time of use"),
	text("return_check", "返回检查情况", "return check"),
	text("clearing_on_return", "返回信息清除情况", "clearing on return"),
	text("destination", "目的地", "destination"),
	text("giver", "移交人", "giver"),
	text("giver_unit", "移交方部门", "giver's unit"),
	text("giver_post", "移交方职务", "giver's post"),
	text("giver_contact", "移交方联系方式", "giver's contact"),
	text("receiver", "接收人", "receiver"),
	text("receiver_unit", "接收方部门", "receiver's unit"),
	text("receiver_post", "接收方职务", "receiver's post"),
	text("receiver_contact", "接收方联系方式", "receiver's contact"),
	choice("receiver_clearance", "接收人密级", "receiver's clearance", core, weighty, ordinary),
	text("handover_attestor", "监交人", "attestor of the hand-over"),
	date("handed_over_on", "交接日期", "handed over on"),
	text("list_number", "清单编号", "list number"),
	text("approval_number", "审批编号", "approval number"),
	date("appointed_at", "预约时间", "appointed time"),
	number("due_count", "应退份数", "due"),
	number("returned_count", "实退份数", "returned"),
	text("kept_reason", "留用（理由）", "kept (reason)"),
	sign("returner", "清退人", "returning person"),
	sign("leader", "主管领导", "leader"),
	number("accepted_count", "核收合格件数", "accepted"),
	choice("return_channel", "交回渠道", "channel", Text{"本级送交", "sent by own unit"}, Text{"上级调回", "recalled by superior"}),
	choice("line_state", "情形", "state", Text{"未勾", "open"}, Text{"已收下", "accepted"}, Text{"已退回", "sent back"}),
	number("outstanding_count", "未交载体数", "carriers outstanding"),
	text("courier_number", "机要号", "courier number"),
	text("flow_number", "流转号", "flow number"),
	text("receiving_unit", "外发接收部门", "receiving unit outside"),
}

// placeTerms are cabinets, secret places and visitors.
var placeTerms = []Term{
	text("place", "存放地点", "place"),
	text("place_name", "要害部门、部位名称", "secret department or place"),
	text("location", "位置", "location"),
	text("measures_people", "人工防范措施", "measures by people"),
	text("measures_physical", "物理防范措施", "physical measures"),
	text("measures_technical", "技术防范措施", "technical measures"),
	number("persons_count", "人数", "persons"),
	text("visiting_unit", "来访单位", "visitor's unit"),
	text("companion", "陪同人", "companion"),
	date("visit_at", "进入时间", "time of visit"),
	date("came_at", "来访时间", "came at"),
	date("left_at", "离开时间", "left at"),
	choice("signed_in", "已登记", "signed in", yes, no),
	choice("phone_in_locker", "手机已存柜", "telephone in the locker", yes, no),
	choice("no_recorder", "未带录音录像设备", "no recorder carried", yes, no),
	text("ferry_operator", "摆渡员", "ferry operator"),
	choice("ferry_clearance", "摆渡员密级", "operator's clearance", core, weighty, ordinary),
}

// copyingTerms are printing, burning and copying.
var copyingTerms = []Term{
	text("made_by", "制作人", "made by"),
	text("made_by_unit", "制作部门", "making unit"),
	text("making_method", "制作方式", "way of making"),
	text("making_approval", "制作审批信息", "approval of the making"),
	date("made_at", "产生时间", "made at"),
	choice("remade", "是否补打/补刻", "made again", yes, no),
	text("making_result", "制作结果", "result"),
	text("file_name", "文件名", "file name"),
	text("paper_size", "纸张大小", "paper size"),
	text("colour", "颜色", "colour"),
	text("page_orientation", "横纵向", "orientation"),
	text("sides", "单双面", "sides"),
	text("device_name", "设备名称", "device"),
	text("device_address", "设备地址", "device address"),
	text("disc_type", "光盘类型", "disc type"),
	text("volume_label", "卷标名称", "volume label"),
	text("data_type", "数据类型", "data type"),
	text("file_list", "文件列表", "files"),
	number("file_count", "文件数量", "number of files"),
	text("permit_number", "准印号", "printing permit"),
	text("making_unit", "承制单位", "making unit"),
	sign("printed_by", "打印人", "printed by"),
	choice("maker_approved", "单位是否经批准", "maker approved", yes, no),
	choice("maker_designated", "是否定点", "maker designated", yes, no),
	choice("maker_contract", "是否签订协议", "contract signed", yes, no),
	text("making_place", "复制场所", "place of copying"),
	number("originals_returned", "原稿收回份数", "originals taken back"),
	number("received_count", "接收份数", "copies received"),
	text("leftovers_handling", "成品、半成品、废品及版纸胶片清点回收和处理方式", "products, half-products, waste, plates and films: counted, taken back, handled"),
	choice("files_deleted", "电子文档在监督下彻底删除", "files deleted under supervision", yes, no),
	sign("supervisor", "监督人", "supervisor"),
	text("authentication_kind", "认证类别", "authentication"),
	text("authentication_scope", "认证范围", "scope of authentication"),
	date("used_on", "日期", "date"),
}

// destructionTerms are closing, packing, transport and destruction.
var destructionTerms = []Term{
	date("closed_at", "闭环时间", "closed at"),
	text("closed_by", "闭环处理人", "closed by"),
	text("closing_approval", "闭环审批信息", "approval of the closing"),
	text("return_method", "回收方式", "way of return"),
	text("return_cabinet", "回收柜标识", "return cabinet"),
	date("retired_on", "报废日期", "retired on"),
	sign("destroyer", "销毁人", "destroyer"),
	sign("attestor", "监销人", "attestor"),
	sign("attestor_1", "监销人（一）", "attestor (1)"),
	sign("attestor_2", "监销人（二）", "attestor (2)"),
	sign("attestor_of_sender", "监销人（送销单位）", "attestor (sending unit)"),
	date("destroyed_on", "销毁日期", "destroyed on"),
	date("started_at", "开始时间", "started at"),
	date("ended_at", "结束时间", "ended at"),
	text("destruction_method", "销毁方式", "method"),
	text("destruction_place", "销毁地点", "place of destruction"),
	text("sending_unit", "送销单位", "sending unit"),
	sign("sender", "送销人", "sender"),
	text("bag_number", "袋（箱）号", "bag number"), // 3/12
	number("bag_count", "袋内份数", "items in the bag"),
	text("seal_number", "封条号", "seal number"),
	text("seal_first", "封条号起", "seals from"),
	text("seal_last", "封条号止", "seals to"),
	date("packed_on", "封装日期", "packed on"),
	date("sealed_on", "加封日期", "sealed on"),
	sign("packer", "封装人", "packer"),
	number("mass_kg", "重量（千克）", "weight, kg"),
	text("vehicle", "车号", "vehicle"),
	text("driver", "驾驶员", "driver"),
	sign("escort", "押运人", "escort"),
	date("departed_at", "出发时间", "departed at"),
	date("arrived_at", "到达时间", "arrived at"),
	number("bags", "袋（箱）数", "bags"),
	text("on_the_way", "途中情况", "on the way"),
	number("bags_due", "应收袋（箱）数", "bags due"),
	number("bags_received", "实收袋（箱）数", "bags received"),
	choice("seals_intact", "封条完好", "seals intact", yes, no),
	number("gross_kg", "毛重（千克）", "gross, kg"),
	number("tare_kg", "皮重（千克）", "tare, kg"),
	number("net_kg", "净重（千克）", "net, kg"),
	text("difference_note", "差异说明", "differences"),
	text("machine", "销毁设备", "machine"),
	text("machine_name", "设备名称", "machine"),
	text("machine_number", "设备编号", "machine number"),
	text("machine_approval", "检测合格证号", "test approval"),
	date("tested_on", "检测日期", "tested on"),
	text("test_result", "检测结果", "result"),
	text("unsealing_check", "拆封检查", "check at unsealing"),
	text("residue_check", "残留物检查", "residue check"),
	text("residue_handling", "残留物处理", "residue handled"),
	text("video_reference", "录像编号", "video reference"),
	text("site_cleared", "清场", "site cleared"),
	date("approved_on", "批准日期", "approved on"),
	text("quantities", "载体数量", "carriers by kind and classification"),
	text("particle_level", "颗粒等级", "particle level"),
	text("legal_basis", "法律依据", "legal basis"),
	text("annex_pages", "附件", "annex"), // 清单 3 页
	text("inspection_way", "查验方式", "how to check this"),
	text("certificate_number", "证明编号", "certificate number"),
}

// checkTerms are inspections, corrections, classification and incidents.
var checkTerms = []Term{
	text("clause", "条款", "clause"),
	text("item", "项目", "item"),
	choice("finding", "结论", "finding", present, absent, yes, no),
	text("finding_text", "检查情况", "what was found"),
	number("points", "分值", "points"),
	text("existing_items", "实有项目", "existing items"),
	number("score", "得分", "score"),
	text("inspected_unit", "被检查单位", "inspected unit"),
	date("inspected_on", "检查时间", "inspected on"),
	text("inspection_basis", "检查依据", "basis of the inspection"),
	text("problem", "问题", "problem"),
	text("problems_found", "发现问题", "problems found"),
	date("found_on", "发现日期", "found on"),
	text("correction_demand", "整改要求", "correction demanded"),
	date("correct_by", "整改时限", "correct by"),
	text("correction_state", "整改情况", "state of the correction"),
	date("corrected_on", "整改日期", "corrected on"),
	text("recheck_result", "复查结果", "result of the re-inspection"),
	sign("rechecker", "复查人", "re-inspecting officer"),
	sign("inspector", "检查人", "inspecting officer"),
	sign("inspected_head", "被检查单位负责人", "head of the inspected unit"),
	sign("self_checker", "本人", "self"),
	sign("section_head", "部门负责人", "head of section"),
	text("change_purpose", "调整目的", "purpose of the change"),
	mark("old_classification", "原密级", "old classification"),
	mark("new_classification", "新密级", "new classification"),
	text("old_period", "原保密期限", "old period"),
	text("new_period", "拟变更保密期限", "new period"),
	text("old_circle", "原知悉范围", "old circle"),
	text("new_circle", "拟变更知悉范围", "new circle"),
	text("classification_basis", "定密依据（条款）", "basis of classification (clause)"),
	text("distribution_scope", "发放范围", "distributed to"),
	choice("is_secret", "是否涉密", "secret", yes, no),
	date("found_at", "发现时间", "found at"),
	text("found_place", "发现地点", "found where"),
	text("found_by", "发现人", "found by"),
	text("course", "经过", "what happened"),
	text("persons_involved", "当事人", "persons involved"),
	date("happened_at", "发生时间", "happened at"),
	text("happened_place", "发生地点", "happened where"),
	text("incident_way", "泄密方式", "how"),
	text("harm", "危害", "harm"),
	text("search_state", "查找情况", "search"),
	text("remedy", "补救措施", "remedy"),
}

// reportTerms are the figures of the reports, in the order of the balance.
var reportTerms = []Term{
	text("report_period", "报告期", "period of the report"),
	date("period_from", "报告期起", "from"),
	date("period_to", "报告期止", "to"),
	number("opening_count", "期初结存", "opening"),
	number("in_count", "收", "received"),
	number("made_count", "制（复）作", "made or copied"),
	number("archived_count", "归档", "archived"),
	number("transferred_count", "移交", "transferred"),
	number("declassified_count", "解密", "declassified"),
	number("consigned_count", "送销", "consigned"),
	number("destroyed_count", "销毁", "destroyed"),
	number("regraded_in_count", "变更转入", "regraded in"), // by a change of classification
	number("regraded_out_count", "变更转出", "regraded out"),
	number("other_count", "其他", "other"),
	number("closing_count", "期末结存", "closing"),
	sign("compiler", "填表人", "compiled by"),
	sign("head_of_unit", "单位负责人", "head of the unit"),
}

// officeTerms are offices that sign with an opinion.
var officeTerms = []Term{
	sign("division_head", "处室领导", "head of division"),
	sign("department_head", "部门领导", "head of department"),
	sign("leader_in_charge", "分管领导", "leader in charge"),
	sign("secrecy_office", "保密办", "secrecy office"),
	sign("secrecy_committee", "保密委员会", "secrecy committee"),
	sign("secrecy_head", "保密负责人", "head of secrecy"),
	sign("general_office", "办公室", "general office"),
	sign("personnel_office", "人事部门", "personnel office"),
	sign("it_office", "信息化部门", "information office"),
	sign("applying_unit", "申报单位", "applying unit"),
	sign("old_unit", "原单位", "old unit"),
	sign("expert", "专家", "expert"),
	sign("classification_auditor", "定密审核人意见", "classification auditor"),
	sign("classification_authority", "定密责任人审定意见", "classification authority"),
	sign("destroying_unit", "销毁单位", "destroying unit"),
}
