package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sexton/custody"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// history lets a station live: at each step somebody tries something that may
// be lawful, and what the register takes is played to custody in memory as well.
// That memory is also where the steps find what there is to do.
type history struct {
	*world
	mem  *custody.Memory
	rng  *rand.Rand
	id   int
	done map[leaf.Kind]int
	open []map[string]string // openings beside taken
}

func (h *history) newID() string { h.id++; return fakeID(4_000_000 + h.id) }

var staff = map[string][]leaf.Role{
	"wang":  {leaf.RoleAdmin, leaf.RoleReceiver, leaf.RoleCounter, leaf.RoleApplicant, leaf.RoleKeeper},
	"li":    {leaf.RoleRecounter, leaf.RoleAttestor, leaf.RoleCounter, leaf.RoleKeeper},
	"zhao":  {leaf.RoleDestroyer, leaf.RoleKeeper, leaf.RoleOperator},
	"chen":  {leaf.RoleApprover},
	"qian":  {leaf.RoleAuditor, leaf.RoleInspector},
	"sun":   {leaf.RoleClassifier, leaf.RoleSecrecy, leaf.RoleInspector},
	"zhou":  {leaf.RoleOperator},
	"wu":    {leaf.RoleOperator},
	"zheng": {leaf.RoleOperator},
}

var readers = []string{"zhou", "wu", "li", "zhao", "zheng"}

func newHistory(t testing.TB, seed uint64) *history {
	h := &history{world: newWorld(t), mem: &custody.Memory{}, rng: rand.New(rand.NewPCG(seed, 1)), done: map[leaf.Kind]int{}}
	h.try(h.payload(leaf.StationInitialised, &leaf.Initialised{Origin: station, Bench: true}, leaf.StationSubject+station), nil)
	admin := sign("wang", leaf.RoleAdmin)
	for _, p := range []string{"wang", "li", "zhao", "chen", "qian", "sun", "zhou", "wu", "zheng"} {
		h.do(h.payload(leaf.PersonEnrolled, &leaf.Enrolled{Person: p, Roles: staff[p], GUID: "guid-" + p, AuthKey: hash("9A of " + p), SignKey: hash("9C of " + p),
			Attestation: "unattested"}, leaf.PersonSubject+p, admin), map[string]string{"name": string(pick(h.rng, surnames)) + "某"})
	}
	h.do(h.payload(leaf.PolicyAdopted, &leaf.Adopted{Profile: "unit-training", Version: "1", SHA256: hash("profile")}, leaf.PolicySubject+"unit-training", admin), nil)
	h.do(h.payload(leaf.MachineEnrolled, &leaf.Machine{Machine: "m1", Serial: "SN1", SecurityLevel: map[string]int64{"P": 7, "E": 5}}, leaf.MachineSubject+"m1", admin), nil)
	for _, d := range []string{"d1", "d2"} {
		h.do(h.payload(leaf.DepartmentEntered, &leaf.Department{Department: d, Highest: "top-secret"}, leaf.DepartmentSubject+d, login("sun", leaf.RoleSecrecy)), map[string]string{"name": "办公室" + d})
	}
	h.do(h.payload(leaf.PersonPosted, &leaf.Posted{Person: "li", Department: "d1", Grade: "core", Clearance: "top-secret", TrainedTill: "2099-01-01", Since: "2026-01-01"},
		leaf.PersonSubject+"li", login("sun", leaf.RoleSecrecy)), nil)
	h.do(h.payload(leaf.PersonPledged, &leaf.Pledged{Person: "li", SHA256: hash("pledge")}, leaf.PersonSubject+"li", sign("li", leaf.RolePledging)), nil)
	list := h.newID() // enough to fill a run of grams
	h.do(h.payload(leaf.ListImported, &leaf.Imported{List: list, SourceSHA256: hash(list), Encoding: "utf-8", Rows: index.GramRun + 10}, leaf.ListSubject+list, login("wang", leaf.RoleReceiver)), nil)
	for row := range int64(index.GramRun + 10) {
		h.register(list, row+2)
	}
	return h
}

