package year

import (
	"cmp"
	"container/heap"
	"slices"
)

// carrier is a carrier that waits for its next step: all that the stream
// remembers of it. Small, since nearly all carriers of a year wait at once.
type carrier struct {
	at    moment
	id    CarrierID
	doc   DocumentID
	mass  int32
	pages uint16
	unit  UnitID
	held  PlaceID // where it is kept
	class Class
	kind  Kind
	fate  Fate
	role  role
	step  step
	drive uint8 // which clear-out takes it
	index uint8 // among the carriers of its document
	made  uint8 // copies made of it
	copy  bool  // it is a copy itself
	must  bool  // must be returned
	grade bool  // its document will be regraded
}

// chunk holds carriers of one day; chunks are used again.
const chunkSize = 256

type chunk struct {
	of   [chunkSize]carrier
	n    int
	next *chunk
}

// waitingRoom holds carriers by the working day of their next step.
type waitingRoom struct {
	days []*chunk
	free *chunk
}

func (w *waitingRoom) add(c carrier) {
	i := int(c.at) / day
	if i >= len(w.days) {
		return // beyond the stream
	}
	head := w.days[i]
	if head == nil || head.n == chunkSize {
		fresh := w.free
		if fresh == nil {
			fresh = &chunk{}
		} else {
			w.free = fresh.next
		}
		fresh.n, fresh.next = 0, head
		w.days[i], head = fresh, fresh
	}
	head.of[head.n] = c
	head.n++
}

// take empties a day, in the order of time, then of number.
func (w *waitingRoom) take(i int) []carrier {
	n := 0
	for c := w.days[i]; c != nil; c = c.next {
		n += c.n
	}
	out := make([]carrier, 0, n)
	for c := w.days[i]; c != nil; {
		out = append(out, c.of[:c.n]...)
		next := c.next
		c.next, w.free = w.free, c
		c = next
	}
	w.days[i] = nil
	slices.SortFunc(out, func(a, b carrier) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	return out
}

// task is something planned.
type task struct {
	at  moment
	seq int
	do  func()
}

type tasks []task

func (t tasks) Len() int { return len(t) }
func (t tasks) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].seq < t[j].seq
}
func (t tasks) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *tasks) Push(x any)   { *t = append(*t, x.(task)) }
func (t *tasks) Pop() any {
	old := *t
	x := old[len(old)-1]
	old[len(old)-1] = task{}
	*t = old[:len(old)-1]
	return x
}

// agenda is the heap of tasks.
type agenda struct {
	heap tasks
	seq  int
}

func (p *agenda) at(m moment, do func()) {
	p.seq++
	heap.Push(&p.heap, task{m, p.seq, do})
}

func (p *agenda) due() (moment, bool) {
	if len(p.heap) == 0 {
		return 0, false
	}
	return p.heap[0].at, true
}

func (p *agenda) pop() task { return heap.Pop(&p.heap).(task) }
