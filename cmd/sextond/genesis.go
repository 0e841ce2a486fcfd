package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/station"
)

// genesis makes the first leaf: who this log is, by which keys it speaks, whom
// it trusts, and whether it is virtual.
func genesis(c Config, k keys, anchors []byte, clock station.Clock) (ledger.Entry, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("cannot make event id: %w", err)
	}
	unit, opening, err := leaf.NewCommitment(rand.Reader, "/body/unit", c.Unit)
	if err != nil {
		return ledger.Entry{}, err
	}
	eventKey, err := leaf.EventKeyText(k.event.Public().(ed25519.PublicKey))
	if err != nil {
		return ledger.Entry{}, err
	}
	sum := sha256.Sum256(anchors)
	empty := leaf.Root(nil)
	payload, err := leaf.Build(leaf.Payload{
		Schema: leaf.Schema, ID: id.String(), Station: c.Origin, Kind: leaf.StationInitialised,
		At:     clock.Now().UTC().Truncate(time.Millisecond),
		Clock:  leaf.Clock{Source: clock.Source, Boot: clock.Boot, MonoMS: clock.Mono().Milliseconds()},
		Actors: []leaf.Actor{}, Subjects: []string{leaf.StationSubject + c.Origin}, Prev: map[string]string{},
		Seen: leaf.Seen{Size: 0, Root: empty}, Policy: leaf.PolicyRef{Rows: []string{}},
		Body: &leaf.Initialised{
			Origin: c.Origin, LogKey: k.logVKey, EventKey: eventKey, Bench: c.Bench, Unit: unit, AnchorsSHA256: hex.EncodeToString(sum[:]),
		},
	})
	if err != nil {
		return ledger.Entry{}, err
	}
	keyID, err := leaf.KeyID(k.event.Public())
	if err != nil {
		return ledger.Entry{}, err
	}
	sig, err := k.event.Sign(rand.Reader, leaf.PAE(payload), crypto.Hash(0))
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("cannot sign genesis: %w", err)
	}
	b, err := leaf.Encode(payload, []leaf.Sig{{KeyID: keyID, Sig: sig}})
	if err != nil {
		return ledger.Entry{}, err
	}
	return ledger.Entry{Leaf: b, Openings: []leaf.Opening{opening}, Attachments: [][]byte{anchors}}, nil
}
