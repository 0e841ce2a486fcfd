package leaf_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"sexton/ledger/leaf"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// vector is one case of testdata/vectors.json, for other implementations of LEAF.md.
type vector struct {
	Name   string `json:"name"`
	Expect string `json:"expect"` // "accept", "encoding" (Decode refuses), "signature" (Check refuses)
	Leaf   string `json:"leaf"`
	Hash   string `json:"hash"` // RFC 6962 leaf hash
}

type commitmentVector struct {
	Path, Salt, Value, Commitment string
}

type vectors struct {
	EventKeySeed string             `json:"event_key_seed"` // hex; Ed25519, RFC 8032
	EventKey     string             `json:"event_key"`      // as in station.initialised
	KeyID        string             `json:"key_id"`
	Leaves       []vector           `json:"leaves"`
	Commitments  []commitmentVector `json:"commitments"`
	Item         leaf.Item          `json:"item"`
	ItemHash     string             `json:"item_hash"`
}

func makeVectors() vectors {
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	v := vectors{EventKeySeed: hex.EncodeToString(seed), EventKey: must(leaf.EventKeyText(key.Public().(ed25519.PublicKey))), KeyID: must(leaf.KeyID(key.Public()))}
	add := func(name, expect, text string) {
		v.Leaves = append(v.Leaves, vector{name, expect, text, leaf.Hash([]byte(text))})
	}
	sign := func(payload []byte) string {
		return string(must(leaf.Encode(payload, []leaf.Sig{signWith(key, leaf.PAE(payload))})))
	}
	for _, k := range []leaf.Kind{leaf.StationInitialised, leaf.CarrierRegistered, leaf.CarrierDestroyed, leaf.RefusalRecorded, leaf.KeyMet, leaf.MediaViolated} {
		add(string(k), "accept", sign(must(leaf.Build(sample(k)))))
	}
	good := v.Leaves[1].Leaf
	add("space in the envelope", "encoding", strings.Replace(good, ",", ", ", 1))
	add("members in another order", "encoding", strings.Replace(good, `"payloadType":"application/vnd.sexton.event+json",`, "", 1))
	add("no signature", "encoding", good[:strings.Index(good, `"signatures"`)]+`"signatures":[]}`)
	other := must(leaf.Build(sample(leaf.CarrierSealed)))
	add("signature of another event", "signature", string(must(leaf.Encode(other, []leaf.Sig{signWith(key, leaf.PAE(must(leaf.Build(sample(leaf.CarrierFound)))))}))))
	add("signed twice", "signature", string(must(leaf.Encode(other, []leaf.Sig{signWith(key, leaf.PAE(other)), signWith(key, leaf.PAE(other))}))))
	for _, value := range []string{"", "a", "关于清退的通知"} {
		salt := bytes.Repeat([]byte{3}, leaf.SaltSize)
		v.Commitments = append(v.Commitments, commitmentVector{"/body/title", hex.EncodeToString(salt), value, string(leaf.Commit("/body/title", salt, value))})
	}
	v.Item = leaf.NewItem(2, h1, &leaf.Registered{Carrier: "c-1", Number: "密-7", CarrierKind: "paper", Medium: "paper", Classification: "secret",
		Period: "10y", Extent: leaf.Extent{Value: 12, Unit: "page"}, Count: 1}, "secret", "10y")
	v.ItemHash = leaf.ItemHash(v.Item)
	return v
}

func TestVectors(t *testing.T) {
	const path = "testdata/vectors.json"
	want := append(must(json.MarshalIndent(makeVectors(), "", "  ")), '\n')
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := must(os.ReadFile(path))
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what this package makes: the format changed, so Schema must change", path)
	}
	var v vectors
	if err := json.Unmarshal(got, &v); err != nil {
		t.Fatal(err)
	}
	key := must(leaf.ParseEventKey(v.EventKey))
	for _, c := range v.Leaves {
		env, p, err := leaf.Decode([]byte(c.Leaf))
		result := "accept"
		if err != nil {
			result = "encoding"
		} else if err := leaf.Check(env, p, keyring{station: crypto.PublicKey(key)}); err != nil {
			result = "signature"
		}
		if result != c.Expect || leaf.Hash([]byte(c.Leaf)) != c.Hash {
			t.Errorf("%s: %s, want %s (%v)", c.Name, result, c.Expect, err)
		}
	}
}
