package station

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/shredder"
	"sexton/token"
)

// machineState is the machine as last seen.
type machineState struct {
	identity shredder.Identity
	snapshot shredder.Snapshot
	err      error   // of the last poll, nil = data is there
	usedUp   *permit // the last one that the machine ended because everything announced was counted
}

// watchMachine keeps the last picture and notices when a permission ended by itself.
func (s *Station) watchMachine(ctx context.Context) {
	for ev, err := range s.deps.Machine.Watch(ctx) {
		s.mu.Lock()
		before := s.machine
		s.machine.err = err
		if err == nil {
			s.machine.snapshot = ev.Snapshot
			if ev.Identity.Serial != "" {
				s.machine.identity = ev.Identity
			}
		}
		p := s.active
		s.mu.Unlock()
		s.machineEvent(before, ev, err)
		if err == nil && p != nil {
			s.noticeEnd(p, ev.Snapshot)
		}
	}
}

// machineEvent tells listeners what changed.
func (s *Station) machineEvent(before machineState, ev shredder.Event, err error) {
	switch {
	case err != nil && before.err == nil:
		f := machineFault(err)
		s.hub.send(Event{Type: "machine", What: "lost", Zh: f.Zh, En: f.En, Code: f.Code})
	case err == nil && (before.err != nil || ev.Changes&(shredder.StateChanged|shredder.ReasonsChanged|shredder.First) != 0):
		st := ev.Snapshot.State.Name()
		zh, en := st.ZH, st.EN
		if r := ev.Snapshot.Reasons.Forbidding(); r != 0 {
			zh, en = zh+"："+r.ZH(), en+": "+r.String()
		}
		s.hub.send(Event{Type: "machine", What: ev.Snapshot.State.String(), Zh: zh, En: en})
	}
}

// The causes of a withdrawal that the machine began.
const (
	causeEnded   = "permission-ended"
	causeMachine = "machine: " // with the reasons
)

// usedUp says whether the machine has counted all objects that were announced to it, which ends its permission.
func (p *permit) usedUp(snap shredder.Snapshot) bool {
	return snap.BootID == p.boot && int64(snap.Feed)-int64(p.feed) >= p.items
}

// endedByUs says whether a picture without a permission is what the station expects: it took it back, or everything was counted.
func (p *permit) endedByUs(snap shredder.Snapshot) bool {
	if p.usedUp(snap) {
		return true
	}
	cause := p.why()
	return !p.live() && cause != causeEnded && cause != causeCode(causeMachine)
}

// noticeEnd withdraws what the machine has ended by itself. When it ended because everything announced was counted, the feed under way
// must have its outcome first: only carriers that are left then, because others took their place, make a withdrawal of it.
func (s *Station) noticeEnd(p *permit, snap shredder.Snapshot) {
	if !p.live() || !p.concerns(snap) || permission(snap, p.token) {
		return
	}
	if p.usedUp(snap) {
		s.noticeUsedUp(p)
		return
	}
	cause := causeEnded
	if r := snap.Reasons.Forbidding(); r != 0 {
		cause = causeMachine + r.String()
	}
	s.spawn(func(ctx context.Context) {
		s.revoke(p, cause)
		s.recordWithdrawal(ctx, p)
	})
}

// noticeUsedUp withdraws a used up permission, once for each, when carriers of its batch are unfed.
func (s *Station) noticeUsedUp(p *permit) {
	s.mu.Lock()
	again := s.machine.usedUp == p
	s.machine.usedUp = p
	s.mu.Unlock()
	if again {
		return
	}
	s.spawn(func(ctx context.Context) {
		if err := p.batch.own(ctx); err != nil {
			return
		}
		defer p.batch.release()
		if err := s.withdrawUsedUp(ctx, p); err != nil {
			s.log.ErrorContext(ctx, "cannot record the end of a permission", "error", err)
		}
	})
}

// withdrawUsedUp is noticeUsedUp for who owns the batch.
func (s *Station) withdrawUsedUp(ctx context.Context, p *permit) error {
	st := p.batch.run.State()
	if st.Grant == nil || st.Grant.Token != p.token {
		return nil
	}
	row, err := s.batchRow(ctx, st.Batch)
	if err != nil {
		return err
	}
	left, _, err := s.remaining(ctx, row)
	if err != nil || len(left) == 0 {
		return err
	}
	s.revoke(p, causeEnded)
	return s.recordOwned(ctx, p)
}

// watchDesk withdraws the permission as soon as a card of the team leaves its reader, and tells listeners of readers and cards.
func (s *Station) watchDesk(ctx context.Context) {
	for ev := range s.deps.Desk.Watch(ctx) {
		s.hub.send(Event{Type: "reader", Subject: ev.Reader, What: ev.Kind.String(), Zh: readerZh[ev.Kind] + " " + ev.Reader, En: ev.Kind.String() + " " + ev.Reader})
		gone := ev.Kind == token.CardRemoved || ev.Kind == token.ReaderRemoved || ev.Kind == token.DaemonLost
		s.mu.Lock()
		p := s.active
		s.mu.Unlock()
		if gone && p != nil && (ev.Kind == token.DaemonLost || p.reader(ev.Reader)) {
			s.spawn(func(ctx context.Context) {
				s.revoke(p, ev.Kind.String())
				s.recordWithdrawal(ctx, p)
			})
		}
	}
}

