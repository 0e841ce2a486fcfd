package inspect

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"sexton/certificate"
	"sexton/custody"
	"sexton/ledger/leaf"
)

func (in *inspection) chainScope() (string, error) {
	extra, err := in.history.Superfluous(in.facts.id)
	if err != nil {
		return "", at("segments", "%w", err)
	}
	if len(extra) > 0 {
		return "", at(extra[0].Field, "the %s record does not belong to this certificate", extra[0].Payload.Kind)
	}
	return "", nil
}

// manifestItems recomputes each line of the manifest from the registration,
// their root, and the totals that were signed.
func (in *inspection) manifestItems() (string, error) {
	f := in.facts
	items := make([]string, len(f.members))
	kinds, levels := map[string]int64{}, map[string]int64{}
	for i, m := range f.members {
		want := leaf.ItemHash(leaf.NewItem(int64(i), m.registered.Hash, m.entry, m.level, m.term))
		if m.place.Item != want {
			return "", at(m.sealed.Field+": /body/item", "it is not the hash of carrier %s as registered (%s)", show(m.entry.Number), want)
		}
		if m.entry.MustReturn {
			return "", at(m.registered.Field+": /body/must_return", "carrier %s must be returned to its issuer and may not be destroyed here", show(m.entry.Number))
		}
		items[i] = want
		kinds[m.entry.CarrierKind]++
		levels[m.level]++
	}
	field := f.seal.Field + ": /body/"
	switch root := leaf.Root(items); {
	case f.manifest.ItemsRoot != root:
		return "", at(field+"items_root", "the items have root %s", root)
	case f.manifest.Items != int64(len(items)):
		return "", at(field+"items", "%d items are signed for, %d are sealed", f.manifest.Items, len(items))
	case !maps.Equal(f.manifest.Kinds, kinds):
		return "", at(field+"kinds", "signed for %v, sealed are %v", f.manifest.Kinds, kinds)
	case !maps.Equal(f.manifest.Levels, levels):
		return "", at(field+"levels", "signed for %v, sealed are %v", f.manifest.Levels, levels)
	}
	return fmt.Sprintf("%d items", len(items)), nil
}

// actsReferences demands that each act names, by leaf hash, the act it rests
// on, and repeats its decisive values.
func (in *inspection) actsReferences() (string, error) {
	f := in.facts
	for _, r := range []struct {
		e         *certificate.Event
		path      string
		got, want string
	}{
		{f.seal, "number", f.manifest.Number, f.opened.Payload.Body.(*leaf.Opened).Number},
		{f.approval, "manifest", f.decision.Manifest, f.seal.Hash},
		{f.authorisation, "manifest", f.grant.Manifest, f.seal.Hash},
		{f.authorisation, "approval", f.grant.Approval, f.approval.Hash},
		{f.authorisation, "items_root", f.grant.ItemsRoot, f.manifest.ItemsRoot},
		{f.authorisation, "machine", f.grant.Machine, f.manifest.Machine},
		{f.completed, "reconciled", f.outcome.Reconciled, f.reconciled.Hash},
	} {
		if r.got != r.want {
			return "", at(r.e.Field+": /body/"+r.path, "%s, expected %s", show(r.got), show(r.want))
		}
	}
	for _, e := range f.releases {
		b := e.Payload.Body.(*leaf.Released)
		if b.Authorisation != f.authorisation.Hash {
			return "", at(e.Field+": /body/authorisation", "%s, expected %s", show(b.Authorisation), f.authorisation.Hash)
		}
		if b.Machine != f.manifest.Machine {
			return "", at(e.Field+": /body/machine", "%s, sealed for %s", show(b.Machine), show(f.manifest.Machine))
		}
	}
	if f.machine == nil {
		return "", at(f.seal.Field+": /body/machine", "machine %s was not enrolled before the seal", show(f.manifest.Machine))
	}
	return "", nil
}

// clockSlack is how far a station's and an inspector's clocks may differ
// before a certificate counts as dated in the future. It covers a wrong zone.
const clockSlack = 24 * time.Hour

