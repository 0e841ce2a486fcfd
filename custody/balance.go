package custody

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// DocumentBalance accounts for every copy of one document that this unit ever
// registered: Registered = the sum of Held + Open + the sum of Disposed.
type DocumentBalance struct {
	Document   string
	Made       int64                 // as far as is known; 0 = unknown
	Registered int64                 // copies found
	Held       map[Where]int64       // answered for by a keeper; Nowhere: entered, not yet signed for
	Open       int64                 // missing, in transit, in the machine, or with an outcome that is not settled
	Disposed   map[Disposition]int64 // final
	Spoiled    int64                 // of Registered
	Balanced   bool                  // every copy is held or disposed of, and no edge is broken
	Edges      []Edge                // broken ones first, then open ones, each by carrier
}

// Edge is a link in the life of a document's copies that does not close.
type Edge struct {
	Carrier string // "" = the document as a whole
	What    EdgeKind
	Broken  bool      // the register contradicts itself; otherwise something is still to come
	Since   time.Time // zero = not known
	Detail  string    // for the log; not for the screen
}

// EdgeKind says what is lacking.
type EdgeKind string

// Open edges: something is still to come.
const (
	EdgeUnsigned  EdgeKind = "unsigned"   // registered, and nobody signed for it yet
	EdgeOffered   EdgeKind = "offered"    // handed out; the other end has not signed
	EdgeInTransit EdgeKind = "in-transit" // sent; the receipt is due
	EdgeMissing   EdgeKind = "missing"    // to be found or written off
	EdgeReleased  EdgeKind = "released"   // in the machine; its outcome is due
	EdgeOpenCase  EdgeKind = "open-case"  // unverified, disputed or indeterminate
	EdgeConsigned EdgeKind = "consigned"  // the destruction body's certificate is due
)

// Broken edges: no lawful history has one, so a register that shows one was
// tampered with or is wrong.
const (
	EdgeForeign    EdgeKind = "foreign"    // not a copy of this document, or given twice
	EdgeUnkept     EdgeKind = "unkept"     // held, and nobody keeps it or it is nowhere
	EdgeKept       EdgeKind = "kept"       // disposed of, and somebody keeps it
	EdgeMark       EdgeKind = "mark"       // held, without the mark of the document, and no change of it is under way
	EdgeCount      EdgeKind = "count"      // the document counts another number of copies
	EdgeUnentered  EdgeKind = "unentered"  // an own document: copies were made and not registered
	EdgeOverPrints EdgeKind = "over-print" // more copies registered than were made
)

// Balance accounts for a document. Who asks gives all carriers of the document.
func Balance(doc Document, carriers []Carrier) DocumentBalance {
	b := DocumentBalance{Document: doc.ID, Made: doc.Made, Held: map[Where]int64{}, Disposed: map[Disposition]int64{}}
	seen := make(map[string]bool, len(carriers))
	for _, c := range carriers {
		if c.Document != doc.ID || seen[c.ID] || c.State == Unknown {
			b.breaks(c, EdgeForeign, "document %q, %s, given before: %t", c.Document, c.State, seen[c.ID])
			continue
		}
		seen[c.ID] = true
		b.Registered++
		if c.Spoiled {
			b.Spoiled++
		}
		b.account(doc, c)
	}
	switch {
	case b.Registered != doc.Registered:
		b.breaks(Carrier{}, EdgeCount, "%d copies, the document counts %d", b.Registered, doc.Registered)
	case doc.Made > 0 && b.Registered > doc.Made:
		b.breaks(Carrier{}, EdgeOverPrints, "%d registered, %d made", b.Registered, doc.Made)
	case doc.Own && b.Registered < doc.Made:
		b.breaks(Carrier{}, EdgeUnentered, "%d registered, %d made", b.Registered, doc.Made)
	}
	slices.SortStableFunc(b.Edges, func(x, y Edge) int {
		if x.Broken != y.Broken {
			if x.Broken {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.Carrier, y.Carrier), cmp.Compare(x.What, y.What))
	})
	b.Balanced = b.Open == 0 && !slices.ContainsFunc(b.Edges, func(e Edge) bool { return e.Broken })
	return b
}

// openStates are states in which a copy is neither held nor disposed of.
var openStates = map[State]EdgeKind{Missing: EdgeMissing, Released: EdgeReleased, Unverified: EdgeOpenCase, Disputed: EdgeOpenCase, Indeterminate: EdgeOpenCase}

// account puts one copy where it belongs.
func (b *DocumentBalance) account(doc Document, c Carrier) {
	if d := c.State.Disposition(); d != DispositionNone {
		b.Disposed[d]++
		if c.Where != Nowhere || c.Keeper != "" || c.With != "" || c.Movement != "" {
			b.breaks(c, EdgeKept, "%s, and %s, kept by %q", c.State, c.Where, c.Keeper)
		}
		if c.State == Consigned {
			b.waits(c, EdgeConsigned)
		}
		return
	}
	if what, open := openStates[c.State]; open {
		b.Open++
		b.waits(c, what)
		return
	}
	if doc.Change == "" && (c.Level != doc.Classification || c.Term != doc.Period) {
		b.breaks(c, EdgeMark, "bears %s %q, the document %s %q", c.Level, c.Term, doc.Classification, doc.Period)
	}
	if c.Where == InTransit {
		b.Open++
		b.waits(c, EdgeInTransit)
		return
	}
	b.Held[c.Where]++
	switch {
	case c.State == Registered:
		b.waits(c, EdgeUnsigned)
	case c.Where == Nowhere || c.Keeper == "":
		b.breaks(c, EdgeUnkept, "%s, %s, kept by %q", c.State, c.Where, c.Keeper)
	case c.Where == Offered:
		b.waits(c, EdgeOffered)
	}
}

func (b *DocumentBalance) waits(c Carrier, what EdgeKind) {
	b.Edges = append(b.Edges, Edge{Carrier: c.ID, What: what, Since: c.Since})
}

func (b *DocumentBalance) breaks(c Carrier, what EdgeKind, format string, args ...any) {
	b.Edges = append(b.Edges, Edge{Carrier: c.ID, What: what, Broken: true, Since: c.Since, Detail: fmt.Sprintf(format, args...)})
}