var readerZh = map[token.EventKind]string{token.ReaderAdded: "接入读卡器", token.ReaderRemoved: "读卡器断开", token.CardInserted: "插入卡",
	token.CardRemoved: "取出卡", token.DaemonLost: "智能卡服务中断", token.DaemonBack: "智能卡服务恢复"}

// connect identifies the machine and demands that it is the enrolled one.
func (s *Station) connect(ctx context.Context) (MachineRow, shredder.Identity, error) {
	row, ok, err := s.deps.Register.Machine(ctx)
	if err != nil {
		return MachineRow{}, shredder.Identity{}, err
	}
	if !ok {
		return MachineRow{}, shredder.Identity{}, fault.New("machine.identity", errors.New("no machine is enrolled"))
	}
	id, err := s.deps.Machine.Identify(ctx)
	if err != nil {
		return MachineRow{}, shredder.Identity{}, err
	}
	s.mu.Lock()
	s.machine.identity = id
	s.mu.Unlock()
	return row, id, enrolled(row, id)
}

// snapshot reads the machine within the time of one command.
func (s *Station) snapshot(ctx context.Context) (shredder.Snapshot, error) {
	ctx, stop := context.WithTimeout(ctx, s.cfg.CommandTimeout)
	defer stop()
	return s.deps.Machine.Snapshot(ctx)
}

// notReady says in both languages why the machine cannot work now, nil when it can.
func notReady(snap shredder.Snapshot) error {
	r := snap.Reasons.Forbidding()
	ready := snap.State == shredder.Ready || snap.State == shredder.Ended
	if r == 0 && ready {
		return nil
	}
	st := snap.State.Name()
	zh, en := st.ZH, st.EN
	if r != 0 {
		zh, en = r.ZH(), r.String()
	}
	return both(fault.New("machine.not-ready", nil, en), "设备未就绪：%s", zh)
}

// machineFault finds the code of an error of the machine.
func machineFault(err error) *fault.Fault {
	var refused *shredder.RefusedError
	switch {
	case errors.As(err, &refused):
		zh, en := refused.Result.Name().ZH, refused.Result.Name().EN
		if r := refused.Reasons.Forbidding(); r != 0 {
			zh, en = zh+"（"+r.ZH()+"）", en+" ("+r.String()+")"
		}
		return both(fault.New("machine.refused", err, en), "设备拒绝：%s", zh)
	case errors.Is(err, shredder.ErrIdentity):
		return fault.New("machine.identity", err)
	case errors.Is(err, shredder.ErrStale):
		return fault.New("machine.stale", err)
	case errors.Is(err, shredder.ErrContradiction):
		return fault.New("machine.contradiction", err)
	case errors.Is(err, shredder.ErrOutcome), errors.Is(err, shredder.ErrUnresolvable):
		return fault.New("machine.unknown", err)
	}
	return fault.New("machine.link", err)
}

// isMachine says whether err comes from the machine's contract.
func isMachine(err error) bool {
	var refused *shredder.RefusedError
	if errors.As(err, &refused) {
		return true
	}
	for _, e := range []error{shredder.ErrLink, shredder.ErrIdentity, shredder.ErrStale, shredder.ErrContradiction, shredder.ErrOutcome,
		shredder.ErrNothingOpen, shredder.ErrUnresolvable, shredder.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// staleAfter is how old the last picture of the watch may be before it counts as none.
const staleAfter = 2 * time.Second

// machineView shows the machine as last seen.
func (s *Station) machineView(ctx context.Context) (MachineView, error) {
	row, ok, err := s.deps.Register.Machine(ctx)
	if err != nil {
		return MachineView{}, err
	}
	s.mu.Lock()
	m := s.machine
	s.mu.Unlock()
	id, snap := m.identity, m.snapshot
	v := MachineView{Enrolled: ok, Machine: row.Machine.Machine, Manufacturer: id.Manufacturer, Model: id.Model, Serial: id.Serial,
		ProgramSum: id.ProgramSum, Authenticated: id.Authenticated(), State: snap.State.String(), StateZh: snap.State.Name().ZH,
		Reasons: []string{}, ReasonsZh: []string{}, Feed: int64(snap.Feed), EnergyJ: int64(snap.EnergyJ), MotorMA: int64(snap.MotorMA),
		Reverses: int64(snap.Reverses), Jams: int64(snap.Jams), InletMG: snap.InletMG, BinMG: snap.BinG * 1000,
		PermissionMS: snap.PermissionLeft.Milliseconds(), ReadAt: snap.ReadAt.UTC()}
	for _, n := range snap.Reasons.Names() {
		v.Reasons, v.ReasonsZh = append(v.Reasons, n.EN), append(v.ReasonsZh, n.ZH)
	}
	err = m.err
	switch {
	case err == nil && (snap.ReadAt.IsZero() || snap.Age(s.deps.Clock.Now()) > staleAfter):
		err = shredder.ErrStale
	case err == nil && !ok:
		err = fmt.Errorf("no machine is enrolled: %w", shredder.ErrIdentity)
	case err == nil:
		err = enrolled(row, id)
	}
	if err != nil {
		v.State, v.StateZh, v.Fault = shredder.StateUnknown.String(), shredder.StateUnknown.Name().ZH, machineCode(err)
	}
	v.Connected = err == nil
	return v, nil
}

func machineCode(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return machineFault(err).Code
}

// authenticated says whether the machine's evidence comes over an authenticated link of the enrolled machine.
func (s *Station) authenticated(row leaf.Machine) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return row.PeerSHA256 != "" && s.machine.identity.Peer == row.PeerSHA256
}