// actsTimes demands the order of the acts in time, their validity, and that no
// record of a carrier or batch is dated before its predecessor.
func (in *inspection) actsTimes() (string, error) {
	f := in.facts
	for _, e := range in.history.Events {
		for s, prev := range e.Payload.Prev {
			if p, ok := in.history.ByHash(prev); ok && e.Payload.At.Before(p.Payload.At) {
				return "", at(e.Field+": /at", "%s, but its predecessor as to %s is of %s", stamp(e.Payload.At), s, stamp(p.Payload.At))
			}
		}
	}
	order := []*certificate.Event{f.opened, f.seal, f.approval, f.authorisation, f.releases[0], f.reconciled, f.completed, f.certified}
	for i := 1; i < len(order); i++ {
		a, b := order[i-1], order[i]
		if b.Index < a.Index || b.Payload.At.Before(a.Payload.At) {
			return "", at(b.Field+": /at", "%s (leaf %d, %s) is before %s (leaf %d, %s)",
				b.Payload.Kind, b.Index, stamp(b.Payload.At), a.Payload.Kind, a.Index, stamp(a.Payload.At))
		}
	}
	seal, err := time.Parse(time.RFC3339, f.manifest.NotAfter)
	if err != nil {
		return "", at(f.seal.Field+": /body/not_after", "not a time")
	}
	grant, err := time.Parse(time.RFC3339, f.grant.NotAfter)
	if err != nil {
		return "", at(f.authorisation.Field+": /body/not_after", "not a time")
	}
	late := func(e *certificate.Event, what string, end time.Time) error {
		if e.Payload.At.After(end) {
			return at(e.Field+": /at", "%s at %s, but the %s ended at %s", e.Payload.Kind, stamp(e.Payload.At), what, stamp(end))
		}
		return nil
	}
	for _, e := range []*certificate.Event{f.approval, f.authorisation} {
		if err := late(e, "manifest", seal); err != nil {
			return "", err
		}
	}
	for _, e := range f.releases {
		if err := late(e, "authorisation", grant); err != nil {
			return "", err
		}
	}
	if grant.After(seal) {
		return "", at(f.authorisation.Field+": /body/not_after", "it outlasts the manifest, which ends at %s", stamp(seal))
	}
	for _, m := range f.members {
		if m.outcome.Index < f.releases[0].Index || m.outcome.Index > f.reconciled.Index {
			return "", at(m.outcome.Field, "the outcome of carrier %s is not between release and reconciliation", show(m.entry.Number))
		}
	}
	told := f.certified.Payload.Clock.Source == leaf.BenchClock // of a virtual station, whose verdict says that it is one
	if !in.now.IsZero() && !told && f.certified.Payload.At.After(in.now.Add(clockSlack)) {
		return "", at(f.certified.Field+": /at", "%s is in the future: this computer says %s", stamp(f.certified.Payload.At), stamp(in.now))
	}
	return fmt.Sprintf("%s to %s", stamp(f.opened.Payload.At), stamp(f.certified.Payload.At)), nil
}

// evidenceVerdicts judges each outcome's evidence again.
func (in *inspection) evidenceVerdicts() (string, error) {
	n := 0
	for _, m := range in.facts.members {
		v := certificate.Verdict(m.outcome)
		if v == custody.VerdictUnfed {
			continue
		}
		o, ok := m.outcome.Payload.Body.(*leaf.Outcome)
		if !ok {
			return "", at(m.outcome.Field, "an outcome without its body")
		}
		if err := in.judge(m, o, v); err != nil {
			return "", err
		}
		n++
	}
	for _, m := range in.facts.members {
		if m.resolved == nil {
			continue
		}
		r := m.resolved.Payload.Body.(*leaf.Resolved)
		if r.Resolution != "destroyed" {
			continue
		}
		if r.Evidence == nil {
			return "", at(m.resolved.Field+": /body/evidence", "resolved as destroyed without evidence")
		}
		if got, why := custody.Judge(*r.Evidence, m.expectation()); got != custody.VerdictDestroyed {
			return "", at(m.resolved.Field+": /body/evidence", "carrier %s is resolved as destroyed, the evidence says %s %v", show(m.entry.Number), got, why)
		}
		n++
	}
	return fmt.Sprintf("%d judged again", n), nil
}

func (in *inspection) judge(m *member, o *leaf.Outcome, kind custody.Verdict) error {
	field := m.outcome.Field + ": /body/"
	if o.Verdict != kind.String() {
		return at(field+"verdict", "%s in a record of kind %s", show(o.Verdict), m.outcome.Payload.Kind)
	}
	if kind == custody.VerdictIndeterminate {
		return nil // the outcome was lost; evidence of any kind decides nothing
	}
	if o.Evidence == nil {
		return at(field+"evidence", "%s without evidence", kind)
	}
	got, why := custody.Judge(*o.Evidence, m.expectation())
	if got != kind {
		return at(field+"evidence", "carrier %s is called %s, the evidence says %s %v", show(m.entry.Number), kind, got, why)
	}
	if !slices.Equal(why, o.Reasons) && len(why)+len(o.Reasons) > 0 {
		return at(field+"reasons", "%v, the evidence gives %v", o.Reasons, why)
	}
	if o.Evidence.Machine != in.facts.manifest.Machine {
		return at(field+"evidence/machine", "%s, sealed for %s", show(o.Evidence.Machine), show(in.facts.manifest.Machine))
	}
	if o.Evidence.Authenticated && (in.facts.machine == nil || in.facts.machine.PeerSHA256 == "") {
		return at(field+"evidence/authenticated", "the machine is enrolled without a certificate, so its link cannot be authenticated")
	}
	return nil
}

