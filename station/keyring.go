package station

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/google/uuid"

	"sexton/custody"
	"sexton/ledger"
	"sexton/procedure"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
)

// procKey names the runs that keep the secrets of canaries in the journal.
const procKey = "usb-key"

// keyring is what the station alone knows of a key's canary. It is in the journal and never in a leaf; with the run it ends, and
// what the journal keeps of an ended run is a digest.
type keyring struct {
	Key     string `json:"key"`
	Secret  []byte `json:"secret"`
	Start   uint64 `json:"start"` // region, blocks
	Count   uint64 `json:"count"`
	Current uint64 `json:"current"`
	Pending uint64 `json:"pending"`
}

// canaryID is what a leaf says of a secret.
func canaryID(secret []byte) string {
	h := sha256.Sum256(append([]byte("sexton/canary-secret/v1\n"), secret...))
	return hex.EncodeToString(h[:])
}

// ring is the run of one registration, and the journal of its canary.
type ring struct {
	meet sync.Mutex // held while a medium is asked for this canary
	run  *procedure.Run[keyring, ledger.Entry, ledger.Receipt]
}

func (s *Station) keyEngine() *procedure.Engine[keyring, ledger.Entry, ledger.Receipt] {
	return procedure.NewEngine[keyring](s.deps.Book, procKey, s.deps.Clock.Now, nothingStored)
}

// loadRings puts right what the last stop left behind. A run whose secret is that of a registration goes on: whatever its rotation
// was doing, the epochs say what may be on the medium. Every other one is of a registration that never came to be, or that has
// ended: it is finished, and its secret with it.
func (s *Station) loadRings(ctx context.Context) error {
	runs, err := s.keyEngine().Load(ctx)
	if err != nil || s.usb == nil {
		return err
	}
	for _, r := range runs {
		k, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.USBKeyThing, ID: r.State().Key})
		if err != nil {
			return err
		}
		if key, is := k.Thing.(custody.USBKey); ok && is && key.State != custody.KeyIsOut && key.Canary == canaryID(r.State().Secret) {
			s.usb.put(key.ID, &ring{run: r})
			continue
		}
		if err := (&ring{run: r}).end(ctx); err != nil {
			return err
		}
		s.recovered("the registration of USB key %s did not come to its end: its canary is given up", r.State().Key)
	}
	return nil
}

// regionBlocks is how many blocks a canary hides in, and tailBlocks how many behind it it leaves alone: a GPT keeps its copy there.
const (
	regionBlocks = 1024
	tailBlocks   = 64
)

// newRing makes a secret for a key of so many blocks. Nothing of it is on the medium yet.
func (s *Station) newRing(ctx context.Context, key string, secret []byte, blocks uint64) (*ring, error) {
	id, err := uuid.NewV7FromReader(s.deps.Rand)
	if err != nil {
		return nil, fmt.Errorf("cannot make a run id: %w", err)
	}
	run, _, err := s.keyEngine().Begin(ctx, id.String(), "canary-secret", keyring{Key: key, Secret: secret, Start: blocks - tailBlocks - regionBlocks, Count: regionBlocks})
	if err != nil {
		return nil, err
	}
	// Crash here: a secret that no registration names; loadRings gives it up.
	return &ring{run: run}, nil
}

func (s *Station) newSecret() ([]byte, error) {
	b := make([]byte, ident.SecretSize)
	if _, err := io.ReadFull(s.deps.Rand, b); err != nil {
		return nil, fmt.Errorf("cannot make a canary secret: %w", err)
	}
	return b, nil
}

// canary is what a job is told.
func (r *ring) canary() media.Canary {
	st := r.run.State()
	return media.Canary{Secret: st.Secret, Region: ident.Region{Start: st.Start, Count: st.Count}, Epochs: ident.Epochs{Current: st.Current, Pending: st.Pending}}
}

func (r *ring) save(ctx context.Context, step string, change func(*keyring)) error {
	_, err := r.run.Converge(ctx, step, func(_ context.Context, st *keyring) (procedure.Commit[ledger.Entry], error) {
		change(st)
		return procedure.Commit[ledger.Entry]{Waiting: true}, nil
	})
	return err
}

// Begin implements ident.Journal.
func (r *ring) Begin(ctx context.Context, next uint64) error {
	return r.save(ctx, "canary-begin", func(st *keyring) { st.Pending = next })
	// Crash here: the medium may hold any mixture of the epochs from Current to Pending; the next meeting takes it once, at a later one.
}

// Commit implements ident.Journal.
func (r *ring) Commit(ctx context.Context, now uint64) error {
	return r.save(ctx, "canary-commit", func(st *keyring) { st.Current, st.Pending = now, 0 })
	// Crash here: the medium shows the epoch the journal has; no leaf says that it was met. The next meeting passes at a later epoch.
}

// end finishes the run: the secret is gone.
func (r *ring) end(ctx context.Context, entries ...ledger.Entry) error {
	_, err := r.run.Converge(ctx, "canary-end", func(_ context.Context, st *keyring) (procedure.Commit[ledger.Entry], error) {
		*st = keyring{Key: st.Key}
		return procedure.Commit[ledger.Entry]{Finished: true, Entries: entries}, nil
	})
	if errors.Is(err, procedure.ErrFinished) {
		return nil
	}
	return err
}

var _ ident.Journal = (*ring)(nil)