// try gives a leaf to the register, and what it takes to the memory.
func (h *history) try(p leaf.Payload, open map[string]string) (string, bool) {
	h.t.Helper()
	h.now = h.now.Add(time.Duration(h.rng.IntN(600)) * time.Second)
	p.At = h.now
	hash := hash(fmt.Sprint("leaf ", p.ID))
	if err := h.tryOpen(hash, p, open); err != nil {
		if keyOf(err) == "" {
			h.t.Fatalf("%s: %v", p.Kind, err)
		}
		return "", false
	}
	h.open = append(h.open, open)
	r, err := leaf.Record(hash, p)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Index = int64(len(h.taken) - 1)
	if _, err := h.mem.Play(r); err != nil {
		h.t.Fatalf("custody in memory refuses what the register took: %v", err)
	}
	h.done[p.Kind]++
	return hash, true
}

// do is try for what must be taken.
func (h *history) do(p leaf.Payload, open map[string]string) string {
	h.t.Helper()
	hash, ok := h.try(p, open)
	if !ok {
		h.t.Fatalf("%s by %v is refused", p.Kind, p.Actors)
	}
	return hash
}

// about adds carriers to the subjects.
func about(p leaf.Payload, carriers ...string) leaf.Payload {
	for _, c := range carriers {
		p.Subjects = append(p.Subjects, leaf.CarrierSubject+c)
	}
	return p
}

