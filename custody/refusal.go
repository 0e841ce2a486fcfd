package custody

import "fmt"

// Key names one reason for a refusal. It is stable: other packages map it to
// their own codes.
type Key string

// Reasons.
const (
	KeyInvalid         Key = "custody.invalid"
	KeyUnregistered    Key = "custody.unregistered"
	KeyKnown           Key = "custody.already-registered"
	KeyPassed          Key = "custody.step-passed"
	KeyNotReceived     Key = "custody.not-received"
	KeyNotCounted      Key = "custody.not-counted"
	KeyMissing         Key = "custody.missing"
	KeyNotMissing      Key = "custody.not-missing"
	KeyInBatch         Key = "custody.in-batch"
	KeyNotSealed       Key = "custody.not-sealed"
	KeyNotApproved     Key = "custody.not-approved"
	KeyNotAuthorised   Key = "custody.not-authorised"
	KeyNotReleased     Key = "custody.not-released"
	KeyMayBeFed        Key = "custody.may-be-fed"
	KeyNoCase          Key = "custody.no-open-case"
	KeyOpenCase        Key = "custody.open-case"
	KeyNotDestroyed    Key = "custody.not-destroyed"
	KeyFinal           Key = "custody.final"
	KeyNoBatch         Key = "custody.no-such-batch"
	KeyBatchKnown      Key = "custody.batch-exists"
	KeyBatchNotOpen    Key = "custody.batch-not-open"
	KeyBatchNotSealed  Key = "custody.batch-not-sealed"
	KeyBatchStarted    Key = "custody.batch-started"
	KeyBatchVoid       Key = "custody.batch-void"
	KeyNotReconciled   Key = "custody.not-reconciled"
	KeyNotCompleted    Key = "custody.not-completed"
	KeyOtherBatch      Key = "custody.other-batch"
	KeyOtherList       Key = "custody.other-list"
	KeyMustReturn      Key = "custody.must-return"
	KeyActors          Key = "custody.actors"
	KeySamePerson      Key = "custody.same-person"
	KeySameCredential  Key = "custody.same-credential"
	KeyOwnApproval     Key = "custody.own-approval"
	KeyApproverActs    Key = "custody.approver-acts"
	KeyAttestorApplied Key = "custody.attestor-applied"
	KeyOtherPersons    Key = "custody.other-persons"
	KeyExpired         Key = "custody.expired"
	KeyReference       Key = "custody.reference"
	KeyManifest        Key = "custody.manifest"
	KeyMachine         Key = "custody.machine"
	KeyVerdict         Key = "custody.verdict"
	KeyEvidence        Key = "custody.evidence"
	KeyEvidenceReused  Key = "custody.evidence-reused"
	KeyNoOutcome       Key = "custody.no-outcome"
	KeyTally           Key = "custody.tally"
	KeyNothing         Key = "custody.nothing-to-do"
	KeyRecord          Key = "custody.record"
)

