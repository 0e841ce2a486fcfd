package fault

import (
	"fmt"
	"io"
	"sort"
)

type entry struct {
	kind   Kind
	zh, en string
	hints  []Hint
}

func h(zh, en string) Hint { return Hint{zh, en} }

// table is the only list of faults. Codes are stable: they are in refusal
// leaves, in scripts and in docs/operations/faults.md, which is generated from
// here. A sentence says what happened; a hint says what to do.
//
// In the Chinese, %s is a name or number as it is; %v is words, which [Term] says in Chinese.
var table = map[string]entry{
	"internal.unknown-code": {Internal, "程序内部错误：未登记的故障码 %s", "internal error: fault code %s is not in the table", []Hint{h("请把日志交给维护人员", "give the log to maintenance")}},
	"internal.unexpected":   {Internal, "程序内部错误，操作未完成", "internal error, the request was not carried out", []Hint{h("请把日志交给维护人员", "give the log to maintenance")}},
	"ledger.stopped":        {Internal, "账本写入失败，系统已停止；已确认的记录没有丢失", "the ledger could not be written, the station has stopped; nothing that was acknowledged is lost", []Hint{h("检查磁盘空间和磁盘，然后重新启动", "check disk space and the disk, then start again")}},
	"ledger.contradiction":  {Inspection, "账本自相矛盾：%v", "the ledger contradicts itself: %s", []Hint{h("停止使用本站，保全磁盘，通知检查员", "stop using the station, preserve the disk, call the inspector")}},
	"daemon.unreachable":    {Hardware, "连接不上站点服务：%s", "the station daemon cannot be reached at %s", []Hint{h("启动 sextond serve；核对 --socket 和本账户权限", "start sextond serve; check --socket and whether this account may use it")}},
	"daemon.peer":           {Refused, "本账户无权使用站点", "this account may not use the station", []Hint{h("请管理员把账户加入站点用户组", "have the administrator add the account to the station's group")}},
	"usage.bad-request":     {Usage, "请求无法理解：%v", "the request cannot be understood: %s", []Hint{h("在命令后加 --help 查看用法", "run the command with --help to see how it is used")}},
	"usage.not-confirmed":   {Usage, "未照抄 %s，没有执行", "%s was not typed back, nothing was done", nil},
	"disk.write":            {Hardware, "无法写入 %s", "cannot write %s", []Hint{h("检查磁盘空间和权限，然后重试", "check disk space and permissions, then try again")}},
	"usage.not-found":       {Usage, "找不到%v", "there is no %s", []Hint{h("核对编号；用 sexton carrier list 或 sexton batch list 查看", "check the number; sexton carrier list and sexton batch list show what there is")}},

	"media.off":          {Usage, "本站没有配置 USB 服务", "this station has no USB service", []Hint{h("本版本的站点服务尚未接通 sexton-usbd，暂不办理U盘", "this release of the daemon does not connect to sexton-usbd yet; no USB key can be used")}},
	"media.unreachable":  {Hardware, "USB 服务没有应答", "the USB service does not answer", []Hint{h("检查 sexton-usbd 是否在运行", "check that sexton-usbd is running")}},
	"media.gone":         {Hardware, "U盘已拔出，没有完成", "the USB key was pulled out before the end", []Hint{h("重新插入；登记过的U盘下次插入时接受一次未完成的更换", "insert it again; a registered key is taken once with an unfinished rotation")}},
	"media.none":         {Hardware, "端口 %s 没有可用的存储设备", "there is no usable medium at port %s", []Hint{h("用 sexton key attached 查看插着什么、为什么被拒", "sexton key attached shows what is inserted and why it was refused")}},
	"media.refused":      {Refused, "该设备已被拒绝：%v", "the device was refused: %s", []Hint{h("拔出该设备；不明来历的设备交保密员", "pull it out; hand a device of unknown origin to the secrecy officer")}},
	"media.broken":       {Hardware, "U盘的应答不合规范或已损坏：%v", "the USB key breaks its protocol or is broken: %s", []Hint{h("不要再用；停用后送销", "use it no more; retire it and have it destroyed")}},
	"key.refused":        {Refused, "U盘 %s 不得使用：%v", "USB key %s may not be used: %s", []Hint{h("拔出；请管理员查看 sexton key show", "pull it out; have an administrator look at sexton key show")}},
	"key.copied":         {Refused, "U盘 %s 可疑：%v", "USB key %s is suspect: %s", []Hint{h("把插入的U盘留在原处，通知管理员和保密员；重新登记或停用后才能再用", "leave what is inserted where it is, call administrator and secrecy officer; it can be used again only after it is registered anew, or is retired")}},
	"key.fake":           {Refused, "U盘容量不实，不得登记：%v", "the USB key does not have the capacity it claims and cannot be registered: %s", []Hint{h("换一个U盘", "take another one")}},
	"key.known":          {Refused, "插入的U盘已登记为 %s", "the inserted USB key is registered as %s", []Hint{h("先停用原登记：sexton key retire", "retire that registration first: sexton key retire")}},
	"key.unwritable":     {Refused, "U盘不能写入，无法做标记", "the USB key cannot be written, so it can bear no canary", []Hint{h("打开写保护开关后重试，或换一个U盘", "open its write-protect switch and try again, or take another one")}},
	"token.no-card":      {Unauthentic, "读卡器 %s 中没有卡", "there is no card in reader %s", []Hint{h("插入智能卡", "insert the card")}},
	"token.no-card-any":  {Unauthentic, "没有一个空闲的读卡器插着卡", "no free reader holds a card", []Hint{h("插入智能卡；用 sexton reader list 查看", "insert the card; see sexton reader list")}},
	"token.no-reader":    {Hardware, "没有名为 %s 的读卡器", "there is no reader named %s", []Hint{h("检查读卡器接线；用 sexton reader list 查看", "check the reader's cable; see sexton reader list")}},
	"token.not-piv":      {Unauthentic, "这张卡不是 PIV 卡", "this card is not a PIV card", []Hint{h("换一张登记过的卡", "use an enrolled card")}},
	"token.pin-format":   {Unauthentic, "PIN 应为 6 至 8 位数字，且不能是出厂 PIN", "a PIN has 6 to 8 digits and may not be the factory PIN", nil},
	"token.pin-wrong":    {Unauthentic, "PIN 错误，剩余次数：%d", "wrong PIN, tries left: %d", []Hint{h("核对后再输入；剩 1 次时请先联系管理员", "check and enter it again; with 1 try left ask the administrator first")}},
	"token.pin-blocked":  {Unauthentic, "此卡 PIN 已锁定", "the PIN of this card is blocked", []Hint{h("到管理员处解锁", "have the administrator unblock it")}},
	"token.last-try":     {Unauthentic, "只剩最后 1 次 PIN 输入机会，已停止", "only one PIN try is left, stopped", []Hint{h("确认 PIN 后用“最后一次”选项再试", "when sure of the PIN repeat with the last-try option")}},
	"token.removed":      {Unauthentic, "卡已取出，会话已锁定", "the card was removed, the session is locked", []Hint{h("插回卡并重新登录", "insert the card and log in again")}},
	"token.timeout":      {Hardware, "读卡器 %s 无响应，已停用", "reader %s does not answer and is set aside", []Hint{h("重新插卡；仍不行就更换读卡器", "insert the card again; if it stays, replace the reader")}},
	"token.daemon":       {Hardware, "智能卡服务（pcscd）不可用", "the smart card service (pcscd) is not available", []Hint{h("等待几秒；仍不行请启动 pcscd", "wait a few seconds; if it stays, start pcscd")}},
	"token.busy":         {Hardware, "读卡器正被其他程序占用", "the reader is held by another program", []Hint{h("关闭占用读卡器的程序", "close the program that holds the reader")}},
	"token.untrusted":    {Unauthentic, "卡上证书不被本单位信任", "the card's credential is not trusted here", []Hint{h("核对证书有效期和签发机构，联系管理员", "check its validity and issuer, ask the administrator")}},
	"token.mismatch":     {Unauthentic, "卡与登录时不一致，会话已锁定并已记录", "the card is not the one that logged in; the session is locked and this is on record", []Hint{h("重新登录", "log in again")}},
	"token.protocol":     {Hardware, "卡的应答不合规范", "the card's answer breaks the standard", []Hint{h("重新插卡；仍不行就换卡", "insert the card again; if it stays, change the card")}},
	"token.same-person":  {Refused, "同一人不得双签：%s", "one person may not sign twice: %s", []Hint{h("请换另一人的卡", "insert the other person's card")}},
	"token.wrong-person": {Refused, "此处应由 %s 签名，读卡器中是 %s 的卡", "this signature is %s's, the reader holds %s's card", []Hint{h("插入应签名人的卡", "insert the named person's card")}},
	"session.unknown":    {Unauthentic, "未登录，或会话已结束", "not logged in, or the session has ended", []Hint{h("插卡登录", "insert the card and log in")}},
	"session.locked":     {Unauthentic, "会话已锁定：%v", "the session is locked: %s", []Hint{h("重新登录", "log in again")}},

	"person.unknown":   {Unauthentic, "此卡没有登记给任何人", "this card is not enrolled for anybody", []Hint{h("请管理员登记", "have the administrator enrol it")}},
	"person.role":      {Refused, "%s 没有“%v”的权限", "%s may not act as %s", []Hint{h("由有权限的人办理", "let an authorised person do it")}},
	"person.duplicate": {Refused, "人员或卡已登记：%s", "person or card is already enrolled: %s", nil},

	"person.not-enrolled":    {Refused, "%s 没有登记", "%s is not enrolled", []Hint{h("先登记人员和卡：sexton person enrol", "enrol the person and his card first: sexton person enrol")}},
	"person.left":            {Refused, "%s 已离岗", "%s has left the post", []Hint{h("重新任岗后才能办理：sexton person post", "post him anew first: sexton person post")}},
	"person.not-pledged":     {Refused, "%s 未签离岗保密承诺书", "%s has not signed the leaving pledge", []Hint{h("请本人插卡签署：sexton person pledge --leaving", "have the person sign with his own card: sexton person pledge --leaving")}},
	"person.own-leaving":     {Refused, "离岗须由他人办理，不得办理本人离岗：%s", "nobody signs himself off: %s", []Hint{h("由另一名保密员或管理员办理", "let another secrecy officer or admin do it")}},
	"report.disagrees":       {Inspection, "报表不能出具：%s %s“%s”按账本为 %d，按登记簿为 %d", "no report: %s %s, column %s is %d by the ledger and %d by the register", []Hint{h("停止使用报表，用 sextond ledger rebuild 重建登记簿并通知检查员", "use no report; rebuild the register with sextond ledger rebuild and call the inspector")}},
	"report.too-large":       {Refused, "超过 %d 行，不能出具", "more than %d rows cannot be handed out", []Hint{h("缩小范围，分几次办理", "narrow the selection and do it in parts")}},
	"form.blank-only":        {Refused, "表 %s 只能打印空白表", "form %s is printed blank only", []Hint{h("去掉 --for 等选项打印空白表", "leave --for and its siblings out")}},
	"campaign.empty":         {Refused, "%s 以前没有可清理的载体", "nothing registered before %s is to be cleared out", nil},
	"campaign.unproposed":    {Refused, "还有 %d 件载体没有处置意见", "%d carriers have no proposal yet", []Hint{h("提出处置意见：sexton campaign propose", "propose their fates: sexton campaign propose")}},
	"campaign.nothing":       {Refused, "没有可提出处置意见的载体", "there is no carrier to propose a fate for", nil},
	"campaign.audit":         {Refused, "处置意见须由“%v”提出", "the proposals must be made by the %s", []Hint{h("由其重新提出处置意见", "let that person propose them")}},
	"campaign.not-approved":  {Refused, "清理 %s 未批准或已结束", "clear-out %s is not approved, or closed", []Hint{h("请批准人插卡批准：sexton campaign approve", "have the approver sign: sexton campaign approve")}},
	"campaign.fate":          {Refused, "“%v”不能成批办理", "%s is not carried out in one go", []Hint{h("解密由定密责任人逐件办理；留用无须办理", "release is decided by the classification authority; what is kept needs no act")}},
	"campaign.nothing-ready": {Refused, "没有可按“%v”办理的在库载体", "no carrier on the shelf is ready to %s", []Hint{h("用 sexton campaign status 查看还差什么", "sexton campaign status says what is left and why")}},
	"campaign.left":          {Refused, "还有 %d 件未办结，须写明原因", "%d carriers are left, which needs a reason", []Hint{h("用 --reason 写明原因；清单见 sexton campaign status", "give it by --reason; sexton campaign status lists them")}},
	"inspection.counted":     {Refused, "检查 %s 的清点已提交，不得再次提交", "the count of inspection %s was handed in already", nil},
	"inspection.not-counted": {Refused, "检查 %s 尚未提交清点", "the count of inspection %s is not handed in yet", []Hint{h("提交扫描结果：sexton inspection count", "hand the scan in: sexton inspection count")}},
	"inspection.not-missing": {Refused, "载体 %s 不在这次检查未找到之列", "carrier %s is not among those the count did not find", nil},
	"person.outstanding": {Refused, "%s 不得离岗：尚有载体 %d 件、未闭环的交接 %d 项、待整改问题 %d 项、负责的部位 %d 处、登记在其名下的U盘 %d 个", "%s may not leave: outstanding are %d carriers, %d open movements, %d findings, %d places in his charge, %d USB keys of his",
		[]Hint{h("逐项移交、归还或整改；清单见 sexton person outstanding", "hand over, return or correct each; sexton person outstanding lists them")}},

	"list.bad-rows":   {Refused, "清单有 %d 行错误，未导入任何一行", "%d rows of the list are bad, nothing was imported", []Hint{h("按提示改正后重新导入", "correct them as shown and import again")}},
	"list.unreadable": {Usage, "清单无法读取：%v", "the list cannot be read: %s", nil},
	"list.duplicate":  {Refused, "这份清单已经导入过", "this list has been imported already", nil},

	"list.received":      {Refused, "清单已签收", "the list was signed for already", nil},
	"list.not-listed":    {Refused, "载体 %s 不在本清单", "carrier %s is not on this list", []Hint{h("把它放到一边并核对编号", "set it aside and check its number")}},
	"list.not-counted":   {Refused, "清单尚未清点，不得签收", "the list was not counted: it cannot be signed for", []Hint{h("先清点：sexton list count", "count it first: sexton list count")}},
	"list.count-differs": {Refused, "清单 %d 件，清点 %d 件，不得签收", "the list has %d carriers, counted were %d: it cannot be signed for", []Hint{h("重新清点；缺少的逐件报告", "count again; report each missing carrier by name")}},
	"list.not-numbered":  {Refused, "清单尚未编收文号，不得签收", "the list has no reference numbers: it cannot be signed for", []Hint{h("先编号：sexton list number", "number it first: sexton list number")}},

	"document.known":     {Refused, "该文件已登记：%s", "the document is entered already: %s", nil},
	"document.ambiguous": {Usage, "有几个制发单位用过文号 %s", "several issuers used the number %s", []Hint{h("改用文件标识：sexton document list", "name it by its id: sexton document list")}},
	"document.circle":    {Refused, "不在该文件的知悉范围内", "the person is not admitted to the document", []Hint{h("先申请扩大知悉范围：sexton request open widen", "apply to widen the circle first: sexton request open widen")}},

	"request.needed":        {Refused, "“%v”须先经审批", "an approved request is needed to %s", []Hint{h("先申请并取得批准：sexton request open", "apply and have it approved first: sexton request open")}},
	"request.state":         {Refused, "申请 %s 当前为“%v”，不能%v", "request %s is %s: cannot %s", nil},
	"request.other-act":     {Refused, "该申请用于%v，不能用于%v", "the request is to %s, not to %s", nil},
	"request.other-channel": {Refused, "渠道与批准的不同", "the channel is not the one approved", nil},
	"request.expired":       {Refused, "申请已过有效期：%v", "the request has run out: %s", []Hint{h("重新申请", "apply again")}},
	"request.not-audited":   {Refused, "申请 %s 须先审核", "request %s must be audited first", []Hint{h("请审核人插卡审核：sexton request audit", "have the auditor sign: sexton request audit")}},

	"person.not-fit": {Refused, "%s 不得经办%v载体：%v", "%s may not handle %s carriers: %s", []Hint{h("由合格的涉密人员经办，或先补齐培训、承诺书", "let a fit person do it, or bring training and pledge up to date first")}},

	"movement.state":      {Refused, "交接 %s 当前为“%v”，不能%v", "movement %s is %s: cannot %s", nil},
	"movement.not-in-it":  {Refused, "载体 %s 不在这项交接中", "carrier %s is not in this movement", nil},
	"movement.one-person": {Refused, "移交和接收（归还和收回）不得为同一人", "giver and receiver, or borrower and keeper, are two persons", []Hint{h("由另一人签收", "let another person sign")}},
	"movement.channel":    {Refused, "不得经此渠道传递：%v；可用：%v", "it may not travel by this channel: %s; allowed: %s", []Hint{h("改用规则允许的渠道", "choose a channel the rules allow")}},
	"movement.escorts":    {Refused, "须 %d 人押运，现为 %d 人", "%d escorts are needed, %d are named", []Hint{h("补足押运人", "name more escorts")}},
	"movement.due":        {Refused, "须写明归还日期", "a date of return is needed", nil},
	"movement.too-long":   {Refused, "期限最长 %d 天", "%d days is the longest time allowed", nil},
	"place.use":           {Refused, "场所用途不符；规则要求：%v", "the rules want another kind of place: %s", nil},
	"firm.not-qualified":  {Refused, "销毁单位 %s 不能接收：%v", "destruction body %s cannot take them: %s", []Hint{h("改送有资质的销毁单位", "choose a qualified body")}},

	"copies.over-approved":  {Refused, "要登记 %d 份，批准的还剩 %d 份", "%d copies, but only %d of those approved are left", []Hint{h("另行申请", "apply for more")}},
	"copies.persons":        {Refused, "规则要求 %d 人共同复制并签署", "the rules demand that %d persons make the copies and sign", []Hint{h("另一人也插卡登录，用 --with 一同签署", "have the other person log in too, and name him with --with")}},
	"copies.number-used":    {Refused, "份号 %s 已使用或超出六位", "copy number %s is used, or longer than six digits", nil},
	"copies.carrier-number": {Refused, "载体编号为空或已登记：%s", "a carrier number is empty or registered already: %s", nil},

	"carrier.too-many":       {Refused, "一次最多 %d 件，现为 %d 件", "at most %d carriers at a time, named are %d", []Hint{h("分几次办理", "do it in several parts")}},
	"carrier.not-on-shelf":   {Refused, "载体 %s 不在库：%v", "carrier %s is not on the shelf: %s", []Hint{h("先收回：sexton carrier links 列出未闭环的交接", "get it back first: sexton carrier links lists what is out")}},
	"carrier.state":          {Refused, "载体 %s 当前状态为“%v”，不能%v", "carrier %s is %s: cannot %s", nil},
	"carrier.must-return":    {Refused, "须清退，不得自行销毁：%s", "must be returned to its issuer, no local destruction: %s", []Hint{h("从批次中去掉，按清退办理", "take it out of the batch and return it")}},
	"carrier.not-in-batch":   {Refused, "载体 %s 不在本批次", "carrier %s is not in this batch", []Hint{h("把它放到一边并核对编号", "set it aside and check its number")}},
	"carrier.already-fed":    {Refused, "载体 %s 已有结果，不得再次投入", "carrier %s already has an outcome and may not be fed again", nil},
	"batch.state":            {Refused, "批次 %s 当前为“%v”，不能%v", "batch %s is %s: cannot %s", nil},
	"batch.count-differs":    {Refused, "清点数量不符：应 %d，实 %d，未说明 %d", "counts differ: due %d, found %d, unexplained %d", []Hint{h("复查，或逐件说明缺少的载体", "look again, or explain each missing carrier by name")}},
	"batch.counter-same":     {Refused, "两次清点必须由不同的人进行", "the two counts must be made by two persons", nil},
	"batch.expired":          {Refused, "已过有效期：%v", "it has run out: %s", []Hint{h("重新封签并重新审批", "seal and approve again")}},
	"batch.not-approved":     {Refused, "未批准，不得销毁", "not approved: no destruction", []Hint{h("请批准人插卡审批", "have the approver sign")}},
	"batch.approver-is-team": {Refused, "批准人不得是申请人、销毁人或监销人", "the approver may not be applicant, destroyer or attestor", nil},
	"batch.empty":            {Refused, "批次里没有可销毁的载体", "no carrier of the batch can be destroyed", nil},
	"custody.refused":        {Refused, "登记规则不允许：%v", "the rules of custody forbid it: %s", nil},
	"policy.no-rule":         {Refused, "%v", "%s", []Hint{h("由本单位保密办补充规则", "the unit's secrecy office fills in the rule")}},

	"machine.link":         {Hardware, "与销毁设备的连接中断", "the link to the shredder is lost", []Hint{h("检查网线和设备电源", "check its cable and power")}},
	"machine.identity":     {Refused, "设备身份与登记不符，未连接", "the machine is not the enrolled one, not connected", []Hint{h("核对设备序列号和证书", "check its serial number and certificate")}},
	"machine.stale":        {Hardware, "设备数据过期，视为没有数据", "the machine's data is stale and counts as none", []Hint{h("检查网线和设备电源", "check its cable and power")}},
	"machine.refused":      {Hardware, "设备拒绝：%v", "the machine refuses: %s", []Hint{h("到设备前处理后再试", "attend to the machine, then try again")}},
	"machine.not-ready":    {Hardware, "设备未就绪：%v", "the machine is not ready: %s", []Hint{h("到设备前处理后再试", "attend to the machine, then try again")}},
	"machine.unknown":      {Indeterminate, "设备是否执行了命令不明，已停止投料", "it is unknown whether the machine carried the command out; feeding is stopped", []Hint{h("查看设备，按“结果不明”办理", "look at the machine and resolve the open case")}},
	"machine.not-released": {Refused, "设备未授权", "the machine has no permission", []Hint{h("先授权放行", "release it first")}},
	"outcome.open":         {Indeterminate, "载体 %s 结果不明，需两人签名处理", "the outcome of carrier %s is unknown; two persons must resolve it", []Hint{h("检查设备和料斗，然后登记处理结果", "look into the machine and its hopper, then record what was found")}},
	"usage.canceled":       {Usage, "请求已取消", "the request was given up", []Hint{h("再看一次状态，确认是否已执行", "look again whether it was carried out")}},

	"feed.interrupted": {Indeterminate, "投料请求中断，设备的许可正在撤回，结果将记录在案", "the feed was interrupted; the machine's permission is being withdrawn and the outcome will be on record", []Hint{h("不要再投料；用 sexton batch show 查看结果", "feed nothing more; see the outcome with sexton batch show"), h("站点服务已停止的，先启动 sextond serve", "if the daemon has stopped, start sextond serve first")}},

	"session.needed":        {Unauthentic, "%s 未登录：销毁人和监销人的卡都须在读卡器中并已登录", "%s is not logged in: the cards of both destroyer and attestor must be in their readers and logged in", []Hint{h("插卡登录后再试", "insert the card, log in, try again")}},
	"batch.busy":            {Refused, "批次 %s 正在处理另一项操作", "another request is working on batch %s", []Hint{h("等它完成后再试", "wait until it is done and try again")}},
	"batch.changed":         {Refused, "准备期间记录已变化，未作任何更改", "the record changed meanwhile, nothing was done", []Hint{h("刷新后再试", "refresh and try again")}},
	"batch.authority":       {Refused, "批准权限不够：须“%v”，实为“%v”", "the approving authority is not enough: %s is needed, given was %s", []Hint{h("报有权批准的机关审批", "have the authority that may approve it decide")}},
	"policy.unsound":        {Refused, "规则有 %d 处错误", "the profile has %d errors", []Hint{h("按所列行号改正后再查", "correct the lines named and check again")}},
	"policy.training":       {Refused, "规则 %s 只供演练，本站不得启用", "profile %s is for training only and may not be used here", nil},
	"policy.changed":        {Refused, "批次按 %s 封签，现行规则为 %s", "the batch was sealed under %s, in force is %s", []Hint{h("作废批次，重新封签和审批", "void the batch, seal and approve again")}},
	"machine.busy":          {Refused, "设备正用于批次 %s", "the machine is held by batch %s", []Hint{h("先完成或撤回该批次", "finish or withdraw that batch first")}},
	"machine.contradiction": {Hardware, "设备数据自相矛盾", "the machine's data contradicts itself", []Hint{h("停止使用，请维护人员检查", "stop using it and have it checked")}},
	"machine.unannounced":   {Indeterminate, "设备记到 %d 件未登记的投入，许可已撤回", "the machine counted %d objects nobody announced; the permission is withdrawn", []Hint{h("清点剩余载体，再核对或恢复", "count what is left, then reconcile or resume")}},
	"case.differs":          {Refused, "另一人签署的处理内容与此不同", "the other person signed something else", []Hint{h("按同样的内容（处理结果和说明一字不差）再签；要改，由先签的人重新签", "sign with exactly the same words; to change them, the first signer signs anew")}},
	"cert.none":             {Refused, "批次 %s 还没有销毁证明", "batch %s has no certificate yet", nil},
}

// Codes returns every code in order.
func Codes() []string {
	codes := make([]string, 0, len(table))
	for c := range table {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	return codes
}

// WriteDoc writes the table as Markdown, one row per code.
func WriteDoc(w io.Writer) error {
	if _, err := fmt.Fprint(w, "# Faults\n\nGenerated from internal/fault/table.go by `go generate ./internal/fault`. The exit status of the commands is the kind's number.\n\n| code | kind | exit | 中文 | English | what to do |\n|---|---|---|---|---|---|\n"); err != nil {
		return fmt.Errorf("cannot write fault list: %w", err)
	}
	for _, c := range Codes() {
		e := table[c]
		todo := ""
		for i, x := range e.hints {
			if i > 0 {
				todo += "; "
			}
			todo += x.Zh + " / " + x.En
		}
		if _, err := fmt.Fprintf(w, "| %s | %s | %d | %s | %s | %s |\n", c, e.kind, int(e.kind), e.zh, e.en, todo); err != nil {
			return fmt.Errorf("cannot write fault list: %w", err)
		}
	}
	return nil
}
