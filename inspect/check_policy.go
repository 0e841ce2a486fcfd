package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"sexton/certificate"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// decides are the acts that must happen under the profile the manifest was
// sealed under. A profile adopted later does not touch what follows.
var decides = map[leaf.Kind]bool{leaf.BatchSealed: true, leaf.BatchApproved: true, leaf.BatchAuthorised: true, leaf.BatchReleased: true}

// policyTrusted demands that the profile in the file is the one adopted before
// the manifest was sealed, that the trust file lists it, that every act of the
// batch names the profile in force at its time, and that nothing was decided
// under another one than the manifest's.
func (in *inspection) policyTrusted() (string, error) {
	f := in.facts
	sum := sha256.Sum256(in.bundle.Policy)
	hash := hex.EncodeToString(sum[:])
	adopted := in.history.Adopted(f.seal.Index)
	if adopted == nil {
		return "", at("segments", "no policy was adopted before the batch was sealed")
	}
	if adopted.SHA256 != hash {
		return "", at("policy", "it has SHA-256 %s, adopted is %s", hash, adopted.SHA256)
	}
	if !slices.Contains(in.trust.profiles, Profile{Name: adopted.Profile, Version: adopted.Version, SHA256: hash}) {
		return "", at("policy", "the trust file does not list profile %s %s with SHA-256 %s", show(adopted.Profile), show(adopted.Version), hash)
	}
	p, err := policy.Parse(in.bundle.Policy)
	if err != nil {
		return "", at("policy", "%w", err)
	}
	if p.Name != adopted.Profile || p.Version != adopted.Version {
		return "", at("policy", "it calls itself %s %s, adopted is %s %s", show(p.Name), show(p.Version), show(adopted.Profile), show(adopted.Version))
	}
	for _, e := range []*certificate.Event{f.opened, f.seal, f.approval, f.authorisation, f.releases[0], f.reconciled, f.completed, f.certified} {
		ref := e.Payload.Policy
		if now := in.history.Adopted(e.Index); now == nil || ref.Profile != now.Profile || ref.Version != now.Version {
			return "", at(e.Field+": /policy", "%s %s, which was not in force", show(ref.Profile), show(ref.Version))
		}
		if decides[e.Payload.Kind] && (ref.Profile != p.Name || ref.Version != p.Version) {
			return "", at(e.Field+": /policy", "%s %s, the batch was sealed under %s %s", show(ref.Profile), show(ref.Version), show(p.Name), show(p.Version))
		}
	}
	in.profile = p
	return fmt.Sprintf("%s %s", p.Name, p.Version), nil
}

// authorities in the order of their reach.
var authorities = []string{"own-leader", "issuer", "superior"}

// policyAllows asks the profile about each member, as of the sealing: whether
// it allows the destruction by this method on this machine, by how many
// persons and on whose authority; and whether the manifest cites the rows that
// say so.
func (in *inspection) policyAllows() (string, error) {
	f := in.facts
	if f.machine == nil {
		return "", at(f.seal.Field+": /body/machine", "machine %s was not enrolled before the seal", show(f.manifest.Machine))
	}
	act := f.opened.Payload.Body.(*leaf.Opened).Act
	cited := f.seal.Payload.Policy.Rows
	levels := map[string]int64{} // never nil: a machine enrolled without levels reaches none
	maps.Copy(levels, f.machine.SecurityLevel)
	rows, unconfirmed := make(map[string]bool), make(map[string]bool)
	for _, m := range f.members {
		d, err := in.profile.Decide(policy.Query{
			CarrierKind: m.entry.CarrierKind, Medium: m.entry.Medium, Classification: m.level, Act: act, Method: f.manifest.Method,
			MachineLevels: levels, At: f.seal.Payload.At,
		})
		if err != nil {
			return "", at(m.registered.Field, "carrier %s: %w", show(m.entry.Number), err)
		}
		for _, r := range d.Rows {
			rows[r] = true
			if !slices.Contains(cited, r) {
				return "", at(f.seal.Field+": /policy/rows", "row %s, which allows carrier %s, is not cited", show(r), show(m.entry.Number))
			}
		}
		for _, r := range d.Unconfirmed {
			unconfirmed[r] = true
		}
		if n := len(f.authorisation.Payload.Actors); n < d.Persons {
			return "", at(f.authorisation.Field+": /actors", "carrier %s needs %d persons, %d authorised", show(m.entry.Number), d.Persons, n)
		}
		if slices.Index(authorities, f.decision.Authority) < slices.Index(authorities, d.Authority) {
			return "", at(f.approval.Field+": /body/authority", "carrier %s needs approval by %s, given was %s", show(m.entry.Number), d.Authority, f.decision.Authority)
		}
	}
	in.unconfirmed = sorted(unconfirmed)
	return fmt.Sprintf("%d carriers under %d rows, of which %d are unconfirmed", len(f.members), len(rows), len(unconfirmed)), nil
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
