package station_test

import (
	"testing"
)

func TestWholeRun(t *testing.T) {
	w := newWorld(t)
	w.office(3)
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	v := must(w.st.Batch(t.Context(), batchNumber))
	if v.State != "certified" || v.States["certified"] != 3 {
		t.Fatalf("batch %+v", v)
	}
}