// Reasons of the register.
const (
	KeyNotConsigned        Key = "custody.not-consigned"
	KeyHeld                Key = "custody.held"
	KeyNotOnShelf          Key = "custody.not-on-shelf"
	KeyNotOffered          Key = "custody.not-offered"
	KeyNotOut              Key = "custody.not-out"
	KeyNotSent             Key = "custody.not-sent"
	KeyNotSigned           Key = "custody.not-signed-for"
	KeySignedFor           Key = "custody.signed-for"
	KeyThingKnown          Key = "custody.exists-already"
	KeyWrongDay            Key = "custody.wrong-day"
	KeyNoList              Key = "custody.no-such-list"
	KeyListFull            Key = "custody.list-full"
	KeyListSigned          Key = "custody.list-signed"
	KeyNotEntered          Key = "custody.list-not-entered"
	KeyNotTallied          Key = "custody.list-not-counted"
	KeyNotNumbered         Key = "custody.list-not-numbered"
	KeyNumberGap           Key = "custody.number-gap"
	KeyNoDocument          Key = "custody.no-such-document"
	KeyReleased            Key = "custody.document-released"
	KeyMark                Key = "custody.mark-differs"
	KeyPrintRun            Key = "custody.over-print-run"
	KeyNotAll              Key = "custody.copies-left-out"
	KeyOpenChange          Key = "custody.open-change"
	KeyCircle              Key = "custody.outside-circle"
	KeyCircleShrinks       Key = "custody.circle-shrinks"
	KeySpoiled             Key = "custody.spoiled-copy"
	KeyNoRequest           Key = "custody.no-such-request"
	KeyRequestFinal        Key = "custody.request-ended"
	KeyRequestDecided      Key = "custody.request-decided"
	KeyRequestNotApproved  Key = "custody.request-not-approved"
	KeyOtherAct            Key = "custody.other-act"
	KeyNotNamed            Key = "custody.not-named"
	KeyOtherRecipient      Key = "custody.other-recipient"
	KeyOverApproved        Key = "custody.over-approved"
	KeyNotApplicant        Key = "custody.not-applicant"
	KeyThreePersons        Key = "custody.three-persons"
	KeyNoMovement          Key = "custody.no-such-movement"
	KeyMovementFinal       Key = "custody.movement-ended"
	KeyNotInMovement       Key = "custody.not-in-movement"
	KeyNotKeeper           Key = "custody.not-keeper"
	KeyOwnReceipt          Key = "custody.own-receipt"
	KeyOtherReceiver       Key = "custody.other-receiver"
	KeyNoReceipt           Key = "custody.no-receipt-slip"
	KeyOutsideParty        Key = "custody.wrong-end"
	KeyOwnReturn           Key = "custody.own-return"
	KeyNoPlace             Key = "custody.no-such-place"
	KeyPlaceClosed         Key = "custody.place-closed"
	KeyLevelTooLow         Key = "custody.level-too-low"
	KeyNoDepartment        Key = "custody.no-such-department"
	KeyNoFirm              Key = "custody.no-such-firm"
	KeyFirmUnfit           Key = "custody.firm-not-qualified"
	KeyClearance           Key = "custody.clearance-too-low"
	KeyTraining            Key = "custody.training-expired"
	KeyPledge              Key = "custody.no-pledge"
	KeyNotOnPost           Key = "custody.not-on-post"
	KeyLeft                Key = "custody.left"
	KeyOutstanding         Key = "custody.outstanding"
	KeyOwnLeaving          Key = "custody.own-leaving"
	KeyNoCampaign          Key = "custody.no-such-campaign"
	KeyCampaignClosed      Key = "custody.campaign-closed"
	KeyCampaignApproved    Key = "custody.campaign-approved"
	KeyCampaignNotApproved Key = "custody.campaign-not-approved"
	KeyInCampaign          Key = "custody.in-campaign"
	KeyFate                Key = "custody.other-fate"
	KeyNoInspection        Key = "custody.no-such-inspection"
	KeyInspectionCounted   Key = "custody.inspection-counted"
	KeyNoFinding           Key = "custody.no-such-finding"
	KeyFindingClosed       Key = "custody.finding-closed"
	KeyFindingOpen         Key = "custody.finding-open"
	KeyFindingCorrected    Key = "custody.finding-corrected"
	KeyNotAnswerable       Key = "custody.not-answerable"
	KeyOwnFinding          Key = "custody.own-finding"
	KeyNoIncident          Key = "custody.no-such-incident"
	KeyIncidentClosed      Key = "custody.incident-closed"
	KeyNoRelease           Key = "custody.not-released-from-secrecy"
	KeyNoInquiry           Key = "custody.no-inquiry"
	KeyNoUSBKey            Key = "custody.no-such-usb-key"
	KeyUSBKeyRetired       Key = "custody.usb-key-retired"
	KeyUSBKeyLost          Key = "custody.usb-key-lost"
	KeyUSBKeyNotLost       Key = "custody.usb-key-not-lost"
	KeyUSBKeyNotInUse      Key = "custody.usb-key-not-in-use"
	KeyCanaryUsed          Key = "custody.canary-used"
	KeyEpoch               Key = "custody.epoch"
	KeyNoPort              Key = "custody.no-such-port"
)

