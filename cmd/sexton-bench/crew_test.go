package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/web/api"
)

// crew are the persons of the station during the crash tests: they look where the batch stands and do what is next.
type crew struct {
	t    *testing.T      // of the round
	ctx  context.Context // of the whole test: cards stay in their readers from round to round
	rig  *rig
	cast *cast
	rng  *rand.Rand

	seat     [2]*member        // whose card is in which reader
	sessions map[string]string // person -> session; lost at a kill
	took     map[string]time.Duration
	sweep    map[string]float64 // place in the golden sequence
	swept    int                // feeds killed so far
	round    *round
	released int64 // permissions on record in the batches of earlier rounds, given or perhaps given
}

// round is one list and its batch.
type round struct {
	number, sum string // of the batch; SHA-256 of the list
	source      []byte
	killed      map[string]bool
	hands       map[string]*carried // by carrier number
	signed      map[string]bool     // carrier and person -> the signature of a resolution was acknowledged
	recheck     map[string]bool     // the same, to be looked for after a restart
	unproven    map[string]bool     // the station refused "destroyed"
	receipts    map[int64]string    // ledger index -> leaf hash, acknowledged
	size        int64               // of the ledger, acknowledged
	fed         int                 // feeds that were answered
	restarts    int
	withdrawn   bool   // by hand
	leave       string // carrier whose case is left open until after the certificate
	again       bool   // a case was resolved after the certificate
	certs       [][]byte
	views       map[string]api.CarrierView // by number
}

// act is the next thing to do.
type act struct {
	kind    string // of the step
	key     string // of this act in this round
	carrier string
	do      func(*deed) error
}

// begin makes a new list: a few carriers of mixed kind of the training list, numbered anew.
func (c *crew) begin(t *testing.T, n int) {
	c.t = t
	if c.round != nil {
		c.released += c.onRecord()
	}
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "transfer-lists", "transfer-list-utf8.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rd := csv.NewReader(bytes.NewReader(b))
	rd.FieldsPerRecord = -1
	rows, err := rd.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(rows, func(r []string) bool { return r[0] == "序号" })
	number, kind, returned := slices.Index(rows[head], "载体编号"), slices.Index(rows[head], "载体类别"), slices.Index(rows[head], "须清退")
	pieces, document := slices.Index(rows[head], "份数或数量"), slices.Index(rows[head], "文号")
	byKind := map[string][][]string{}
	for _, r := range rows[head+1:] {
		if r[returned] == "否" && r[kind] != "" {
			byKind[r[kind]] = append(byKind[r[kind]], r)
		}
	}
	paper := byKind["纸介质"]
	c.rng.Shuffle(len(paper), func(i, j int) { paper[i], paper[j] = paper[j], paper[i] })
	take := [][]string{paper[0], paper[1], one(c.rng, byKind["光盘"]), byKind["U盘"][0], byKind[one(c.rng, []string{"固态硬盘", "机械硬盘", "移动硬盘", "磁带"})][0]}
	c.rng.Shuffle(len(take), func(i, j int) { take[i], take[j] = take[j], take[i] })
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for _, r := range rows[:head+1] {
		for i := range r {
			r[i] = strings.Replace(r[i], "〔2026〕3号", fmt.Sprintf("〔2026〕崩%d号", n), 1)
		}
		_ = w.Write(r)
	}
	for i, r := range take {
		r = slices.Clone(r)
		r[0], r[number] = fmt.Sprint(i+1), fmt.Sprintf("%s-%d-%d", r[number], n, i+1)
		if of, ok := strings.CutSuffix(r[document], "号"); ok { // a document of this round's own: no copy of it came before
			r[document] = fmt.Sprintf("%s%03d号", of, n)
		}
		if r[kind] == "光盘" {
			r[pieces] = "3张" // a kill can come when one is cut and one is not
		}
		_ = w.Write(r)
	}
	w.Flush()
	c.round = &round{number: fmt.Sprintf("销单2026-崩%03d", n), source: out.Bytes(), killed: map[string]bool{}, hands: map[string]*carried{}, signed: map[string]bool{},
		recheck: map[string]bool{}, unproven: map[string]bool{}, receipts: map[int64]string{}, views: map[string]api.CarrierView{}}
	sum := sha256.Sum256(out.Bytes())
	c.round.sum = hex.EncodeToString(sum[:])
}

func one[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }

// ask carries out an operation and keeps its receipt.
func ask[T any](c *crew, op string, req any) (T, error) {
	v, err := api.Call[T](c.ctx, c.rig.client, op, req)
	if err == nil {
		c.keep(v)
	}
	return v, err
}

func asked[T any](c *crew, op string, req any) error {
	_, err := ask[T](c, op, req)
	return err
}

