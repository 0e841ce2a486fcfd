package index_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"sexton/custody"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// TestReplayIsTheRegister lets a station live through every kind of event and
// compares, bit for bit: what custody in memory says with what the tables say,
// and the tables with those of replays that write at other moments.
func TestReplayIsTheRegister(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			h := newHistory(t, seed)
			h.live(1500)
			h.liveUntil(func() bool {
				return h.remarked() && !slices.ContainsFunc(leaf.Kinds(), func(k leaf.Kind) bool { return h.done[k] == 0 })
			})
			h.compareWithMemory()
			h.compareWithReplay("in one transaction", func(int) bool { return false })
			r := rand.New(rand.NewPCG(seed, 2))
			h.compareWithReplay("in pieces", func(int) bool { return r.IntN(50) == 0 })
		})
	}
}

func (h *history) compareWithMemory() {
	h.t.Helper()
	want := map[string]string{}
	keep := func(name string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			h.t.Fatal(err)
		}
		want[name] = string(b)
	}
	for _, c := range h.mem.Carriers() {
		keep("carrier "+c.ID, c)
	}
	for _, b := range h.mem.Batches() {
		keep("batch "+b.ID, b)
	}
	for _, kind := range []custody.ThingKind{custody.DocumentThing, custody.RequestThing, custody.MovementThing, custody.DepartmentThing, custody.PlaceThing, custody.FirmThing,
		custody.PostThing, custody.CampaignThing, custody.InspectionThing, custody.FindingThing, custody.IncidentThing, custody.ReceiptThing, custody.SeriesThing, custody.TiesThing,
		custody.USBKeyThing, custody.PortThing, custody.CanaryThing} {
		if len(h.mem.Things(kind)) == 0 {
			h.t.Errorf("no thing of kind %s", kind)
		}
		for _, x := range h.mem.Things(kind) {
			keep(string(kind)+" "+x.Ref().ID, x)
		}
	}
	for i, k := range h.mem.Knew() {
		keep(fmt.Sprint("knew ", i), k)
	}
	got := h.tables()
	for name, w := range want {
		if got[name] != w {
			h.t.Errorf("%s\n tables %s\n memory %s", name, got[name], w)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			h.t.Errorf("%s is in the tables only", name)
		}
	}
}

// tables says everything custody says, as the tables keep it.
func (h *history) tables() map[string]string {
	h.t.Helper()
	got := map[string]string{}
	ctx := h.t.Context()
	for after := ""; ; {
		found, err := h.r.Search(ctx, index.Search{Order: index.ByTitle, Limit: 100, After: after})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, x := range found.Hits {
			b, err := json.Marshal(x.Carrier.Carrier)
			if err != nil {
				h.t.Fatal(err)
			}
			got["carrier "+x.ID] = string(b)
		}
		if after = found.Next; after == "" {
			break
		}
	}
	h.each(`SELECT 'batch ' || id, data FROM ix_batch UNION ALL SELECT kind || ' ' || id, data FROM ix_thing`, got)
	lines := []custody.Knew{}
	for _, p := range []string{"zhou", "wu", "li", "zhao", "zheng"} {
		of, err := h.r.Knew(ctx, "", "", p, index.Page{Limit: index.MaxPage})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, k := range of {
			lines = append(lines, k.Knew)
		}
	}
	for i, k := range h.mem.Knew() {
		if slices.Contains(lines, k) && len(lines) == len(h.mem.Knew()) {
			b, err := json.Marshal(k)
			if err != nil {
				h.t.Fatal(err)
			}
			got[fmt.Sprint("knew ", i)] = string(b)
		}
	}
	return got
}

func (h *history) each(query string, into map[string]string) {
	rows, err := h.db.Query(query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, data string
		if err := rows.Scan(&name, &data); err != nil {
			h.t.Fatal(err)
		}
		into[name] = data
	}
}

// compareWithReplay enters all leaves into empty tables, in one transaction that
// is settled when settles says so and at the end.
func (h *history) compareWithReplay(how string, settles func(int) bool) {
	h.t.Helper()
	db, px := openDB(h.t), index.New()
	tx, err := db.Begin()
	if err != nil {
		h.t.Fatal(err)
	}
	enter(h, tx, px, settles)
	if err := tx.Commit(); err != nil {
		h.t.Fatal(err)
	}
	for _, table := range index.New().Tables() {
		a, b := dump(h.t, h.db, table), dump(h.t, db, table)
		if !reflect.DeepEqual(a, b) {
			h.t.Errorf("%s: %s of %d rows differs from that of a replay, of %d", how, table, len(a), len(b))
		}
		if len(a) == 0 {
			h.t.Errorf("%s is empty", table)
		}
	}
}

func enter(h *history, tx *sql.Tx, px *index.Projection, settles func(int) bool) {
	h.t.Helper()
	ctx := h.t.Context()
	for i, p := range h.taken {
		err := px.Apply(ctx, tx, int64(i), h.hashes[i], leaf.Envelope{}, p)
		if err == nil {
			err = px.ApplyOpenings(ctx, tx, int64(i), p, openingsOf(h.open[i]))
		}
		if err == nil && (settles(i) || i == len(h.taken)-1) {
			err = px.Settle(ctx, tx)
		}
		if err != nil {
			h.t.Fatalf("replay of leaf %d: %v", i, err)
		}
	}
}
