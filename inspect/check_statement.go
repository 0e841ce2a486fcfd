package inspect

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"

	"sexton/certificate"
	"sexton/ledger/leaf"
)

// openingsMatch checks each opening against its commitment.
func (in *inspection) openingsMatch() (string, error) {
	byID := make(map[string]*certificate.Event, len(in.history.Events))
	commitments := 0
	for _, e := range in.history.Events {
		if other := byID[e.Payload.ID]; other != nil {
			return "", at(e.Field+": /id", "the event id of %s", other.Field)
		}
		byID[e.Payload.ID] = e
		commitments += len(leaf.Commitments(e.Payload))
	}
	for i, o := range in.bundle.Openings {
		field := fmt.Sprintf("openings[%d]", i)
		e := byID[o.Event]
		if e == nil {
			return "", at(field+".event", "event %s is not in the file", show(o.Event))
		}
		if err := leaf.CheckOpening(e.Payload, leaf.Opening{Path: o.Path, Salt: o.Salt, Value: o.Value}); err != nil {
			return "", at(field, "%w", err)
		}
	}
	switch n := len(in.bundle.Openings); {
	case n == 0:
		return fmt.Sprintf("redacted: none of %d commitments is opened", commitments), nil
	case n < commitments:
		return fmt.Sprintf("in part: %d of %d commitments are opened", n, commitments), nil
	}
	return fmt.Sprintf("full: all %d commitments are opened", commitments), nil
}

// attachmentsReferenced demands that a record names each attachment's hash:
// a transfer list, a paper approval or the anchors file.
func (in *inspection) attachmentsReferenced() (string, error) {
	named := make(map[string]bool)
	for _, e := range in.history.Events {
		switch b := e.Payload.Body.(type) {
		case *leaf.Imported:
			named[b.SourceSHA256] = true
		case *leaf.Decision:
			named[b.PaperSHA256] = true
		case *leaf.Initialised:
			named[b.AnchorsSHA256] = true
		}
	}
	names := make([]string, 0, len(in.bundle.Attachments))
	for k := range in.bundle.Attachments {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		if !named[k] {
			return "", at("attachments["+k+"]", "no record refers to it")
		}
	}
	return fmt.Sprintf("%d attachments", len(names)), nil
}

// statementContent recomputes the statement and compares the bytes.
func (in *inspection) statementContent() (string, error) {
	env, err := certificate.ParseEnvelope(in.bundle.Statement)
	if err != nil {
		return "", err
	}
	s, want, err := in.history.Recompute()
	if err != nil {
		return "", err
	}
	if string(env.Statement) != string(want) {
		return "", at("statement.payload"+difference(env.Statement, want), "it is not what the records give")
	}
	in.recounted = s
	return fmt.Sprintf("%d bytes, certificate %s", len(want), s.Predicate.Certificate), nil
}

// difference is the path of the first member in which two JSON texts differ,
// "" when one of them cannot be read.
func difference(got, want []byte) string {
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal(want, &b) != nil {
		return ""
	}
	return differ(a, b, "")
}

func differ(a, b any, path string) string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			return path
		}
		names := make(map[string]bool)
		for k := range x {
			names[k] = true
		}
		for k := range y {
			names[k] = true
		}
		sorted := make([]string, 0, len(names))
		for k := range names {
			sorted = append(sorted, k)
		}
		sort.Strings(sorted)
		for _, k := range sorted {
			v, in1 := x[k]
			w, in2 := y[k]
			if in1 != in2 {
				return path + "." + shorten(k)
			}
			if d := differ(v, w, path+"."+shorten(k)); d != "" {
				return d
			}
		}
		return ""
	case []any:
		y, ok := b.([]any)
		if !ok {
			return path
		}
		for i := range min(len(x), len(y)) {
			if d := differ(x[i], y[i], fmt.Sprintf("%s[%d]", path, i)); d != "" {
				return d
			}
		}
		if len(x) != len(y) {
			return fmt.Sprintf("%s[%d]", path, min(len(x), len(y)))
		}
		return ""
	}
	switch b.(type) {
	case map[string]any, []any:
		return path
	}
	if a != b {
		return path
	}
	return ""
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}

func (in *inspection) statementSignature() (string, error) {
	env, err := certificate.ParseEnvelope(in.bundle.Statement)
	if err != nil {
		return "", err
	}
	id, err := leaf.KeyID(in.eventKey)
	if err != nil {
		return "", at("statement.signatures", "%w", err)
	}
	if env.KeyID != id {
		return "", at("statement.signatures", "signed by key %s, the station's event key is %s", show(env.KeyID), id)
	}
	if !ed25519.Verify(in.eventKey, certificate.PAE(env.Statement), env.Sig) {
		return "", at("statement.signatures", "the signature is wrong")
	}
	return "", nil
}

// statementCertified compares the statement's SHA-256 and number with the
// batch.certified record.
func (in *inspection) statementCertified() (string, error) {
	env, err := certificate.ParseEnvelope(in.bundle.Statement)
	if err != nil {
		return "", err
	}
	f := in.facts
	sum := sha256.Sum256(env.Statement)
	if hex.EncodeToString(sum[:]) != f.certificate.Statement {
		return "", at(f.certified.Field+": /body/statement_sha256", "%s, this statement has %s", f.certificate.Statement, hex.EncodeToString(sum[:]))
	}
	return fmt.Sprintf("leaf %d", f.certified.Index), nil
}