// keep remembers what was acknowledged.
func (c *crew) keep(v any) {
	note := func(index int64, hash string) {
		if hash != "" {
			c.round.receipts[index] = hash
			c.round.size = max(c.round.size, index+1)
		}
	}
	switch v := v.(type) {
	case api.SignedView:
		note(v.Index, v.Leaf)
	case api.OutcomeView:
		note(v.Index, v.Leaf)
	case api.ReconcileView:
		note(v.Index, v.Leaf)
	case api.CertificateView:
		note(v.Index, v.Leaf)
	case api.BatchView:
		for _, h := range v.History {
			note(h.Index, h.Hash)
		}
	}
}

// batch is the batch of the round as the station shows it; false when there is none.
func (c *crew) batch() (api.BatchView, bool) {
	c.t.Helper()
	for _, b := range call[[]api.BatchView](c, "batch/list", api.None{}) {
		if b.Number == c.round.number {
			b = call[api.BatchView](c, "batch/show", api.ByID{ID: b.ID})
			c.keep(b)
			return b, true
		}
	}
	return api.BatchView{}, false
}

// next looks where the round stands and says what is to be done; false when it is at its end.
func (c *crew) next() (act, bool) {
	c.t.Helper()
	r, clerk := c.round, c.cast.clerk
	lists := call[[]api.ListView](c, "list/list", api.None{})
	i := slices.IndexFunc(lists, func(l api.ListView) bool { return l.SHA256 == r.sum })
	if i < 0 {
		return c.as("import", clerk, func(s string, _ api.Signer) error {
			v, err := ask[api.ImportView](c, "list/import", api.ImportRequest{Source: r.source, Session: s})
			if len(v.Bad) > 0 {
				err = fmt.Errorf("%w: %+v", err, v.Bad)
			}
			return err
		})
	}
	if lists[i].Counted != lists[i].Rows {
		return c.as("count in", clerk, func(s string, _ api.Signer) error {
			return asked[api.ListView](c, "list/count", api.ListCountRequest{List: lists[i].ID, Session: s, Found: lists[i].Rows})
		})
	}
	if lists[i].Series == "" {
		return c.as("number", clerk, func(s string, _ api.Signer) error {
			return asked[api.ListView](c, "list/number", api.ListNumberRequest{List: lists[i].ID, Session: s})
		})
	}
	if !lists[i].Received {
		return c.as("receive", clerk, func(_ string, by api.Signer) error {
			return asked[api.SignedView](c, "list/receive", api.SignRequest{ID: lists[i].ID, By: by})
		})
	}
	b, ok := c.batch()
	if !ok {
		return c.as("open", clerk, func(s string, _ api.Signer) error {
			return asked[api.BatchView](c, "batch/open", api.OpenRequest{Session: s, List: lists[i].ID, Number: r.number})
		})
	}
	if a, ok := c.paper(b); ok {
		return a, true
	}
	return c.machine(b)
}

// paper is the half of the run without the machine.
func (c *crew) paper(b api.BatchView) (act, bool) {
	clerk, d := c.cast.clerk, c.cast.destroyer
	switch b.Step {
	case "count", "recount":
		who, n := clerk, 1
		if b.Step == "recount" {
			who, n = d, 2
		}
		var found []string
		for _, x := range call[api.CarrierPage](c, "carrier/list", api.FilterRequest{List: b.List, Limit: 1000}).Carriers {
			found = append(found, x.Number)
		}
		return c.as(b.Step, who, func(s string, _ api.Signer) error {
			return asked[api.BatchView](c, "batch/count", api.CountRequest{Batch: b.ID, Session: s, Round: n, Found: found})
		})
	case "seal":
		return c.as("seal", clerk, func(_ string, by api.Signer) error {
			return asked[api.SignedView](c, "batch/seal", api.SealRequest{Batch: b.ID, By: by})
		})
	case "approve":
		return c.as("approve", c.cast.leader, func(_ string, by api.Signer) error {
			return asked[api.SignedView](c, "batch/approve", api.ApproveRequest{Batch: b.ID, By: by})
		})
	case "team":
		return c.as("team", d, func(s string, _ api.Signer) error {
			return asked[api.BatchView](c, "batch/team", api.TeamRequest{Batch: b.ID, Session: s, Destroyer: d.id, Attestor: c.cast.attestor.id})
		})
	case "authorise", "complete":
		i := slices.IndexFunc(b.Waiting, func(w api.Waiting) bool { return !w.Signed })
		who := []*member{d, c.cast.attestor}[i]
		a, ok := c.as(b.Step, who, func(_ string, by api.Signer) error {
			return asked[api.SignedView](c, "batch/"+b.Step, api.SignRequest{ID: b.ID, By: by})
		})
		if a.kind != "login" {
			a.key += " " + who.id
		}
		return a, ok
	}
	return act{}, false
}