// some draws a thing of a kind that suits.
func some[T custody.Thing](h *history, kind custody.ThingKind, suits func(T) bool) (T, bool) {
	var fit []T
	for _, t := range h.mem.Things(kind) {
		if t, ok := t.(T); ok && suits(t) {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		var none T
		return none, false
	}
	return pick(h.rng, fit), true
}

// carriersThat draws up to n carriers that suit.
func (h *history) carriersThat(n int, suits func(custody.Carrier) bool) []custody.Carrier {
	fit := slices.DeleteFunc(h.mem.Carriers(), func(c custody.Carrier) bool { return !suits(c) })
	h.rng.Shuffle(len(fit), func(i, j int) { fit[i], fit[j] = fit[j], fit[i] })
	return fit[:min(len(fit), n)]
}

func idsOf(cs []custody.Carrier) (ids []string) {
	for _, c := range cs {
		ids = append(ids, c.ID)
	}
	return ids
}

func free(c custody.Carrier) bool {
	return (c.State == custody.Received || c.State == custody.Counted) && c.Where == custody.OnShelf && c.Index < 0 && c.Batch == ""
}

func (h *history) keeper(person string) leaf.Actor { return sign(person, leaf.RoleKeeper) }

func (h *history) officer() leaf.Actor { return sign("sun", leaf.RoleSecrecy) }

// live draws n steps.
func (h *history) live(n int) {
	steps := []func(){h.receipt, h.receipt, h.receipt, h.document, h.request, h.request, h.decide, h.decide, h.copies, h.copy, h.copy, h.circle, h.store,
		h.move, h.move, h.end, h.end, h.end, h.settle, h.settle, h.reclassify, h.campaign, h.propose, h.inspection, h.finding, h.incident, h.lose, h.office, h.post, h.session, h.report, h.media, h.destroy}
	for range n {
		pick(h.rng, steps)()
	}
}

// liveUntil lives on until something has happened.
func (h *history) liveUntil(happened func() bool) {
	h.t.Helper()
	for range 60 {
		if happened() {
			return
		}
		h.live(250)
	}
	h.t.Fatalf("it does not happen; happened: %v", h.done)
}

// remarked says that some carrier bears another mark than at its registration.
func (h *history) remarked() bool {
	return slices.ContainsFunc(h.mem.Carriers(), func(c custody.Carrier) bool { return c.Level != c.Classification })
}

// receipt brings a list one act further.
func (h *history) receipt() {
	r, ok := some(h, custody.ReceiptThing, func(r custody.Receipt) bool { return r.Receiver == "" })
	in := login("wang", leaf.RoleReceiver)
	switch {
	case !ok || h.rng.IntN(40) == 0:
		list := h.newID()
		h.do(h.payload(leaf.ListImported, &leaf.Imported{List: list, SourceSHA256: hash(list), Encoding: "utf-8", Rows: int64(1 + h.rng.IntN(20))}, leaf.ListSubject+list, in), map[string]string{"number": "移" + list[30:]})
	case r.Entered < r.Rows:
		for range r.Rows - r.Entered {
			h.register(r.List, int64(h.id))
		}
	case r.Counted < 0:
		h.do(h.payload(leaf.ListCounted, &leaf.ListCount{List: r.List, Count: r.Rows}, leaf.ListSubject+r.List, login("li", leaf.RoleCounter)), nil)
	case r.Series == "":
		last := int64(0)
		year := int64(h.now.Year())
		for _, t := range h.mem.Things(custody.SeriesThing) {
			if s := t.(custody.Series); s.Year == year {
				last = s.Last
			}
		}
		h.do(h.payload(leaf.ListNumbered, &leaf.ListNumbers{List: r.List, Series: "密收", Year: year, First: last + 1, Last: last + r.Rows}, leaf.ListSubject+r.List, login("wang", leaf.RoleKeeper)), nil)
	default:
		h.try(h.payload(leaf.ListReceived, &leaf.Received{List: r.List, Count: r.Rows}, leaf.ListSubject+r.List, sign("wang", leaf.RoleReceiver)), nil)
	}
}

func (h *history) register(list string, row int64) {
	id := h.newID()
	b := &leaf.Registered{Carrier: id, List: list, Row: row, Number: fmt.Sprintf("Z-%06d", h.id), CarrierKind: "paper", Medium: "paper",
		Classification: "confidential", Period: "10年", Extent: leaf.Extent{Value: 12, Unit: "page"}, Count: 1, MustReturn: h.rng.IntN(8) == 0}
	open := map[string]string{"title": "关于" + pick(h.rng, subjects) + "的通知", "document": fmt.Sprintf("某发〔2026〕%d号", h.id), "copy": fmt.Sprintf("%06d", row)}
	if d, ok := some(h, custody.DocumentThing, func(d custody.Document) bool {
		return !d.Released && (d.Made == 0 || d.Registered < d.Made)
	}); ok && h.rng.IntN(3) > 0 {
		b.DocumentID, b.Classification, b.Period = d.ID, d.Classification, d.Period
		delete(open, "title") // the document says it
	}
	if h.rng.IntN(5) == 0 {
		b.CarrierKind, b.Medium, b.Extent = "usb-key", "flash", leaf.Extent{}
		open["serial"] = fmt.Sprint("SN", h.id)
	}
	h.do(h.payload(leaf.CarrierRegistered, b, leaf.CarrierSubject+id, login("wang", leaf.RoleReceiver)), open)
}

func (h *history) document() {
	id := h.newID()
	own := h.rng.IntN(3) == 0
	made := int64(h.rng.IntN(2) * 200)
	if own {
		made = 0
	}
	h.do(h.payload(leaf.DocumentEntered, &leaf.Document{Document: id, Own: own, Classification: pick(h.rng, []string{"secret", "confidential", "internal"}), Period: "10年", Made: made},
		leaf.DocumentSubject+id, login("li", leaf.RoleKeeper)), map[string]string{"title": pick(h.rng, issuers) + pick(h.rng, subjects) + "方案", "number": fmt.Sprintf("某函[2026]%d号", h.id)})
}

// request applies for something.
func (h *history) request() {
	b := &leaf.Request{Request: h.newID(), Act: pick(h.rng, custody.RequestActs()), Count: int64(1 + h.rng.IntN(4)), NotAfter: h.now.AddDate(0, 0, 30).Format(timeText)}
	if h.rng.IntN(2) == 0 {
		b.Number = "申" + b.Request[30:]
	}
	var carriers []string
	if d, ok := some(h, custody.DocumentThing, func(d custody.Document) bool {
		return !d.Released && d.Own == (b.Act == custody.ActMake)
	}); ok && slices.Contains([]string{custody.ActMake, custody.ActWiden, custody.ActReclassify, custody.ActDeclassify}, b.Act) {
		b.Document, b.Persons, b.Classification, b.Period = d.ID, readers[:3], pick(h.rng, []string{"secret", "confidential"}), "5年"
	} else {
		carriers = idsOf(h.carriersThat(int(b.Count), free))
	}
	h.try(about(h.payload(leaf.RequestOpened, b, leaf.RequestSubject+b.Request, login("wang", leaf.RoleApplicant)), carriers...), map[string]string{"reason": "工作需要"})
}

// decide audits, approves, rejects or takes back a request.
func (h *history) decide() {
	q, ok := some(h, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestOpen || q.State == custody.RequestAudited
	})
	if !ok {
		return
	}
	b := &leaf.RequestStep{Request: q.ID, Opened: q.Opened}
	kind, who := leaf.RequestApproved, sign("chen", leaf.RoleApprover)
	switch h.rng.IntN(10) {
	case 0, 1, 2:
		kind, who = leaf.RequestAudited, sign("qian", leaf.RoleAuditor)
	case 3:
		kind = leaf.RequestRejected
	case 4:
		kind, who = leaf.RequestWithdrawn, login("wang", leaf.RoleApplicant)
	default:
		b.Authority = "own-leader"
	}
	h.try(h.payload(kind, b, leaf.RequestSubject+q.ID, who), nil)
}

