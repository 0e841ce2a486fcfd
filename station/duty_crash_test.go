package station_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sexton/internal/fault"
	"sexton/station"
)

// deed is one thing people do: whether it is done already is read from the register.
type deed struct {
	name string
	done func(context.Context) (bool, error)
	do   func(context.Context) error
}

// deeds are a copying, a dispatch of what was copied, its receipt, and a release of the rest: each of the register's acts that writes more
// than one leaf.
func (w *world) deeds() []deed {
	const ask, copies, send, number, free = "发字1号", "复字1号", "发字2号", "某局〔2026〕1号", "密字1号"
	request := func(form string, o station.RequestOptions) []deed {
		is := func(states ...string) func(context.Context) (bool, error) {
			return func(ctx context.Context) (bool, error) {
				r, err := w.st.Request(ctx, form)
				if err != nil {
					return false, notFound(err)
				}
				for _, s := range states {
					if r.State == s {
						return true, nil
					}
				}
				return false, nil
			}
		}
		return []deed{
			{"apply " + form, is("open", "audited", "approved", "used"), func(ctx context.Context) error {
				s, err := w.session("zhang")
				if err != nil {
					return err
				}
				o.Session, o.Number, o.Reason = s, form, "工作需要（演练）"
				_, err = w.st.OpenRequest(ctx, o)
				return err
			}},
			{"audit " + form, is("audited", "approved", "used"), func(ctx context.Context) error {
				_, err := w.st.AuditRequest(ctx, form, station.DecisionOptions{}, w.signer("qian"))
				return err
			}},
			{"approve " + form, is("approved", "used"), func(ctx context.Context) error {
				_, err := w.st.ApproveRequest(ctx, form, station.DecisionOptions{Authority: "issuer", Opinion: "同意（演练）"}, w.signer("zhou"))
				return err
			}},
		}
	}
	moved := func(states ...string) func(context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			m, err := w.st.Movement(ctx, send)
			if err != nil {
				return false, notFound(err)
			}
			for _, s := range states {
				if m.State == s {
					return true, nil
				}
			}
			return false, nil
		}
	}
	all := request(copies, station.RequestOptions{Act: "copy", Carriers: []string{"YZ-001"}, Count: 2})
	all = append(all, deed{"copy", func(ctx context.Context) (bool, error) {
		d, err := w.st.Document(ctx, number)
		return len(d.Carriers) == 5, err
	}, func(ctx context.Context) error {
		_, err := w.st.MakeCopies(ctx, copies, station.CopyOptions{Made: 2}, w.signer("admin"))
		return err
	}})
	all = append(all, request(ask, station.RequestOptions{Act: "dispatch", Carriers: []string{"YZ-001-F01", "YZ-001-F02", "YZ-002"}})...)
	all = append(all, deed{"hand out", moved("opened", "accepted", "closed"), func(ctx context.Context) error {
		_, err := w.st.OpenMovement(ctx, station.MovementOptions{Act: "dispatch", Number: send, Carriers: []string{"YZ-001-F01", "YZ-001-F02", "YZ-002"}, Party: "某部（演练）",
			Outside: true, Channel: "confidential-courier", Escorts: []string{"zhou"}, Request: ask}, w.signer("admin"))
		return err
	}}, deed{"receipt", moved("closed"), func(ctx context.Context) error {
		_, err := w.st.AcceptMovement(ctx, send, station.MovementStepOptions{Receipt: "回执（演练）", Scan: []byte("scan")}, w.signer("sun"))
		return err
	}})
	all = append(all, request(free, station.RequestOptions{Act: "declassify", Document: number})...)
	return append(all, deed{"release", func(ctx context.Context) (bool, error) { d, err := w.st.Document(ctx, number); return d.Released, err }, func(ctx context.Context) error {
		_, err := w.st.Declassify(ctx, number, station.ClassifyOptions{Request: free, Basis: "到期（演练）"}, w.signer("zhou"))
		return err
	}})
}

func notFound(err error) error {
	if fault.From(err).Code == "usage.not-found" {
		return nil
	}
	return err
}

// carryOut does what is not done yet, in order, until all is; it ends with the life.
func (w *world) carryOut(all []deed) error {
	for _, d := range all {
		if w.st == nil {
			return errDead
		}
		done, err := d.done(w.t.Context())
		if err == nil && !done {
			err = d.do(w.t.Context())
		}
		switch {
		case w.life.over():
			return errDead
		case err != nil:
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return nil
}

// TestCrashRegister ends the process at every write of acts that need several leaves, before and after it took effect; people then go on
// with what the register says is not done. In the end each carrier has met its fate exactly once and the document balances.
func TestCrashRegister(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	base := w.life.count["write"]
	if err := w.carryOut(w.deeds()); err != nil {
		t.Fatal(err)
	}
	w.mustBalance()
	writes := w.life.count["write"] - base
	if writes < len(w.deeds()) {
		t.Fatalf("%d writes for %d deeds", writes, len(w.deeds()))
	}
	for n := 1; n <= writes; n++ {
		for _, done := range []bool{false, true} {
			if testing.Short() && n%4 != 0 {
				continue
			}
			c := cut{"write", n, done}
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.bureau(papers)
				w.life.plan = c.after(w.life.count["write"])
				if err := w.carryOut(w.deeds()); !errors.Is(err, errDead) {
					t.Fatalf("the process did not die: %v", err)
				}
				w.restart(nil)
				if err := w.carryOut(w.deeds()); err != nil {
					t.Fatalf("after the restart: %v", err)
				}
				w.mustBalance()
			})
		}
	}
}

// mustBalance compares the register with what people did.
func (w *world) mustBalance() {
	w.t.Helper()
	b, err := w.st.Balance(w.t.Context(), "某局〔2026〕1号")
	if err != nil {
		w.t.Fatal(err)
	}
	if !b.Balanced || b.Registered != 5 || b.Disposed["transferred"] != 3 || b.Disposed["declassified"] != 2 {
		w.t.Errorf("%+v", b)
	}
	for _, c := range b.Copies {
		fates := 0
		for _, h := range w.carrier(c.Number).History {
			switch h.Kind {
			case "carrier.transferred", "carrier.declassified":
				fates++
			}
		}
		if fates != 1 {
			w.t.Errorf("%s met its fate %d times", c.Number, fates)
		}
	}
	if p := must(w.st.Requests(w.t.Context(), station.RequestFilter{})); p.Total != 3 || p.Requests[0].State != "used" || p.Requests[1].Used != 3 {
		w.t.Errorf("%+v", p)
	}
	if runs := must(w.led.Runs(w.t.Context())); len(runs) != 0 {
		w.t.Errorf("%d runs are open", len(runs))
	}
}
