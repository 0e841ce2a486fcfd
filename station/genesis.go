package station

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

// GenesisOptions is what the first leaf of a ledger says.
type GenesisOptions struct {
	Origin      string // name of the log and of the station
	LogKey      string // note verifier key of the log
	EventSigner crypto.Signer
	Bench       bool   // a virtual station
	Unit        string // name of the unit; committed
	Anchors     []byte // exact bytes of the card anchors file, kept by hash
	Clock       Clock
	Rand        io.Reader
}

// Genesis makes the first leaf of a new ledger. Only the command that initialises a station calls it.
func Genesis(o GenesisOptions) (ledger.Entry, error) {
	key, ok := o.EventSigner.Public().(ed25519.PublicKey)
	if !ok {
		return ledger.Entry{}, errors.New("cannot make genesis: the event key is not Ed25519")
	}
	eventKey, err := leaf.EventKeyText(key)
	if err != nil {
		return ledger.Entry{}, err
	}
	keyID, err := leaf.KeyID(key)
	if err != nil {
		return ledger.Entry{}, err
	}
	id, err := uuid.NewV7FromReader(o.Rand)
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("cannot make genesis: %w", err)
	}
	unit, opening, err := leaf.NewCommitment(o.Rand, "/body/unit", o.Unit)
	if err != nil {
		return ledger.Entry{}, err
	}
	body := &leaf.Initialised{Origin: o.Origin, LogKey: o.LogKey, EventKey: eventKey, Bench: o.Bench, Unit: unit}
	entry := ledger.Entry{}
	if o.Unit != "" {
		entry.Openings = []leaf.Opening{opening}
	}
	if len(o.Anchors) > 0 {
		body.AnchorsSHA256 = sha(o.Anchors)
		entry.Attachments = [][]byte{o.Anchors}
	}
	empty := sha256.Sum256(nil) // RFC 6962 section 2.1: the hash of an empty tree
	payload, err := leaf.Build(leaf.Payload{Schema: leaf.Schema, ID: id.String(), Station: o.Origin, Kind: leaf.StationInitialised, At: o.Clock.Now(),
		Clock: o.Clock.leaf(), Subjects: []string{leaf.StationSubject + o.Origin}, Seen: leaf.Seen{Root: hex.EncodeToString(empty[:])}, Body: body})
	if err != nil {
		return ledger.Entry{}, err
	}
	sig, err := o.EventSigner.Sign(o.Rand, leaf.PAE(payload), crypto.Hash(0))
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("cannot sign genesis: %w", err)
	}
	entry.Leaf, err = leaf.Encode(payload, []leaf.Sig{{KeyID: keyID, Sig: sig}})
	return entry, err
}
