package inspect

import (
	"errors"
	"fmt"
	"strings"

	"sexton/certificate"
	"sexton/custody"
	"sexton/policy"
)

// Grade is the verdict on a certificate, best first.
type Grade string

// Grades. What a grade lacks is never rounded up: a certificate without
// revocation data is not VALID, one whose time nobody else vouches for is
// VALID-TIME-UNPROVEN.
const (
	Valid             Grade = "VALID"
	ValidStaleCRL     Grade = "VALID-STALE-CRL"     // no revocation data fresh at the time of signing
	ValidTimeUnproven Grade = "VALID-TIME-UNPROVEN" // nobody but the station says when
	Invalid           Grade = "INVALID"
)

// Zh is the grade in Chinese.
func (g Grade) Zh() string {
	switch g {
	case Valid:
		return "有效"
	case ValidStaleCRL:
		return "有效（吊销状态未证实）"
	case ValidTimeUnproven:
		return "有效（时间未经第三方证实）"
	}
	return "无效"
}

// Text is one sentence in both languages.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Check is one thing that was looked at.
type Check struct {
	ID      string `json:"id"` // stable, dotted
	Zh      string `json:"zh"`
	En      string `json:"en"`
	OK      bool   `json:"ok"`
	Skipped bool   `json:"skipped"` // could not be done, since an earlier check failed
	Field   string `json:"field"`   // of the bundle, where it failed
	Detail  string `json:"detail"`  // what was found, in English
	Reason  string `json:"reason"`  // why it failed, in Chinese, where there is a fixed sentence
}

// Report is everything the inspection has to say.
type Report struct {
	Grade   Grade    `json:"grade"`
	Bench   bool     `json:"bench"`  // of a virtual station: nothing real was destroyed
	Checks  []Check  `json:"checks"` // in order
	Failed  *Check   `json:"failed"` // the first check that failed, nil when all is well
	Reasons []Text   `json:"reasons"`
	Limits  []Text   `json:"limits"`
	Summary *Summary `json:"summary"` // nil when the leaves cannot be read
}

// OK tells whether the certificate holds, whatever its grade.
func (r *Report) OK() bool { return r.Grade != Invalid && r.Grade != "" }

// refusal is an error that knows the field of the bundle it is about.
type refusal struct {
	field string
	err   error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// at makes an error about one field.
func at(field, format string, args ...any) error {
	return &refusal{field: field, err: fmt.Errorf(format, args...)}
}

// fail records err in c.
func (c *Check) fail(err error) {
	c.OK = false
	c.Field = certificate.Field(err)
	var own *refusal
	if errors.As(err, &own) {
		c.Field = own.field
	}
	c.Detail = strings.TrimPrefix(err.Error(), "cannot read certificate: ")
	c.Detail = strings.TrimPrefix(c.Detail, c.Field+": ")
	var law *custody.Refusal
	if errors.As(err, &law) {
		c.Reason, _ = law.Key.Sentence()
	}
	var rule *policy.Refusal
	if errors.As(err, &rule) {
		c.Reason = rule.Zh
	}
}

// limits is what no certificate of this format can show. It is printed with
// every verdict.
var limits = []Text{
	{"时间由本站时钟给出；证明未附吊销清单（CRL），也未附时间戳。", "Times are those of the station's clock; the certificate carries neither revocation lists nor timestamps."},
	{"检查点之后发生的事、以及证明签发之后有关这些载体的记录，本证明不能显示。", "What happened after the certificate was issued, or after the checkpoint, is not shown by it."},
	{"载体、批次的记录链完整；人员、设备、制度的后续变更是否存在，仅凭本证明不能排除。", "The records of carriers and batch are complete; that persons, machines or rules were not changed in other records cannot be excluded by this file alone."},
	{"站方若另存一份账本，须与以往见过的检查点比对才能发现。", "A second, different ledger kept by the station is only found by comparing with checkpoints seen before."},
	{"证据由设备测得并由本站签名；本程序核对其一致性，不能代替到场检查。", "Evidence was measured by the machine and signed by the station; this program checks that it is consistent, it does not replace going there."},
}
