package year

// role is what a document has to do in the story of the year, beside what
// chance does: one of each, so that every stream shows every duty and every
// fault.
type role uint8

const (
	extra        role = iota
	topSecretOne      // one 绝密 at least, read in the reading room
	ownOne            // our own document; somebody wants to send it by post
	wrongKey          // a key with another serial number in its case
	recalledOne       // on the list for destruction when its issuer calls it back
	releasedOne       // declassified
	movedOne          // handed to the superior body; refused to somebody untrained
	regradedOne       // 机密 becomes 秘密
	copiedOne         // more copies wanted than approved; one spoiled
	debtOne           // on loan to somebody who wants to leave
	missingOne        // not on the shelf, found again after nine days
	overdueOne        // on loan and overdue to the end
	openOne           // handed over and never accepted
)

// cue says from when on a role is to be filled.
type cue struct {
	role  role
	after moment
}

var cues = []struct {
	role  role
	after string
}{
	{topSecretOne, "2026-01-04"}, {ownOne, "2026-01-12"}, {wrongKey, "2026-02-02"}, {recalledOne, "2026-02-02"}, {releasedOne, "2026-03-02"},
	{movedOne, "2026-03-02"}, {regradedOne, "2026-03-16"}, {copiedOne, "2026-04-01"}, {debtOne, "2026-07-01"}, {missingOne, "2026-07-01"},
	{overdueOne, "2026-09-01"}, {openOne, "2026-09-01"},
}

func newScript(c *calendar) []cue {
	out := make([]cue, len(cues))
	for i, q := range cues {
		out[i] = cue{q.role, c.on(q.after)}
	}
	return out
}

// cast gives a plan what its role needs; the rest stays as drawn.
func (p *plan) cast(n int) int {
	if p.unit == Own {
		p.unit = Superior
	}
	p.kind, p.class, p.what = Paper, Confidential, "通知"
	switch p.role {
	case topSecretOne:
		p.class = TopSecret
	case ownOne:
		p.unit = Own
	case wrongKey:
		p.kind = Key
	case regradedOne:
		p.class = Secret
		return 2
	}
	return 1
}

// fate is the one that a role must end with; NoFate leaves it to chance.
func (r role) fate() Fate {
	switch r {
	case wrongKey, copiedOne:
		return Destroyed
	case recalledOne:
		return Destroyed // until its issuer calls it back
	case releasedOne:
		return Declassified
	case movedOne:
		return Transferred
	case overdueOne, openOne:
		return Keep
	case topSecretOne:
		return Returned
	}
	return NoFate
}
