package inspect_test

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/inspect"
	"sexton/ledger/leaf"
)

// TestForgedRecords changes one value anywhere in one record before the last, has everybody
// who signed it sign it again, and the log sign the new tree. The certificate
// must never hold, since the statement stands for other records; and when the
// station issues a new statement too, nothing may panic.
func TestForgedRecords(t *testing.T) {
	w := base(t)
	p, err := w.Parts()
	if err != nil {
		t.Fatal(err)
	}
	trust := trustOf(t, w.Trust())
	held := 0
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, len(p.Leaves)-2).Draw(rt, "leaf") // the last is the station's own word on it
		forged, what := forge(rt, w, p.Leaves[n].Bytes)
		if forged == nil {
			return
		}
		f := w.Fork()
		f.Leaves[p.Leaves[n].Index] = forged
		leaves := make([]certificate.Leaf, len(p.Leaves))
		for i, l := range p.Leaves {
			leaves[i] = certificate.Leaf{Index: l.Index, Bytes: f.Leaves[l.Index]}
		}
		parts, err := f.PartsOf(leaves, int64(len(f.Leaves)))
		if err != nil {
			rt.Fatal(err)
		}
		parts.Credentials, parts.Openings = p.Credentials, p.Openings
		check := func(parts certificate.Parts) *inspect.Report {
			data, err := certtest.Encode(parts)
			if err != nil {
				rt.Fatal(err)
			}
			return inspect.Verify(data, trust, inspect.Options{})
		}
		if r := check(parts); r.OK() || r.Failed == nil || r.Failed.Field == "" {
			rt.Fatalf("%s: %s", what, explain(r))
		}
		if _, statement, err := certificate.Build(leaves[:len(leaves)-1], w.Batch, w.Number); err == nil {
			f.SignStatement(statement)
			parts.Envelope = f.Envelope
			if check(parts).OK() {
				held++ // cannot be: batch.certified names the old statement
			}
		}
	})
	if held > 0 {
		t.Errorf("%d certificates held with a statement that is not on record", held)
	}
}

// forge changes one value of a leaf's payload; nil when nothing changed.
func forge(rt *rapid.T, w *certtest.World, data []byte) (forged []byte, what string) {
	env, p, err := leaf.Decode(data)
	if err != nil {
		rt.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(env.Payload)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		rt.Fatal(err)
	}
	var paths []string
	walk(v, "", func(path string, x any) any { paths = append(paths, path); return x })
	sort.Strings(paths)
	at := rapid.SampledFrom(paths).Draw(rt, "path")
	v = walk(v, "", func(path string, x any) any {
		if path != at {
			return x
		}
		y := other(rt, x)
		what = fmt.Sprintf("%s %s: %v became %v", p.Kind, path, x, y)
		return y
	})
	payload, err := leaf.Canonical(v)
	if err != nil || string(payload) == string(env.Payload) {
		return nil, ""
	}
	var signers []string
	if s := leaf.SignersOf(p); s == leaf.ByOne || s == leaf.ByTwo {
		for _, a := range p.Actors {
			signers = append(signers, a.Person)
		}
	}
	forged, err = w.RawEnvelope(payload, signers...)
	if err != nil {
		rt.Fatal(err)
	}
	return forged, what
}

// walk visits every value and replaces it by what visit returns.
func walk(v any, path string, visit func(path string, v any) any) any {
	switch x := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			x[k] = walk(x[k], path+"/"+k, visit)
		}
	case []any:
		for i := range x {
			x[i] = walk(x[i], fmt.Sprintf("%s/%d", path, i), visit)
		}
	}
	return visit(path, v)
}

// other is a value like x, but not x, and often a bad one.
func other(rt *rapid.T, x any) any {
	switch x := x.(type) {
	case json.Number:
		n, _ := x.Int64()
		return rapid.SampledFrom([]int64{n + 1, n - 1, 0, -1, 1<<53 - 1, -(1<<53 - 1)}).Draw(rt, "number")
	case string:
		options := []string{"", "x", strings.Repeat("0", 64), "2026-11-23T00:00:00.000Z", "destroyed", "9999-12-31T23:59:59.999Z"}
		if len(x) > 1 {
			options = append(options, x[1:]+x[:1], x[:len(x)-1])
		}
		return rapid.SampledFrom(options).Draw(rt, "text")
	case bool:
		return !x
	case []any:
		if len(x) == 0 {
			return []any{"x"}
		}
		return rapid.SampledFrom([][]any{{}, x[1:], append(x[:len(x):len(x)], x[0])}).Draw(rt, "list")
	case map[string]any:
		return map[string]any{}
	}
	return "null no more"
}
