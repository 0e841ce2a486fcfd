package program

import (
	"errors"
	"fmt"
	"slices"

	fw "sexton/firmware-iface"
)

// ErrRecord means that the record was not taken at all: nothing happened and the echo did not change.
var ErrRecord = errors.New("record not taken")

// Take decides one decoded command record at uptime now (SPEC.md section 7, rules 3 to 8). A nil error means that the
// record was taken, now or before: its result is in the echo. Otherwise the error wraps ErrRecord.
func (m *Machine) Take(rec fw.CommandRecord, now uint64) error {
	switch {
	case !m.on:
		return fmt.Errorf("no supply: %w", ErrRecord)
	case rec.Command == fw.CommandNone || !rec.Command.Valid() || rec.Sequence == 0:
		return fmt.Errorf("no command or no sequence: %w", ErrRecord)
	case rec.BootID != m.boot:
		return fmt.Errorf("meant for start %08x, this is %08x: %w", rec.BootID, m.boot, ErrRecord)
	case rec.Sequence == m.last.Sequence && rec.Nonce == m.last.Nonce:
		return nil // a duplicate: answered, not carried out
	case rec.Sequence <= m.last.Sequence:
		return fmt.Errorf("sequence %d after %d: %w", rec.Sequence, m.last.Sequence, ErrRecord)
	}
	m.Expire(now)
	res, why := m.carryOut(rec, now)
	m.last, m.lastRes = rec, res
	m.slots[rec.Command] = slot{seq: rec.Sequence, nonce: rec.Nonce, result: res, reasons: why}
	return nil
}

func (m *Machine) carryOut(rec fw.CommandRecord, now uint64) (fw.Result, fw.Reasons) {
	switch {
	case rec.Command == fw.CommandWithdraw:
		return m.withdraw(rec)
	case now > rec.NotAfterMS:
		return fw.ResultLate, 0
	case rec.NotAfterMS-now > farthest:
		return fw.ResultBadWindow, 0
	case rec.Command == fw.CommandOffer:
		return m.offer(rec)
	}
	return m.release(rec, now)
}

// busy says that a job is stored or not yet finished.
func (m *Machine) busy() bool {
	return m.job.stored || m.phase != Standing || (m.job.released && !m.job.over)
}

func (m *Machine) offer(rec fw.CommandRecord) (fw.Result, fw.Reasons) {
	switch {
	case m.forbids() != 0:
		return fw.ResultNotReady, m.forbids()
	case m.busy():
		return fw.ResultWrongState, fw.ReasonsBusy
	case rec.Token == [16]byte{}:
		return fw.ResultWrongToken, 0
	case slices.Contains(m.used, rec.Token):
		return fw.ResultTokenUsed, 0
	case rec.Items == 0 || rec.Items > maxItems || !m.handles(rec.Material):
		return fw.ResultBadJob, 0
	}
	if len(m.used) == rememberToken {
		m.used = slices.Delete(m.used, 0, rememberToken/2)
	}
	m.used = append(m.used, rec.Token)
	m.job = job{token: rec.Token, items: rec.Items, stored: true}
	m.expired, m.asked, m.n.peakMA = false, 0, 0
	return fw.ResultAccepted, 0
}

// handles looks the category up in the claimed levels: P F O T H E.
func (m *Machine) handles(mat fw.Material) bool {
	switch mat {
	case fw.MaterialUnspecified, fw.MaterialMixed:
		return true
	case fw.MaterialPaper, fw.MaterialFilm, fw.MaterialOptical, fw.MaterialTape, fw.MaterialHardDisk, fw.MaterialFlash:
		return m.cfg.Identity.Levels>>(4*(mat-fw.MaterialPaper))&0xf != 0
	}
	return false
}

func (m *Machine) release(rec fw.CommandRecord, now uint64) (fw.Result, fw.Reasons) {
	switch {
	case rec.Token == [16]byte{} || rec.Token != m.job.token:
		return fw.ResultWrongToken, 0
	case !m.job.stored:
		return fw.ResultWrongState, 0
	case m.forbids() != 0:
		return fw.ResultNotReady, m.forbids()
	case rec.PermitUntilMS <= now || rec.PermitUntilMS-now > uint64(m.cfg.Identity.MaxWindowMS):
		return fw.ResultBadWindow, 0
	}
	m.job.stored, m.job.released, m.job.alive, m.job.until = false, true, true, rec.PermitUntilMS
	m.n.releases++
	m.table, m.hold = m.see.Table, false
	return fw.ResultAccepted, 0
}

func (m *Machine) withdraw(rec fw.CommandRecord) (fw.Result, fw.Reasons) {
	if rec.Token != [16]byte{} && rec.Token != m.job.token {
		return fw.ResultAccepted, 0 // not ours, or long gone: what was wanted holds
	}
	if m.job.stored {
		m.job = job{}
	}
	m.revoke()
	return fw.ResultAccepted, 0
}
