package station_test

import (
	"context"
	"errors"

	"sexton/internal/fault"
	"sexton/station"
)

// step does the next thing the kiosk asks for. It says whether the batch is done.
func (w *world) step() (done bool, err error) {
	ctx := w.t.Context()
	v, err := w.st.Batch(ctx, batchNumber)
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == "usage.not-found" {
		s, err := w.session("zhang")
		if err != nil {
			return false, err
		}
		_, err = w.st.OpenBatch(ctx, station.OpenOptions{Session: s, List: w.list, Number: batchNumber})
		return false, err
	}
	if err != nil {
		return false, err
	}
	return v.Step == "done", w.next(ctx, v)
}

func (w *world) next(ctx context.Context, v station.BatchView) error {
	switch v.Step {
	case "count", "recount":
		return w.count(ctx, v)
	case "seal":
		_, err := w.st.Seal(ctx, v.ID, station.SealOptions{}, w.signer("zhang"))
		return err
	case "approve":
		_, err := w.st.Approve(ctx, v.ID, station.ApproveOptions{}, w.signer("wang"))
		return err
	case "team":
		s, err := w.session("zhang")
		if err != nil {
			return err
		}
		_, err = w.st.NameTeam(ctx, v.ID, station.TeamOptions{Session: s, Destroyer: "li", Attestor: "zhao"})
		return err
	case "authorise":
		return w.signNext(v, func(by station.Signer) error { _, err := w.st.Authorise(ctx, v.ID, by); return err })
	case "complete":
		return w.signNext(v, func(by station.Signer) error { _, err := w.st.Complete(ctx, v.ID, by); return err })
	case "release", "resume":
		return w.release(ctx, v)
	case "wait":
		w.eventually("the machine confirms", func() bool { return w.life.over() || must(w.st.Batch(ctx, v.ID)).Step != "wait" })
		return nil
	case "feed":
		_, err := w.st.Feed(ctx, v.ID, v.Next, w.hands)
		return err
	case "resolve":
		return w.resolve(ctx, v)
	case "reconcile":
		_, err := w.st.Reconcile(ctx, v.ID)
		return err
	case "certify":
		_, err := w.st.Certify(ctx, v.ID)
		return err
	}
	return nil
}

func (w *world) count(ctx context.Context, v station.BatchView) error {
	o := station.CountOptions{Round: 1, Explain: map[string]string{}}
	who := "admin"
	if v.Step == "recount" {
		o.Round, who = 2, "zhang"
	}
	var err error
	if o.Session, err = w.session(who); err != nil {
		return err
	}
	if o.Found = w.counted; o.Found == nil {
		page, err := w.st.Carriers(ctx, station.CarrierFilter{List: w.list})
		if err != nil {
			return err
		}
		for _, c := range page.Carriers {
			o.Found = append(o.Found, c.Number)
		}
	}
	_, err = w.st.Count(ctx, v.ID, o)
	return err
}

func (w *world) signNext(v station.BatchView, sign func(station.Signer) error) error {
	for _, x := range v.Waiting {
		if !x.Signed {
			return sign(w.signer(x.Person))
		}
	}
	return errors.New("nobody is waited for")
}

func (w *world) release(ctx context.Context, v station.BatchView) error {
	for _, id := range []string{"li", "zhao"} {
		if _, err := w.session(id); err != nil {
			return err
		}
	}
	release := w.st.Release
	if v.Step == "resume" {
		release = w.st.Resume
	}
	_, err := release(ctx, v.ID)
	return err
}

// resolve says of each indeterminate carrier what the hands know.
func (w *world) resolve(ctx context.Context, v station.BatchView) error {
	for _, c := range v.Open {
		if c.State != "indeterminate" {
			continue
		}
		o := station.ResolveOptions{Resolution: "held", Reason: "看过料斗（演练）"}
		w.mu.Lock()
		gone := w.gone[c.Carrier] > 0
		w.mu.Unlock()
		if gone {
			o.Resolution = "destroyed"
		}
		err := w.resolveBoth(ctx, c.Carrier, o)
		var f *fault.Fault
		if errors.As(err, &f) && f.Code == "custody.refused" && gone {
			o.Resolution = "lost" // the counters cannot prove it
			err = w.resolveBoth(ctx, c.Carrier, o)
		}
		return err
	}
	return nil
}

func (w *world) resolveBoth(ctx context.Context, carrier string, o station.ResolveOptions) error {
	for _, id := range []string{"li", "zhao"} {
		v, err := w.st.Resolve(ctx, carrier, o, w.signer(id))
		if f := fault.From(err); err != nil && f.Code == "token.same-person" {
			continue // his signature survived the crash
		}
		if err != nil {
			return err
		}
		if v.Done {
			return nil
		}
	}
	return nil
}

// finish goes on until the batch is done. It stops at the first error of a dead life.
func (w *world) finish() error {
	for range 200 {
		if w.st == nil {
			return errDead
		}
		done, err := w.step()
		if w.life.over() {
			return errDead
		}
		if err != nil {
			return err
		}
		if done {
			return nil
		}
	}
	return errors.New("the batch never ends")
}