// copies closes a making of copies.
func (h *history) copies() {
	q, ok := some(h, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestApproved && (q.Act == custody.ActCopy || q.Act == custody.ActMake)
	})
	if !ok {
		return
	}
	b := &leaf.Copies{Request: q.ID, Made: 1 + h.rng.Int64N(q.Count-q.Used)}
	if q.Act == custody.ActCopy && len(q.Carriers) > 0 {
		b.Parent = q.Carriers[0]
	}
	if b.Made > 1 {
		b.Made, b.Spoiled = b.Made-1, 1
	}
	p := h.payload(leaf.CopiesMade, b, leaf.RequestSubject+q.ID, sign("zhao", leaf.RoleOperator))
	if b.Parent != "" {
		p = about(p, b.Parent)
	}
	h.try(p, nil)
}

// copy registers one of the copies made.
func (h *history) copy() {
	q, ok := some(h, custody.RequestThing, func(q custody.Request) bool { return q.ToEnter+q.ToSpoiled > 0 })
	if !ok {
		return
	}
	id := h.newID()
	b := &leaf.Registered{Carrier: id, Row: 0, Number: fmt.Sprintf("F-%06d", h.id), CarrierKind: "paper", Medium: "paper", Count: 1, Request: q.ID, Spoiled: q.ToEnter == 0,
		Classification: "confidential", Period: "10年"}
	if q.Act == custody.ActCopy {
		parent, _, _ := h.mem.Carrier(q.Carriers[0])
		b.Parent, b.DocumentID, b.Classification, b.Period = parent.ID, parent.Document, parent.Level, parent.Term
	} else if d, ok := some(h, custody.DocumentThing, func(d custody.Document) bool { return d.ID == q.Document }); ok {
		b.DocumentID, b.Classification, b.Period = d.ID, d.Classification, d.Period
	}
	h.try(h.payload(leaf.CarrierRegistered, b, leaf.CarrierSubject+id, login("zhao", leaf.RoleKeeper)), map[string]string{"title": "复制件"})
}

func (h *history) circle() {
	d, ok := some(h, custody.DocumentThing, func(d custody.Document) bool { return !d.Released })
	if !ok {
		return
	}
	b := &leaf.Circle{Document: d.ID, Persons: readers[:2+h.rng.IntN(2)]}
	if q, ok := some(h, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestApproved && q.Act == custody.ActWiden && q.Document == d.ID
	}); ok {
		b.Request, b.Persons = q.ID, readers[:4]
	}
	h.try(h.payload(leaf.CircleApproved, b, leaf.DocumentSubject+d.ID, sign("chen", leaf.RoleApprover)), nil)
}

func (h *history) store() {
	p, ok := some(h, custody.PlaceThing, func(p custody.Place) bool { return !p.Closed })
	if !ok {
		return
	}
	cs := h.carriersThat(1+h.rng.IntN(12), free)
	h.try(about(h.payload(leaf.CarrierStored, &leaf.Stored{Place: p.ID}, leaf.PlaceSubject+p.ID, login("sun", leaf.RoleSecrecy)), idsOf(cs)...), nil)
}
