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
