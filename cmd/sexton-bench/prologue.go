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

// tellPrologue brings up the bureau's station, tells its year and ends it.
func tellPrologue(ctx context.Context, o prologueOptions, out io.Writer) error {
	dir, err := os.MkdirTemp("", "sexton-year-")
	if err != nil {
		return fmt.Errorf("cannot make bench directory: %w", err)
	}
	defer os.RemoveAll(dir)
	p, err := newPrologue(ctx, o, dir, out)
	if err != nil {
		return err
	}
	defer p.rig.close()
	if err := p.tell(ctx); err != nil {
		if p.rig.daemon != nil {
			err = fmt.Errorf("%w\n--- log of the daemon ---\n%s", err, p.rig.daemon.tail())
		}
		return err
	}
	return nil
}

// newPrologue reads the year ahead and brings up what its station needs; the
// caller closes the rig.
func newPrologue(ctx context.Context, o prologueOptions, dir string, out io.Writer) (*prologue, error) {
	life, err := year.New(year.Config{Carriers: o.carriers, Seed: o.seed})
	if err != nil {
		return nil, err
	}
	plot, err := newPlot(life)
	if err != nil {
		return nil, err
	}
	from := plot.events[0].At.Add(-time.Hour)
	r, err := newRig(ctx, dir, o.bin, rigOptions{plan: shredder.Plan{Version: 1}, pace: o.pace, readers: (len(plot.cards) + 1) / 2 * 2, origin: "bureau-1", from: from})
	if err != nil {
		return nil, err
	}
	p := &prologue{teller: teller{out: out, rig: r, part: [2]string{"序·", "prologue "}, dir: r.path("desk")}, o: o, life: life, plot: plot, forms: map[string]int{}}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		r.close()
		return nil, fmt.Errorf("cannot make the desk: %w", err)
	}
	if p.office, err = newOffice(r, life.World(), plot.cards, from); err != nil {
		r.close()
		return nil, err
	}
	p.b = newBureau(r, p.office, life, plot)
	p.b.scene = p.stage()
	return p, nil
}

func (p *prologue) tell(ctx context.Context) error {
	fmt.Fprintf(p.out, "\n序幕：一个单位的一年，%d 件涉密载体从收到到处置\nPrologue: a year in a bureau's life, %d carriers from arrival to disposal\n", p.o.carriers, p.o.carriers)
	p.say("另设一个虚拟站点；它的时钟由演练台拨动，每条记录都写明 bench", "on a virtual station of its own, whose clock the bench sets: every record says so")
	for _, chapter := range []func(context.Context) error{p.people, p.b.run, p.balance, p.report} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// people enrols the office and puts it on post: one of each is shown.
func (p *prologue) people(ctx context.Context) error {
	p.begin("人员、部门、场所", "people, departments, places")
	if _, err := p.rig.initStation(ctx); err != nil {
		return err
	}
	if err := p.office.insertAll(ctx); err != nil {
		return err
	}
	admin, profile := p.office.people[p.plot.officer], filepath.Base(p.o.profile)
	if err := p.run(ctx, 0, admin.pin+"\n", enrolArgs(&admin.member, p.rig.pcsc.Readers[admin.reader])...); err != nil {
		return err
	}
	if err := p.office.login(ctx, admin); err != nil {
		return err
	}
	rest := len(p.office.order) - 1
	p.say(fmt.Sprintf("其余 %d 人同样登记，各人的卡插在各自的读卡器里", rest), fmt.Sprintf("%d others are enrolled the same way, each with his card in a reader of his own", rest))
	if err := p.office.enrolRest(ctx, admin); err != nil {
		return err
	}
	text, err := os.ReadFile(p.o.profile)
	if err != nil {
		return fmt.Errorf("cannot read the policy profile: %w", err)
	}
	if err := p.desk(profile, text); err != nil {
		return err
	}
	if err := p.sign(ctx, 0, &admin.member, "policy", "adopt", profile); err != nil {
		return err
	}
	if err := p.sign(ctx, 0, &admin.member, "shredder", "enrol", "M-01", "--approval", "演检-2026-007", "--level", "P=7,O=6,T=6,H=5,E=6"); err != nil {
		return err
	}
	if err := p.departments(ctx, admin); err != nil {
		return err
	}
	if err := p.posts(ctx); err != nil {
		return err
	}
	return p.places(ctx, admin)
}

func (p *prologue) departments(ctx context.Context, admin *official) error {
	for i, name := range p.life.World().Departments {
		if i == 0 {
			if err := p.by(ctx, 0, p.plot.officer, "", "department", "enter", departmentID(i), "--name", name, "--highest", "绝密"); err != nil {
				return err
			}
			continue
		}
		if _, err := quietly[api.DepartmentView](ctx, p.rig, "department/enter", api.DepartmentRequest{Session: admin.session, Department: departmentID(i), Name: name, Highest: "top-secret"}); err != nil {
			return err
		}
	}
	return nil
}

// posts puts everybody on his post; each pledges with his own card.
func (p *prologue) posts(ctx context.Context) error {
	clerk := p.office.people[p.plot.clerk]
	if err := p.by(ctx, 0, p.plot.officer, "", "person", "post", clerk.id, "--department", departmentID(clerk.department), "--title", "机要员", "--grade", clerk.grade,
		"--clearance", "绝密", "--trained-till", clerk.trained); err != nil {
		return err
	}
	p.say("本人用自己的卡签承诺书", "he signs the undertaking with his own card")
	if err := p.signs(ctx, 0, p.plot.clerk, "person", "pledge"); err != nil {
		return err
	}
	for _, m := range p.office.order {
		if m == clerk {
			continue
		}
		if err := p.b.post(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// places enters cabinets and rooms.
func (p *prologue) places(ctx context.Context, admin *official) error {
	enter := func(r api.PlaceRequest) error {
		r.Session = admin.session
		_, err := quietly[api.PlaceView](ctx, p.rig, "place/enter", r)
		return err
	}
	for _, pl := range p.life.World().Places {
		r := api.PlaceRequest{Place: placeID(pl.ID), Department: departmentID(pl.Department), Use: pl.Use, Name: pl.Name, Highest: pl.Highest.String(), Keeper: p.b.id(pl.Keeper)}
		if r.Use == "room" {
			r.Use = "waiting-room"
		}
		if err := enter(r); err != nil {
			return err
		}
	}
	if err := enter(api.PlaceRequest{Place: topSecretCabinet, Department: departmentID(0), Use: "approved-cabinet", Name: "绝密文件保险柜", Highest: "top-secret", Keeper: p.b.id(p.plot.clerk)}); err != nil {
		return err
	}
	if err := p.run(ctx, 0, "", "place", "list"); err != nil {
		return err
	}
	return p.run(ctx, 0, "", "person", "posts")
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