// machine is the half of the run with the machine, and what comes after the certificate.
func (c *crew) machine(b api.BatchView) (act, bool) {
	r := c.round
	simple := func(kind, op string) act {
		return act{kind: kind, key: kind, do: func(*deed) error { return asked[api.BatchView](c, op, api.ByID{ID: b.ID}) }}
	}
	switch b.Step {
	case "release":
		return c.team(simple("release", "batch/release"))
	case "resume":
		return c.team(simple("resume", "batch/resume"))
	case "feed":
		if r.fed == 1 && !r.withdrawn { // once a batch somebody takes the permission back by hand
			return act{kind: "withdraw", key: "withdraw", do: func(*deed) error {
				r.withdrawn = true
				return asked[api.BatchView](c, "batch/withdraw", api.WithdrawRequest{Batch: b.ID, Cause: "operator"})
			}}, true
		}
		r.views[b.Next] = call[api.CarrierView](c, "carrier/show", api.ByID{ID: b.Next})
		return c.team(act{kind: "feed", key: "feed " + b.Next, carrier: b.Next, do: func(d *deed) error { return d.feed(b.ID, b.Next) }})
	case "resolve":
		if b.Next == "" && len(b.Open) == 1 && b.State != "completed" {
			r.leave = b.Open[0].Carrier // this case stays open, and in sight, until after the certificate
			return c.reconcile(b), true
		}
		return c.resolve(b.Open)
	case "reconcile":
		return c.reconcile(b), true
	case "certify":
		return act{kind: "certify", key: "certify", do: func(*deed) error { return c.certify(b) }}, true
	case "done":
		if len(b.Open) > 0 {
			r.again = true
			return c.resolve(b.Open)
		}
		if r.again || len(r.certs) == 0 {
			return act{kind: "certify", key: "certify again", do: func(*deed) error { return c.certify(b) }}, true
		}
	default:
		c.t.Fatalf("the batch waits for %q, which nobody knows", b.Step)
	}
	return act{}, false
}

func (c *crew) reconcile(b api.BatchView) act {
	return act{kind: "reconcile", key: "reconcile", do: func(*deed) error {
		return asked[api.ReconcileView](c, "batch/reconcile", api.ByID{ID: b.ID})
	}}
}

func (c *crew) certify(b api.BatchView) error {
	v, err := ask[api.CertificateView](c, "cert/issue", api.ByID{ID: b.ID})
	if err == nil {
		c.round.certs, c.round.again = append(c.round.certs, v.Bundle), false
	}
	return err
}

// resolve has the next of the two sign what became of the first open case. They say what is true: found whole, or cut; and when the
// machine's evidence does not prove the cut, lost.
func (c *crew) resolve(open []api.OpenCase) (act, bool) {
	r, o := c.round, open[0]
	who := c.cast.destroyer
	if r.signed[o.Carrier+who.id] {
		who = c.cast.attestor
	}
	return c.team(act{kind: "resolve", key: "resolve " + who.id, do: func(*deed) error {
		word := c.truth(o.Carrier)
		if first := o.Carrier + c.cast.destroyer.id; who == c.cast.attestor && r.recheck[first] {
			delete(r.recheck, first)
			req := api.ResolveRequest{Carrier: o.Carrier, Resolution: word, Reason: "崩溃演练：" + word, By: c.signer(c.cast.destroyer)}
			if _, err := api.Call[api.SignedView](c.ctx, c.rig.client, "carrier/resolve", req); !isFault(err, "token.same-person") && !unreachable(err) {
				c.t.Errorf("an acknowledged first signature is gone after a restart: signing again gave %v", err)
			}
		}
		v, err := ask[api.SignedView](c, "carrier/resolve", api.ResolveRequest{Carrier: o.Carrier, Resolution: word, Reason: "崩溃演练：" + word, By: c.signer(who)})
		switch {
		case isFault(err, "token.same-person"): // it survived the kill
			r.signed[o.Carrier+who.id] = true
			return nil
		case err != nil && word == "destroyed" && !unreachable(err):
			c.t.Logf("%s is cut, and the station does not take that as proven: %v", o.Carrier, err)
			r.unproven[o.Carrier] = true
			return nil
		case err == nil:
			r.signed[o.Carrier+who.id], r.recheck[o.Carrier+who.id] = true, true
			if want := who == c.cast.attestor; v.Done != want {
				c.t.Errorf("the resolution of %s signed by %s: done %t", o.Carrier, who.id, v.Done)
			}
			if v.Done {
				c.t.Logf("%s is resolved: %s", o.Carrier, word)
			}
		}
		return err
	}})
}
