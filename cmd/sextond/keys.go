package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sexton/internal/durable"
	"sexton/ledger"
)

// keys are the station's own: one signs checkpoints of the log, the other
// signs events that no person signs. They are made once, by init.
type keys struct {
	logSigner string // note signer key, "PRIVATE+KEY+…"
	logVKey   string // note verifier key
	event     ed25519.PrivateKey
}

func logKeyPath(dir string) string   { return filepath.Join(dir, "log.key") }
func logVKeyPath(dir string) string  { return filepath.Join(dir, "log.vkey") }
func eventKeyPath(dir string) string { return filepath.Join(dir, "event.key") }

// makeKeys creates both keys in dir; files that exist are never replaced.
func makeKeys(dir, origin string) (keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return keys{}, fmt.Errorf("cannot make key directory: %w", err)
	}
	for _, p := range []string{logKeyPath(dir), eventKeyPath(dir)} {
		if _, err := os.Stat(p); !errors.Is(err, os.ErrNotExist) {
			return keys{}, fmt.Errorf("cannot make keys: %s is there already; a station's keys are made once", p)
		}
	}
	skey, vkey, err := ledger.NewLogKey(origin)
	if err != nil {
		return keys{}, err
	}
	_, event, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return keys{}, fmt.Errorf("cannot make event key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(event)
	if err != nil {
		return keys{}, fmt.Errorf("cannot make event key: %w", err)
	}
	for _, f := range []struct {
		path string
		data []byte
		mode os.FileMode
	}{
		{logKeyPath(dir), []byte(skey + "\n"), 0o600},
		{logVKeyPath(dir), []byte(vkey + "\n"), 0o644},
		{eventKeyPath(dir), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600},
	} {
		if err := durable.WriteFile(f.path, f.data, f.mode); err != nil {
			return keys{}, fmt.Errorf("cannot keep key: %w", err)
		}
	}
	// Crash here: keys without a ledger. init says so and asks for them to be removed.
	return keys{skey, vkey, event}, nil
}

// readKeys reads what makeKeys made.
func readKeys(dir string) (keys, error) {
	var k keys
	for _, p := range []string{logKeyPath(dir), eventKeyPath(dir)} {
		if err := mustBePrivate(p); err != nil {
			return k, err
		}
	}
	s, err := os.ReadFile(logKeyPath(dir))
	if err != nil {
		return k, fmt.Errorf("cannot read log key: %w", err)
	}
	v, err := os.ReadFile(logVKeyPath(dir))
	if err != nil {
		return k, fmt.Errorf("cannot read log verifier key: %w", err)
	}
	k.logSigner, k.logVKey = strings.TrimSpace(string(s)), strings.TrimSpace(string(v))
	b, err := os.ReadFile(eventKeyPath(dir))
	if err != nil {
		return k, fmt.Errorf("cannot read event key: %w", err)
	}
	block, rest := pem.Decode(b)
	if block == nil || len(rest) != 0 {
		return k, fmt.Errorf("cannot read event key %s: not one PEM block", eventKeyPath(dir))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return k, fmt.Errorf("cannot read event key: %w", err)
	}
	event, ok := key.(ed25519.PrivateKey)
	if !ok {
		return k, fmt.Errorf("cannot use event key %s: it is %T, not Ed25519", eventKeyPath(dir), key)
	}
	k.event = event
	return k, nil
}
