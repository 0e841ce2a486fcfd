package fault

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

const doc = "../../docs/operations/faults.md"

func TestFaultListIsUpToDate(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDoc(&b); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s differs from the table: run go generate ./internal/fault", doc)
	}
}

func TestTableSpeaksBothLanguages(t *testing.T) {
	for _, code := range Codes() {
		e := table[code]
		if e.zh == "" || e.en == "" {
			t.Errorf("%s lacks a language", code)
		}
		if e.kind == OK {
			t.Errorf("%s has no kind", code)
		}
		if !strings.Contains(code, ".") {
			t.Errorf("%s is not dotted", code)
		}
		for _, x := range e.hints {
			if x.Zh == "" || x.En == "" {
				t.Errorf("%s has a hint in one language only", code)
			}
		}
		if strings.HasSuffix(e.en, ".") || strings.HasSuffix(e.zh, "。") {
			t.Errorf("%s ends with a full stop", code)
		}
	}
}

func TestNewNeverHidesItsCause(t *testing.T) {
	cause := errors.New("reader gone")
	f := New("token.pin-wrong", cause, 2)
	if !errors.Is(f, cause) || !strings.Contains(f.En, "2") || !strings.Contains(f.Zh, "2") || f.Kind != Unauthentic {
		t.Errorf("got %+v", f)
	}
	if u := New("no.such-code", cause); !errors.Is(u, cause) || u.Code != "internal.unknown-code" || !strings.Contains(u.En, "no.such-code") {
		t.Errorf("got %+v", u)
	}
	if u := From(cause); u.Kind != Internal || !errors.Is(u, cause) {
		t.Errorf("got %+v", u)
	}
	if From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
	b, err := f.MarshalJSON()
	if err != nil || bytes.Contains(b, []byte("reader gone")) {
		t.Errorf("JSON %s, %v: the cause belongs in the log", b, err)
	}
	var back Fault
	if err := back.UnmarshalJSON(b); err != nil || back.Code != f.Code || back.Kind != f.Kind || len(back.Hints) != 1 {
		t.Errorf("got %+v, %v", back, err)
	}
}