var sentences = map[Key][2]string{
	KeyInvalid:         {"无此状态或事件", "there is no such state or event"},
	KeyUnregistered:    {"该载体未登记", "the carrier is not registered"},
	KeyKnown:           {"该载体已登记，不得重复登记", "the carrier is registered already"},
	KeyPassed:          {"该步骤已完成，不得重复", "that step was taken already"},
	KeyNotReceived:     {"该载体尚未签收", "the carrier has not been signed for"},
	KeyNotCounted:      {"该载体尚未清点，不得封存", "the carrier has not been counted: it cannot be sealed"},
	KeyMissing:         {"该载体未找到；须先登记找到或核销", "the carrier is missing: record that it was found, or write it off"},
	KeyNotMissing:      {"该载体未被报告为未找到", "the carrier is not reported missing"},
	KeyInBatch:         {"该载体已封存在批次中；须先作废该批次", "the carrier is sealed in a batch: void the batch first"},
	KeyNotSealed:       {"该载体未封存", "the carrier is not sealed"},
	KeyNotApproved:     {"未批准，不得销毁", "not approved: no destruction"},
	KeyNotAuthorised:   {"未经两人授权，不得放行", "not authorised by two persons: no release"},
	KeyNotReleased:     {"未放行", "not released"},
	KeyMayBeFed:        {"已放行，载体可能已投入；只能登记结果", "released, so the carrier may have been fed: only its outcome can follow"},
	KeyNoCase:          {"该载体没有未结事项", "the carrier has no open case"},
	KeyOpenCase:        {"该载体有未结事项；须由销毁人和监销人共同核定", "the carrier is an open case: destroyer and attestor resolve it together"},
	KeyNotDestroyed:    {"该载体未销毁，不得出具证明", "the carrier is not destroyed: nothing to certify"},
	KeyFinal:           {"该载体已闭环，不得再变更", "the carrier's disposition is final"},
	KeyNoBatch:         {"无此批次", "there is no such batch"},
	KeyBatchKnown:      {"该批次已存在", "the batch exists already"},
	KeyBatchNotOpen:    {"该批次已不在清点中", "the batch is no longer being counted"},
	KeyBatchNotSealed:  {"该批次未封存或已处理", "the batch is not sealed, or was decided already"},
	KeyBatchStarted:    {"该批次已开始销毁或已结束，不得作废", "the batch has begun or ended: it cannot be voided"},
	KeyBatchVoid:       {"该批次已作废", "the batch is void"},
	KeyNotReconciled:   {"该批次尚未核对", "the batch is not reconciled"},
	KeyNotCompleted:    {"销毁结果尚未签字", "the outcome has not been signed"},
	KeyOtherBatch:      {"该载体属于另一批次", "the carrier belongs to another batch"},
	KeyOtherList:       {"该载体不在本批次的清单上", "the carrier is not on the list of this batch"},
	KeyMustReturn:      {"须清退，不得自行销毁", "must be returned: no local destruction"},
	KeyActors:          {"签署人的职责不符", "the actors are not those the act demands"},
	KeySamePerson:      {"同一人不得双签", "one person may not sign twice"},
	KeySameCredential:  {"同一张卡不得双签", "one credential may not sign twice"},
	KeyOwnApproval:     {"申请人不得批准自己的申请", "the applicant may not approve his own application"},
	KeyApproverActs:    {"批准人不得兼任销毁人或监销人", "the approver may be neither destroyer nor attestor"},
	KeyAttestorApplied: {"监销人不能填写申请人本人", "the applicant may not attest"},
	KeyOtherPersons:    {"须由授权的同两人签字", "the two persons who authorised must sign"},
	KeyExpired:         {"有效期已过", "its time has run out"},
	KeyReference:       {"所引用的记录与当前记录不符", "it refers to another record than the one in force"},
	KeyManifest:        {"与已封存的清单不符", "it disagrees with the sealed manifest"},
	KeyMachine:         {"设备与授权的设备不符", "the machine is not the one authorised"},
	KeyVerdict:         {"结论与证据不符", "the verdict is not what the evidence shows"},
	KeyEvidence:        {"缺少证据", "evidence is lacking"},
	KeyEvidenceReused:  {"证据已用于另一载体", "the evidence was used for another carrier"},
	KeyNoOutcome:       {"有载体尚无结果", "a carrier has no outcome yet"},
	KeyTally:           {"数量不符", "the counts differ"},
	KeyNothing:         {"没有可处理的载体", "there is no carrier to act on"},
	KeyRecord:          {"记录不完整或有误", "the record is incomplete or wrong"},

	KeyNotConsigned:        {"该载体未送销", "the carrier was not consigned"},
	KeyHeld:                {"该载体已有人保管", "somebody holds the carrier"},
	KeyNotOnShelf:          {"该载体不在库", "the carrier is not on the shelf"},
	KeyNotOffered:          {"该载体不在待交接", "nobody offered the carrier: there is nothing to sign for"},
	KeyNotOut:              {"该载体未借出", "the carrier is not out with anybody"},
	KeyNotSent:             {"该载体不在运输中", "the carrier is not on its way"},
	KeyNotSigned:           {"对方尚未签收", "the other end has not signed yet"},
	KeySignedFor:           {"已签收，不得重复", "it was signed for already"},
	KeyThingKnown:          {"该编号已登记", "it was entered already"},
	KeyWrongDay:            {"日期有误", "the day or time is wrong"},
	KeyNoList:              {"无此清单", "there is no such list"},
	KeyListFull:            {"清单行数已满或已签收", "the list is full or was signed for"},
	KeyListSigned:          {"清单已签收", "the list was signed for"},
	KeyNotEntered:          {"清单未登记完", "not every row of the list is registered"},
	KeyNotTallied:          {"清单未清点或清点数量不符", "the list was not counted, or the counts differ"},
	KeyNotNumbered:         {"清单未编收文号", "the list has no reference numbers"},
	KeyNumberGap:           {"收文号不连续", "the reference numbers leave a gap or overlap"},
	KeyNoDocument:          {"无此文件", "there is no such document"},
	KeyReleased:            {"该文件已解密", "the document was declassified"},
	KeyMark:                {"密级或保密期限与文件（原件）不一致", "level or period differs from the document or the original"},
	KeyPrintRun:            {"登记份数超过印制份数", "more copies are registered than were made"},
	KeyNotAll:              {"还有在册份数未列入", "a copy that is still held was left out"},
	KeyOpenChange:          {"该文件有未办结的密级变更", "another change of classification is open"},
	KeyCircle:              {"不在知悉范围内", "not admitted to the document"},
	KeyCircleShrinks:       {"知悉范围只能经批准扩大", "the circle of readers only grows"},
	KeySpoiled:             {"废页、废盘只能销毁、送销或清退", "a spoiled copy takes no road but destruction, consignment or return"},
	KeyNoRequest:           {"无此申请", "there is no such request"},
	KeyRequestFinal:        {"该申请已办结、驳回或撤回", "the request is used up, rejected or withdrawn"},
	KeyRequestDecided:      {"该申请已审核或审批", "the request was audited or decided already"},
	KeyRequestNotApproved:  {"申请未批准", "the request is not approved"},
	KeyOtherAct:            {"与批准的事项不符", "it was approved for another act"},
	KeyNotNamed:            {"批准中未列该载体或文件", "the approval does not name the carrier or its document"},
	KeyOtherRecipient:      {"接收方、人员或渠道与批准不符", "it was approved for another recipient, person or channel"},
	KeyOverApproved:        {"超出批准份数", "over the approved number"},
	KeyNotApplicant:        {"只能由申请人撤回", "only the applicant withdraws"},
	KeyThreePersons:        {"申请人、审核人、批准人须为三人三卡", "applicant, auditor and approver are three persons with three cards"},
	KeyNoMovement:          {"无此流转", "there is no such movement"},
	KeyMovementFinal:       {"该流转已闭环", "the movement has ended"},
	KeyNotInMovement:       {"该载体不在此流转中", "the carrier is not in this movement"},
	KeyNotKeeper:           {"不是该载体的保管人", "not the keeper of the carrier"},
	KeyOwnReceipt:          {"移交人不得自行签收", "the giver may not sign as receiver"},
	KeyOtherReceiver:       {"签收人不是接收人", "somebody else was to receive it"},
	KeyNoReceipt:           {"缺少对方回执", "the receipt slip of the other end is lacking"},
	KeyOutsideParty:        {"该事项的接收方不符", "the act cannot go to this kind of receiver"},
	KeyOwnReturn:           {"持有人不得自行核销归还", "who had it may not sign that it came back"},
	KeyNoPlace:             {"无此存放地点", "there is no such place"},
	KeyPlaceClosed:         {"存放地点或其部门已撤销", "the place or its department is closed"},
	KeyLevelTooLow:         {"等级不够", "level too low"},
	KeyNoDepartment:        {"无此部门", "there is no such department"},
	KeyNoFirm:              {"无此销毁单位", "there is no such destruction body"},
	KeyFirmUnfit:           {"销毁单位已撤销或资质已过期", "the destruction body is closed or its qualification has run out"},
	KeyClearance:           {"涉密等级不足", "clearance too low"},
	KeyTraining:            {"培训已过期", "training expired"},
	KeyPledge:              {"未签承诺书", "no pledge"},
	KeyNotOnPost:           {"不在岗", "not on post"},
	KeyLeft:                {"该人员已离岗", "the person has left"},
	KeyOutstanding:         {"有未清退的载体、未闭环的流转或未整改的问题", "carriers, movements or findings are outstanding"},
	KeyOwnLeaving:          {"不得为本人办理离岗", "nobody records his own leaving"},
	KeyNoCampaign:          {"无此清理", "there is no such clear-out"},
	KeyCampaignClosed:      {"该清理已结束", "the clear-out has ended"},
	KeyCampaignApproved:    {"该清理已批准", "the clear-out was approved"},
	KeyCampaignNotApproved: {"该清理未批准", "the clear-out is not approved"},
	KeyInCampaign:          {"该载体已在另一次清理中", "the carrier is in another clear-out"},
	KeyFate:                {"与清理意见不符", "the clear-out gives the carrier another fate"},
	KeyNoInspection:        {"无此检查", "there is no such inspection"},
	KeyInspectionCounted:   {"该检查已提交清点", "the count was handed in already"},
	KeyNoFinding:           {"无此问题", "there is no such finding"},
	KeyFindingClosed:       {"该问题已销号", "the finding is closed"},
	KeyFindingOpen:         {"该问题尚未整改", "the finding is not corrected yet"},
	KeyFindingCorrected:    {"该问题已报告整改", "the finding was corrected already"},
	KeyNotAnswerable:       {"不是该问题的整改责任人", "somebody else answers for the finding"},
	KeyOwnFinding:          {"整改责任人不得自行销号", "who answers for a finding may not close it"},
	KeyNoIncident:          {"无此事件报告", "there is no such incident"},
	KeyIncidentClosed:      {"该事件已结案", "the incident is closed"},
	KeyNoRelease:           {"该载体的文件未解密，清理中也未批准解密", "neither was its document declassified nor did a clear-out approve that"},
	KeyNoInquiry:           {"核销须有载明该载体并同意核销的结案事件", "a write-off needs a closed incident that names the carrier and says so"},
	KeyNoUSBKey:            {"无此U盘", "there is no such USB key"},
	KeyUSBKeyRetired:       {"该U盘已停用", "the USB key is retired"},
	KeyUSBKeyLost:          {"该U盘已报告丢失", "the USB key is reported lost"},
	KeyUSBKeyNotLost:       {"该U盘未报告丢失", "the USB key is not reported lost"},
	KeyUSBKeyNotInUse:      {"该U盘不在用", "the USB key is not in use"},
	KeyCanaryUsed:          {"重新登记须更换标记密钥", "a canary secret is used for one registration only"},
	KeyEpoch:               {"标记时期没有前进", "the epoch of the canary did not advance"},
	KeyNoPort:              {"无此USB端口登记", "the USB port is not enrolled"},
}

// Sentence is the reason in both languages; empty for an unknown key.
func (k Key) Sentence() (zh, en string) { return sentences[k][0], sentences[k][1] }

// Refusal says why an event may not happen. It is an expected answer, never a
// fault of the program.
type Refusal struct {
	Key     Key
	Subject string // "carrier/ID", "batch/ID" or ""
	Detail  string // for the log; not for the screen
}

func (r *Refusal) Error() string {
	_, en := r.Key.Sentence()
	if r.Subject != "" {
		en = r.Subject + ": " + en
	}
	if r.Detail != "" {
		en += " (" + r.Detail + ")"
	}
	return en
}

// Sentence is the reason in both languages.
func (r *Refusal) Sentence() (zh, en string) { return r.Key.Sentence() }

func refuse(key Key, subject, format string, args ...any) *Refusal {
	return &Refusal{Key: key, Subject: subject, Detail: fmt.Sprintf(format, args...)}
}
