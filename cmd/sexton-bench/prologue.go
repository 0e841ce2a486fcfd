package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sexton/bench/shredder"
	"sexton/bench/year"
	"sexton/web/api"
)

// prologueOptions say which year is told.
type prologueOptions struct {
	carriers int
	seed     uint64
	bin      string
	profile  string
	pace     float64
}

// prologue is a year in a bureau's life, told before the main job on a station
// of its own: the year must pass in a minute, so its clock is the bench's.
type prologue struct {
	teller
	o      prologueOptions
	life   *year.Life
	plot   *plot
	office *office
	b      *bureau
	forms  map[string]int // last number of each series of forms

	thread                                string // what the open chapter is about
	shownSend, shownHand                  year.Ref
	shownOverdue, shownRead, refusedPlace bool
	copyForm, inspection, incident        string
}

func tellPrologue(ctx context.Context, o prologueOptions, out io.Writer) (err error) {
	life, err := year.New(year.Config{Carriers: o.carriers, Seed: o.seed})
	if err != nil {
		return err
	}
	plot, err := newPlot(life)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sexton-year-")
	if err != nil {
		return fmt.Errorf("cannot make bench directory: %w", err)
	}
	defer os.RemoveAll(dir)
	people := plot.cards
	from := plot.events[0].At.Add(-time.Hour)
	r, err := newRig(ctx, dir, o.bin, rigOptions{plan: shredder.Plan{Version: 1}, pace: o.pace, readers: (len(people) + 1) / 2 * 2, origin: "bureau-1", from: from})
	if err != nil {
		return err
	}
	defer r.close()
	p := &prologue{teller: teller{out: out, rig: r, part: [2]string{"序·", "prologue "}, dir: r.path("desk")}, o: o, life: life, plot: plot,
		forms: map[string]int{}}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("cannot make the desk: %w", err)
	}
	if p.office, err = newOffice(r, life.World(), people, from); err != nil {
		return err
	}
	p.b = newBureau(r, p.office, life, plot)
	p.b.scene = p.stage()
	if err := p.tell(ctx); err != nil {
		if r.daemon != nil {
			err = fmt.Errorf("%w\n--- log of the daemon ---\n%s", err, r.daemon.tail())
		}
		return err
	}
	return nil
}

func (p *prologue) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{p.people, p.b.run, p.balance, p.report} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *prologue) people(ctx context.Context) error {
	p.begin("人员、部门、场所", "people, departments, places")
	if _, err := p.rig.initStation(ctx); err != nil {
		return err
	}
	if err := p.office.insertAll(ctx); err != nil {
		return err
	}
	admin := p.office.people[p.plot.officer]
	if err := p.run(ctx, 0, admin.pin+"\n", enrolArgs(&admin.member, p.rig.pcsc.Readers[admin.reader])...); err != nil {
		return err
	}
	if err := p.office.login(ctx, admin); err != nil {
		return err
	}
	if err := p.office.enrolRest(ctx, admin); err != nil {
		return err
	}
	profile, err := os.ReadFile(p.o.profile)
	if err != nil {
		return fmt.Errorf("cannot read the policy profile: %w", err)
	}
	if err := p.desk(filepath.Base(p.o.profile), profile); err != nil {
		return err
	}
	if err := p.sign(ctx, 0, &admin.member, "policy", "adopt", filepath.Base(p.o.profile)); err != nil {
		return err
	}
	if err := p.sign(ctx, 0, &admin.member, "shredder", "enrol", "M-01", "--approval", "演检-2026-007", "--level", "P=7,O=6,T=6,H=5,E=6"); err != nil {
		return err
	}
	return p.places(ctx, admin)
}

// places enters departments, cabinets and posts.
func (p *prologue) places(ctx context.Context, admin *official) error {
	w := p.life.World()
	for i, name := range w.Departments {
		if _, err := quietly[api.DepartmentView](ctx, p.rig, "department/enter", api.DepartmentRequest{Session: admin.session, Department: departmentID(i), Name: name, Highest: "top-secret"}); err != nil {
			return err
		}
	}
	for _, m := range p.office.order {
		if err := p.b.post(ctx, m); err != nil {
			return err
		}
	}
	uses := map[string]string{"room": "waiting-room"}
	for _, pl := range w.Places {
		use := pl.Use
		if u := uses[use]; u != "" {
			use = u
		}
		keeper := ""
		if m := p.office.people[pl.Keeper]; m != nil {
			keeper = m.id
		}
		if _, err := quietly[api.PlaceView](ctx, p.rig, "place/enter", api.PlaceRequest{Session: admin.session, Place: placeID(pl.ID), Department: departmentID(pl.Department), Use: use,
			Name: pl.Name, Highest: pl.Highest.String(), Keeper: keeper}); err != nil {
			return err
		}
	}
	_, err := quietly[api.PlaceView](ctx, p.rig, "place/enter", api.PlaceRequest{Session: admin.session, Place: topSecretCabinet, Department: departmentID(0), Use: "approved-cabinet",
		Name: "绝密文件保险柜", Highest: "top-secret", Keeper: p.b.id(p.plot.clerk)})
	return err
}

// stage tells a happening that has a scene.
func (p *prologue) stage() func(context.Context, year.Event) (bool, error) {
	scenes := p.scenes()
	return func(ctx context.Context, e year.Event) (bool, error) {
		for _, s := range scenes {
			if s.is(e) {
				return true, s.tell(ctx, e)
			}
		}
		return false, nil
	}
}
