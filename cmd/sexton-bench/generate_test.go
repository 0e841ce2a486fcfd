package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sexton/bench/year"
	"sexton/epcis"
	"sexton/transferlist"
)

func generated(t *testing.T, o generateOptions) map[string][]byte {
	t.Helper()
	o.out = filepath.Join(t.TempDir(), "out")
	var said bytes.Buffer
	if err := runGenerate(context.Background(), o, &said); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	if err := fs.WalkDir(os.DirFS(o.out), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[path], err = os.ReadFile(filepath.Join(o.out, path))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// TestGenerate: the files are the same for the same arguments, the lists are
// read without a bad row, and the figures say what the stream says.
func TestGenerate(t *testing.T) {
	o := generateOptions{Config: year.Config{Carriers: 150, Seed: 9}, formats: []string{"csv", "epcis", "jsonl"}, encoding: "both"}
	files := generated(t, o)
	for name, b := range generated(t, o) {
		if !bytes.Equal(b, files[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
	rows, events := 0, 0
	for name, b := range files {
		if strings.HasSuffix(name, ".jsonld") {
			d, err := epcis.Parse(bytes.NewReader(b), epcis.Options{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			events += len(d.Events)
		}
		if !strings.HasPrefix(name, "lists/") || !strings.HasSuffix(name, ".csv") {
			continue
		}
		l, bad, err := transferlist.Parse(bytes.NewReader(b), transferlist.Options{})
		if err != nil || len(bad) > 0 {
			t.Errorf("%s: %v %v", name, err, bad)
		}
		rows += len(l.Rows)
	}
	if rows != 150 || events != 150 {
		t.Errorf("%d rows in the lists, %d events", rows, events)
	}
	entered := 0
	for line := range bytes.Lines(files["events.jsonl"]) {
		var e struct {
			Entries []json.RawMessage `json:"entries"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		entered += len(e.Entries)
	}
	var x struct {
		Carriers int `json:"carriers"`
		Held     int `json:"held"`
		Years    []struct {
			Rows []map[string]any `json:"rows"`
		} `json:"years"`
	}
	if err := json.Unmarshal(files["expected.json"], &x); err != nil {
		t.Fatal(err)
	}
	held := 0.0
	for _, r := range x.Years[len(x.Years)-1].Rows {
		held += r["closing"].(float64)
	}
	if entered != x.Carriers || entered <= 150 || int(held) != x.Held {
		t.Errorf("%d entered, expected %d; %v held by rows, expected %d", entered, x.Carriers, held, x.Held)
	}
	for _, name := range []string{"people.csv", "places.csv", "world.json"} {
		if len(files[name]) == 0 {
			t.Errorf("no %s", name)
		}
	}
	o.formats = []string{"csv"}
	if _, ok := generated(t, o)["events.jsonl"]; ok {
		t.Error("events that nobody asked for")
	}
}

func TestGenerateRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	good := generateOptions{Config: year.Config{Carriers: 100}, formats: []string{"csv"}, encoding: "utf-8-bom", out: filepath.Join(t.TempDir(), "new")}
	for name, c := range map[string]struct {
		change func(*generateOptions)
		want   string
	}{
		"no directory":     {func(o *generateOptions) { o.out = "" }, "--out"},
		"not empty":        {func(o *generateOptions) { o.out = full }, "not empty"},
		"unknown format":   {func(o *generateOptions) { o.formats = []string{"xml"} }, "csv, epcis or jsonl"},
		"unknown encoding": {func(o *generateOptions) { o.encoding = "utf-16" }, "gb18030"},
		"too few":          {func(o *generateOptions) { o.Carriers = 1 }, "100 to"},
	} {
		o := good
		c.change(&o)
		err := runGenerate(context.Background(), o, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(good.out); err == nil {
		t.Error("a refused request made a directory")
	}
}
