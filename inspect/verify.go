package inspect

import (
	"crypto/ed25519"
	"crypto/x509"
	"time"

	"sexton/certificate"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// Options of an inspection.
type Options struct {
	// Now is the inspector's time. It is only used to refuse certificates from
	// the future; zero leaves that out.
	Now time.Time
	// First stops at the first check that fails; the later ones are reported
	// as skipped.
	First bool
}

// inspection carries what earlier checks found to later ones.
type inspection struct {
	trust *Trust
	now   time.Time

	data   []byte
	bundle *certificate.Bundle
	head   *checkpoint
	proof  *tlogProof

	history  *certificate.History
	genesis  *leaf.Initialised
	eventKey ed25519.PublicKey
	signers  map[string]*x509.Certificate // by lower hex SHA-256 of the DER
	middle   []*x509.Certificate          // CA certificates among the credentials
	facts    *facts
	profile  *policy.Profile

	unconfirmed []string // rows of the profile that decided and whose numbers are unconfirmed
	recounted   *certificate.Statement

	witnessed time.Time // last cosignature of a quorum that was reached; zero = there is none
}

// check is one row of the table below.
type check struct {
	id, zh, en string
	needs      []string // checks that must have passed
	run        func(*inspection) (detail string, err error)
}

// checks in the order they are made and printed. A check whose needs failed is
// skipped, and a skipped check is not a passed one.
var checks = []check{
	{"file.form", "文件格式唯一且完整", "the file has its one canonical form", nil, (*inspection).fileForm},
	{"checkpoint.signature", "检查点由受信任的账本签署", "the checkpoint is signed by a trusted log", []string{"file.form"}, (*inspection).checkpointSignature},
	{"checkpoint.witnesses", "见证人签名达到要求", "the witnesses asked for have cosigned", []string{"checkpoint.signature"}, (*inspection).checkpointWitnesses},
	{"leaf.form", "每条记录格式唯一且完整", "each record has its one canonical form", []string{"file.form"}, (*inspection).leafForm},
	{"station.genesis", "账本首条记录与本站密钥相符", "the first record names this log and its keys", []string{"leaf.form", "checkpoint.signature"}, (*inspection).stationGenesis},
	{"credential.enrolled", "签署人证书齐全且与登记一致", "the signers' credentials are those enrolled", []string{"leaf.form"}, (*inspection).credentialEnrolled},
	{"leaf.signatures", "每条记录的签名齐全有效", "each record is signed by exactly whom its kind demands", []string{"station.genesis", "credential.enrolled"}, (*inspection).leafSignatures},
	{"credential.trust", "签署时证书受信任且在有效期内", "the credentials were trusted and valid when they signed", []string{"credential.enrolled"}, (*inspection).credentialTrust},
	{"tree.range", "全部记录收录于账本", "all records are in the log", []string{"checkpoint.signature", "leaf.form"}, (*inspection).treeRange},
	{"tree.proof", "证明记录收录于同一账本", "the certificate's own record is in the same log", []string{"checkpoint.signature", "leaf.form"}, (*inspection).treeProof},
	{"batch.acts", "批次各环节齐全", "each act of the batch is there", []string{"leaf.form"}, (*inspection).batchActs},
	{"chain.scope", "不含无关记录", "there is no record that does not belong here", []string{"batch.acts"}, (*inspection).chainScope},
	{"chain.links", "载体与批次的记录链不缺不乱", "no record of a carrier or the batch is left out or moved", []string{"leaf.form"}, (*inspection).chainLinks},
	{"chain.heads", "签署人所见账本与本账本一致", "the heads that the writers saw are of this log", []string{"tree.range"}, (*inspection).chainHeads},
	{"person.roles", "人员已登记且职责相符", "persons act in roles they were enrolled for", []string{"leaf.form"}, (*inspection).personRoles},
	{"person.distinct", "各职责由不同的人用不同的卡履行", "different persons with different cards", []string{"batch.acts", "person.roles"}, (*inspection).personDistinct},
	{"manifest.items", "销毁清单逐项相符", "the manifest agrees item by item", []string{"batch.acts"}, (*inspection).manifestItems},
	{"acts.references", "批准、授权、放行、核对互相引用正确", "approval, authorisation, release and outcome refer to each other", []string{"batch.acts"}, (*inspection).actsReferences},
	{"acts.times", "先批准后授权再销毁，且在有效期内", "approval before authorisation before release, each in its time", []string{"batch.acts"}, (*inspection).actsTimes},
	{"evidence.verdicts", "按证据重新判定，结论一致", "judging the evidence again gives the same verdicts", []string{"batch.acts"}, (*inspection).evidenceVerdicts},
	{"evidence.windows", "每份证据只用于一件载体", "no evidence serves two carriers", []string{"batch.acts"}, (*inspection).evidenceWindows},
	{"outcomes.tally", "结果逐项汇总相符", "the outcomes add up to what was signed", []string{"batch.acts"}, (*inspection).outcomesTally},
	{"custody.replay", "按保管规则重演全过程，均合规", "replaying the whole history, every step was lawful", []string{"leaf.signatures", "tree.range"}, (*inspection).custodyReplay},
	{"policy.trusted", "适用的制度版本受认可", "the policy in force is one the office released", []string{"batch.acts"}, (*inspection).policyTrusted},
	{"policy.allows", "按该制度逐项允许销毁", "that policy allows the destruction of each carrier", []string{"policy.trusted"}, (*inspection).policyAllows},
	{"openings.match", "公开内容与承诺值相符", "what is opened matches the commitments", []string{"leaf.form"}, (*inspection).openingsMatch},
	{"attachments.referenced", "附件均为记录所引用", "each attachment is one a record refers to", []string{"leaf.form"}, (*inspection).attachmentsReferenced},
	{"statement.content", "证明内容由记录重算，逐字节一致", "the statement, recomputed from the records, is the same", []string{"leaf.signatures", "tree.range"}, (*inspection).statementContent},
	{"statement.signature", "证明内容由本站签署", "the statement is signed by the station", []string{"station.genesis"}, (*inspection).statementSignature},
	{"statement.certified", "账本登记的正是这份证明", "the log names this very statement", []string{"batch.acts"}, (*inspection).statementCertified},
}

// Verify inspects a certificate. It is pure, never fails and never panics on
// any input; whatever is wrong is in the report. Memory and time are bounded
// by certificate.MaxBundle and its siblings.
func Verify(bundle []byte, trust *Trust, o Options) *Report {
	in := &inspection{trust: trust, now: o.Now, data: bundle}
	r := &Report{Limits: limits, Reasons: []Text{}, Checks: make([]Check, 0, len(checks))}
	passed := make(map[string]bool, len(checks))
	for _, c := range checks {
		out := Check{ID: c.id, Zh: c.zh, En: c.en}
		for _, n := range c.needs {
			if !passed[n] {
				out.Skipped, out.Detail = true, "not reached: "+n
				break
			}
		}
		if o.First && r.Failed != nil {
			out.Skipped, out.Detail = true, "not reached: "+r.Failed.ID
		}
		if !out.Skipped {
			detail, err := c.run(in)
			out.OK, out.Detail = true, detail
			if err != nil {
				out.fail(err)
			}
			passed[c.id] = out.OK
		}
		r.Checks = append(r.Checks, out)
		if !out.OK && !out.Skipped && r.Failed == nil {
			r.Failed = &r.Checks[len(r.Checks)-1]
		}
	}
	in.grade(r)
	if in.genesis != nil {
		r.Bench = in.genesis.Bench
	}
	r.Summary = in.summary()
	return r
}

// grade applies the rule: any failed or skipped check is INVALID; without
// outside evidence of time the best is VALID-TIME-UNPROVEN; without revocation
// data, which this format has no place for, the best is VALID-STALE-CRL.
func (in *inspection) grade(r *Report) {
	for i := range r.Checks {
		if !r.Checks[i].OK {
			r.Grade = Invalid
			return
		}
	}
	r.Reasons = append(r.Reasons, Text{
		"未附签署时有效的吊销清单（CRL）：签署时证书是否已被吊销，未证实。",
		"No revocation list that was fresh at the time of signing: whether a credential had been revoked is not shown.",
	})
	r.Grade = ValidStaleCRL
	if why := in.timeUnproven(); why != (Text{}) {
		r.Reasons = append(r.Reasons, why)
		r.Grade = ValidTimeUnproven
	}
}

// witnessSlack is how far a witness's clock may be behind the station's.
const witnessSlack = time.Hour

// timeUnproven says why nobody but the station vouches for the time; it is
// empty when the witnesses do. Witnesses show that the signatures existed when
// they cosigned. That counts only if the signers' cards were still valid then,
// and if the station does not claim a later time than the witnesses'.
func (in *inspection) timeUnproven() Text {
	if in.witnessed.IsZero() {
		return Text{"除本站外无人证实时间（未要求见证人签名，无时间戳）。", "Nobody but the station says when this happened (the trust file asks for no witness, and there is no timestamp)."}
	}
	if in.facts.certified.Payload.At.After(in.witnessed.Add(witnessSlack)) {
		return Text{"见证人签名早于本站所称时间，两者时钟不符。", "The witnesses cosigned before the time the station claims: one of the clocks is wrong."}
	}
	for _, c := range in.signers {
		if in.witnessed.After(c.NotAfter) {
			return Text{"见证人签名时，有签署人证书已过期：不能证实签署时证书有效。", "When the witnesses cosigned, a signer's credential had expired: that it was valid when it signed is not shown."}
		}
	}
	return Text{}
}

func (in *inspection) fileForm() (string, error) {
	b, err := certificate.Parse(in.data)
	if err != nil {
		return "", err
	}
	in.bundle = b
	return "", nil
}