// window is the evidence behind one carrier that counts as destroyed.
type window struct {
	field string
	e     *custody.Evidence
}

// evidenceWindows demands that the evidence windows behind carriers that count
// as destroyed do not overlap in the machine's own sequence numbers and
// uptime, that they lie in a boot the machine was released in, and that what
// they claim together is not more than the sums that were reconciled.
func (in *inspection) evidenceWindows() (string, error) {
	f := in.facts
	boots := make(map[int64][]window)
	released := make(map[int64]bool)
	for _, e := range f.releases {
		released[e.Payload.Body.(*leaf.Released).Boot] = true
	}
	var feed, energy int64
	n := 0
	for _, m := range f.members {
		if certificate.Verdict(m.outcome) != custody.VerdictDestroyed {
			continue
		}
		e, field := m.evidence(), m.outcome.Field+": /body/evidence"
		if e == nil {
			return "", at(field, "destroyed without evidence")
		}
		if !released[e.Boot] {
			return "", at(field+"/boot", "boot %d, but the machine was never released in that boot", e.Boot)
		}
		boots[e.Boot] = append(boots[e.Boot], window{field, e})
		feed += e.Feed
		energy += e.EnergyJ
		n++
	}
	for _, m := range f.members {
		if m.resolved == nil {
			continue
		}
		if r, ok := m.resolved.Payload.Body.(*leaf.Resolved); ok && r.Resolution == "destroyed" && r.Evidence != nil {
			boots[r.Evidence.Boot] = append(boots[r.Evidence.Boot], window{m.resolved.Field + ": /body/evidence", r.Evidence})
			n++
		}
	}
	for _, ws := range boots {
		if err := disjoint(ws); err != nil {
			return "", err
		}
	}
	if f.sums.FeedTotal < feed {
		return "", at(f.reconciled.Field+": /body/feed_total", "%d objects in all, but the carriers called destroyed alone are %d", f.sums.FeedTotal, feed)
	}
	if f.sums.EnergyJ < energy {
		return "", at(f.reconciled.Field+": /body/energy_j", "%d J in all, but the carriers called destroyed alone took %d J", f.sums.EnergyJ, energy)
	}
	return fmt.Sprintf("%d windows, %d J over idle", n, energy), nil
}

func disjoint(ws []window) error {
	sort.SliceStable(ws, func(i, j int) bool { return ws[i].e.FromSequence < ws[j].e.FromSequence })
	for i := 1; i < len(ws); i++ {
		a, b := ws[i-1], ws[i]
		if b.e.FromSequence < a.e.ToSequence {
			return at(b.field+"/from_sequence", "%d, but %s already used the evidence up to %d", b.e.FromSequence, a.field, a.e.ToSequence)
		}
		if b.e.FromUptimeMS < a.e.ToUptimeMS {
			return at(b.field+"/from_uptime_ms", "%d, but %s already used the evidence up to %d", b.e.FromUptimeMS, a.field, a.e.ToUptimeMS)
		}
	}
	return nil
}

// outcomesTally recomputes root and tally over the outcomes in manifest order
// and compares them with what the station reconciled and both persons signed.
func (in *inspection) outcomesTally() (string, error) {
	f := in.facts
	var t leaf.Tally
	hashes := make([]string, len(f.members))
	for i, m := range f.members {
		hashes[i] = m.outcome.Hash
		switch certificate.Verdict(m.outcome) {
		case custody.VerdictDestroyed:
			t.Destroyed++
		case custody.VerdictUnverified:
			t.Unverified++
		case custody.VerdictDisputed:
			t.Disputed++
		case custody.VerdictIndeterminate:
			t.Indeterminate++
		case custody.VerdictUnfed:
			t.Unfed++
		}
	}
	root := leaf.Root(hashes)
	for _, s := range []struct {
		e     *certificate.Event
		tally leaf.Tally
		root  string
	}{{f.reconciled, f.sums.Tally, f.sums.OutcomesRoot}, {f.completed, f.outcome.Tally, f.outcome.OutcomesRoot}} {
		if s.tally != t {
			return "", at(s.e.Field+": /body/tally", "%+v, the outcomes are %+v", s.tally, t)
		}
		if s.root != root {
			return "", at(s.e.Field+": /body/outcomes_root", "the outcomes have root %s", root)
		}
	}
	return fmt.Sprintf("destroyed %d, unverified %d, disputed %d, indeterminate %d, unfed %d", t.Destroyed, t.Unverified, t.Disputed, t.Indeterminate, t.Unfed), nil
}

func (in *inspection) custodyReplay() (string, error) {
	if err := in.history.Replay(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d steps", len(in.history.Events)), nil
}
