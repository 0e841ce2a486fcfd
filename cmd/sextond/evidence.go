package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"sexton/inspect"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/station"
	"sexton/web/api"
)

// evidence serves what the ledger offers to anybody at the socket.
type evidence struct {
	book    *ledger.Ledger
	config  Config
	keys    keys
	anchors []byte // PEM
}

// Proof implements web.Evidence.
func (e evidence) Proof(ctx context.Context, index int64) (api.ProofView, error) {
	b, err := e.book.Leaf(ctx, index)
	if errors.Is(err, ledger.ErrNotFound) {
		return api.ProofView{}, fault.New("usage.not-found", err, fmt.Sprintf("leaf %d", index))
	}
	if err != nil {
		return api.ProofView{}, fault.New("internal.unexpected", err)
	}
	p, err := e.book.TlogProof(ctx, index)
	if err != nil {
		return api.ProofView{}, fault.New("internal.unexpected", err)
	}
	return api.ProofView{Index: index, Leaf: json.RawMessage(b), Proof: string(p)}, nil
}

// Export implements web.Evidence.
func (e evidence) Export(ctx context.Context, dir string) (api.ExportView, error) {
	if err := e.book.Export(ctx, dir); err != nil {
		return api.ExportView{}, fault.New("disk.write", err, dir)
	}
	h := e.book.Head()
	return api.ExportView{Dir: dir, Size: h.Size, Root: h.Root}, nil
}

// Audit implements web.Evidence.
func (e evidence) Audit(ctx context.Context) (api.AuditView, error) {
	if _, err := e.book.Audit(ctx); err != nil {
		return api.AuditView{}, fault.New("ledger.contradiction", err, err.Error())
	}
	h := e.book.Head()
	return api.AuditView{Size: h.Size, Root: h.Root, Checkpoint: string(h.Note)}, nil
}

// Trust implements web.Evidence.
func (e evidence) Trust(ctx context.Context) (api.TrustView, error) {
	profiles, err := adopted(ctx, e.book)
	if err != nil {
		return api.TrustView{}, fault.New("internal.unexpected", err)
	}
	var anchors [][]byte
	for rest := e.anchors; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		anchors = append(anchors, block.Bytes)
	}
	return api.TrustView{Text: string(inspect.FormatTrust([]string{e.keys.logVKey}, anchors, profiles))}, nil
}

// adopted lists every policy version the ledger has adopted.
func adopted(ctx context.Context, book *ledger.Ledger) ([]inspect.Profile, error) {
	var all []inspect.Profile
	for i := range book.Head().Size {
		b, err := book.Leaf(ctx, i)
		if err != nil {
			return nil, err
		}
		_, p, err := leaf.Decode(b)
		if err != nil {
			return nil, err
		}
		if a, ok := p.Body.(*leaf.Adopted); ok {
			all = append(all, inspect.Profile{Name: a.Profile, Version: a.Version, SHA256: a.SHA256})
		}
	}
	return all, nil
}

// runInit makes keys and ledger. Neither is ever replaced.
func runInit(ctx context.Context, c Config, log *slog.Logger, out io.Writer) error {
	anchors, err := os.ReadFile(c.Cards.Anchors)
	if err != nil {
		return about(zhAnchors, fmt.Errorf("cannot read card anchors: %w", err))
	}
	if _, err := os.Stat(c.Ledger); !errors.Is(err, os.ErrNotExist) {
		return hardwareError{about("账本已存在，未作任何更改", fmt.Errorf("cannot create a ledger: %s is there already; a ledger is created once, and never on top of another", c.Ledger))}
	}
	clock, err := stationClock(c)
	if err != nil {
		return err
	}
	k, err := makeKeys(c.Keys, c.Origin)
	if err != nil {
		return hardwareError{about("未能建立站点密钥，可能已存在", err)}
	}
	o, err := ledgerOptions(c, k, log, &lastAct{})
	if err != nil {
		return err
	}
	first, err := station.Genesis(station.GenesisOptions{
		Origin: c.Origin, LogKey: k.logVKey, EventSigner: k.event, Bench: c.Bench, Unit: c.Unit, Anchors: anchors, Clock: clock, Rand: rand.Reader,
	})
	if err != nil {
		return err
	}
	if err := ledger.Init(ctx, c.Ledger, o, first); err != nil {
		return hardwareError{about("账本未能建立", err)}
	}
	_, err = fmt.Fprintf(out, "✓ 账本已建立：%s\n  ledger created: origin %s\n  %s\n", c.Ledger, c.Origin, k.logVKey)
	return err
}

func runAudit(ctx context.Context, c Config, log *slog.Logger, out io.Writer) error {
	return withLedger(ctx, c, log, false, func(l *ledger.Ledger) error {
		h := l.Head()
		_, err := fmt.Fprintf(out, "✓ 账本完整：%d 条\n  the ledger is whole: %d leaves\n%s", h.Size, h.Size, h.Note)
		return err
	})
}

func runRebuild(ctx context.Context, c Config, log *slog.Logger, out io.Writer) error {
	return withLedger(ctx, c, log, true, func(l *ledger.Ledger) error {
		_, err := fmt.Fprintf(out, "✓ 登记已按 %d 条记录重建\n  the register was replayed from %d leaves\n", l.Head().Size, l.Head().Size)
		return err
	})
}

func runExport(ctx context.Context, c Config, log *slog.Logger, dir string, out io.Writer) error {
	return withLedger(ctx, c, log, false, func(l *ledger.Ledger) error {
		if err := l.Export(ctx, dir); err != nil {
			return hardwareError{about("镜像未能导出", err)}
		}
		_, err := fmt.Fprintf(out, "✓ 已导出 %d 条到 %s\n  exported %d leaves\n", l.Head().Size, dir, l.Head().Size)
		return err
	})
}

// withLedger opens, which audits, does one thing and closes.
func withLedger(ctx context.Context, c Config, log *slog.Logger, rebuild bool, do func(*ledger.Ledger) error) error {
	l, _, err := openLedger(ctx, c, log, rebuild, &lastAct{})
	if err != nil {
		return err
	}
	return errors.Join(do(l), l.Close())
}
