package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sexton/internal/fault"
	"sexton/station"
	"sexton/web/api"
)

// pattern is a file in which a chunk lost, doubled or moved shows.
func pattern(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 31 / 251)
	}
	return data
}

func (d desk) PrintForm(_ context.Context, o station.PrintOptions, _ station.Signer) (station.File, error) {
	size, err := strconv.Atoi(o.Number)
	if err != nil {
		return station.File{}, fault.New("form.blank-only", err, o.Form)
	}
	data := pattern(size)
	sum := sha256.Sum256(data)
	return station.File{Data: data, View: station.FileView{Name: "f.csv", SHA256: hex.EncodeToString(sum[:]), Size: int64(size), Index: -1}}, nil
}

func (d desk) LeavePerson(_ context.Context, o station.LeaveOptions, _ station.Signer) (station.LeaveView, error) {
	return station.LeaveView{Outstanding: station.OutstandingView{Person: o.Person, Carriers: []string{"YZ-1"}}}, fault.New("person.outstanding", nil, o.Person, 1, 0, 0, 0, 0)
}

func (d desk) Propose(context.Context, station.ProposeOptions) (station.ProposeView, error) {
	return station.ProposeView{Bad: []station.RowFault{{Line: 2, Column: "处置意见", Zh: "不认识", En: "unknown"}}}, fault.New("list.bad-rows", nil, 1)
}

func (d desk) SearchCarriers(_ context.Context, o station.SearchOptions) (station.FoundPage, error) {
	return station.FoundPage{Next: fmt.Sprintf("%s %v %s %s %d", o.Title, o.Levels, o.Order, o.After, o.Limit)}, nil
}

func TestFilesComeWholeInBoundedLines(t *testing.T) {
	c := serve(t, desk{})
	for _, size := range []int{0, 1, api.MaxChunk - 1, api.MaxChunk, api.MaxChunk + 1, 3*api.MaxChunk + 7} {
		var got bytes.Buffer
		v, err := c.File(t.Context(), "form/print", api.PrintRequest{Number: strconv.Itoa(size)}, &got)
		if err != nil || v.Size != int64(size) || !bytes.Equal(got.Bytes(), pattern(size)) {
			t.Errorf("%d bytes: got %d, %+v, %v", size, got.Len(), v, err)
		}
	}
	if _, err := c.File(t.Context(), "form/print", api.PrintRequest{Form: "F21"}, io.Discard); code(err) != "form.blank-only" || !strings.Contains(fault.From(err).Zh, "F21") {
		t.Errorf("got %v", err)
	}
	if _, err := c.File(t.Context(), "form/print", map[string]any{"colour": "red"}, io.Discard); code(err) != "usage.bad-request" {
		t.Errorf("got %v", err)
	}
}

// TestFilesThatAreNotWhole demands that a file that broke off, or is not what the last line says, is never taken for one.
func TestFilesThatAreNotWhole(t *testing.T) {
	chunk := `{"chunk":"YWJj"}` + "\n" // abc
	for name, answer := range map[string]string{
		"nothing":         "",
		"no last line":    chunk,
		"half a line":     chunk + `{"chunk":"YW`,
		"another's hash":  chunk + `{"result":{"sha256":"` + strings.Repeat("0", 64) + `"}}`,
		"a line twice":    chunk + chunk + `{"result":{"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}`,
		"not what it was": "<html>",
	} {
		path := filepath.Join(t.TempDir(), "s.sock")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })}}
		srv.Start()
		c := api.Dial(path)
		if _, err := c.File(t.Context(), "form/print", api.None{}, io.Discard); code(err) != "daemon.unreachable" {
			t.Errorf("%s: got %v", name, err)
		}
		c.Close()
		srv.Close()
	}
}

func TestWhatIsOutstandingComesWithTheRefusal(t *testing.T) {
	c := serve(t, desk{})
	v, err := api.Call[api.LeaveView](t.Context(), c, "person/leave", api.LeaveRequest{Person: "wu"})
	if code(err) != "person.outstanding" || v.Outstanding.Person != "wu" || len(v.Outstanding.Carriers) != 1 {
		t.Errorf("got %+v, %v", v, err)
	}
	p, err := api.Call[api.ProposeView](t.Context(), c, "campaign/propose", api.ProposeRequest{})
	if code(err) != "list.bad-rows" || len(p.Bad) != 1 || p.Bad[0].Line != 2 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestSearchReachesTheStationWhole(t *testing.T) {
	c := serve(t, desk{})
	q := api.SearchRequest{SearchFilter: api.SearchFilter{Title: "通知", Levels: []string{"机密"}}, Order: "due", After: "m", Limit: 7}
	p, err := api.Call[api.FoundPage](t.Context(), c, "carrier/search", q)
	if err != nil || p.Next != "通知 [机密] due m 7" {
		t.Errorf("got %q, %v", p.Next, err)
	}
}
