package line

import (
	"testing"
	"time"
)

// TestLog: events are numbered without a gap and told in order; what does not fit is
// counted, and the count stands where the gap is.
func TestLog(t *testing.T) {
	l := NewLog(func() time.Time { return time.Unix(1e9, 0) })
	for range mostEvents + 10 {
		l.Add(Event{Kind: Attached, Device: &Device{Descriptors: make([]byte, 18)}})
	}
	var seq uint64
	pull := func() Event {
		e, err := l.next(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if seq++; e.Seq != seq {
			t.Fatalf("event %d is numbered %d", seq, e.Seq)
		}
		if !l.told(e.Seq) || l.told(1<<40) {
			t.Fatal("an event is told that is none")
		}
		return e
	}
	for range mostEvents {
		if e := pull(); e.Kind != Attached || e.At.Unix() != 1e9 {
			t.Fatalf("%+v", e)
		}
	}
	l.Add(Event{Kind: Removed})
	if e := pull(); e.Kind != Forgotten || e.Count != 10 {
		t.Errorf("%+v", e)
	}
	if e := pull(); e.Kind != Removed {
		t.Errorf("%+v", e)
	}
	big := Event{Kind: Attached, Device: &Device{Descriptors: make([]byte, mostBytes/2)}}
	for range 3 {
		l.Add(big)
	}
	if len(l.events) != 2 || l.lost != 1 || l.bytes != mostBytes {
		t.Errorf("%d events of %d bytes are kept, %d lost", len(l.events), l.bytes, l.lost)
	}
}
