package station_test

import (
	"errors"
	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sync"
	"testing"

	"sexton/internal/fault"
)

// twoPapers is the list of the fault tests.
const twoPapers = "序号,载体编号,文件资料名称,制发单位,载体类别,密级,保密期限,页数或容量,份数或数量,备注\n" +
	"1,YZ-001,请示（演练）,某局（演练）,纸介质,秘密,10年,40页,1,\n" +
	"2,YZ-002,通知（演练）,某局（演练）,纸介质,秘密,10年,40页,1,\n"

// operator is a person at the machine who does what the screen asks, repairs what is broken, and tells the truth.
type operator struct {
	*benchWorld
	mu    sync.Mutex
	items map[string][]physics.ItemID // laid on the table, by carrier
}

// lay puts a carrier on the table, unless it is no longer whole.
func (o *operator) lay(number string, _ feedPlan) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	id, err := o.hands.Feed(o.t.Context(), bench.Item{Kind: physics.Paper, Pages: 40})
	if err != nil {
		return false // the gate is shut: the person waits
	}
	o.items[number] = append(o.items[number], id)
	return true
}

// fate is what became of a carrier in truth: "whole", "cut" or "partly".
func (o *operator) fate(number string) string {
	o.t.Helper()
	out := "whole"
	for _, id := range o.items[number] {
		switch rec := must(o.hands.Fate(o.t.Context(), id)); {
		case rec.Fate == physics.Cut:
			return "cut"
		case rec.CutMG > 0:
			out = "partly"
		case rec.Fate == physics.InCutter:
			return "in the cutter"
		}
	}
	return out
}

// repair does at the machine what a person would: everything back into place, what is uncut taken out, then reset.
func (o *operator) repair() {
	ctx := o.t.Context()
	h := o.hands
	_ = h.Power(ctx, true)
	_ = h.EStop(ctx, false)
	_ = h.Guard(ctx, false, false)
	_ = h.Key(ctx, false)
	_ = h.InsertBin(ctx)
	_ = h.Phases(ctx, true)
	_ = h.ClearJam(ctx, true)
	_, _ = h.TakeBack(ctx)
	_ = h.Reset(ctx)
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	for number := range o.items {
		if o.fate(number) == "whole" {
			o.gone[number] = 0 // it is back in the person's hands
		}
	}
}

// TestBenchFaults lets everything the virtual machine can do wrong strike the feed of the first of two carriers, goes on as people would, and
// compares the register with the truth about the paper.
func TestBenchFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("physics takes some minutes")
	}
	for _, f := range []bench.Fault{
		{Item: 1, Do: bench.FaultReverse, Reversals: 2}, {Item: 1, Do: bench.FaultJam}, {Item: 1, Do: bench.FaultNoEnergy}, {Item: 1, Do: bench.FaultDouble},
		{Item: 1, Do: bench.FaultSilent}, {Item: 1, Do: bench.FaultHang, MS: 1500}, {Item: 1, Do: bench.FaultTorn, Count: 3}, {Item: 1, Do: bench.FaultBackwards},
		{Item: 1, Do: bench.FaultReboot}, {Item: 1, Do: bench.FaultCutLink}, {Item: 1, Do: bench.FaultPowerLoss, MS: 500}, {Item: 1, Do: bench.FaultEStop},
		{Item: 1, Do: bench.FaultGuard}, {Item: 1, Do: bench.FaultLocal}, {Item: 1, Do: bench.FaultBinMissing}, {Item: 1, Do: bench.FaultPhaseLost},
		{Do: bench.FaultDropAnswer}, {Do: bench.FaultLateAnswer, MS: 1500},
	} {
		t.Run(f.Do, func(t *testing.T) {
			t.Parallel()
			benchFault(t, f)
		})
	}
}

func benchFault(t *testing.T, f bench.Fault) {
	o := &operator{benchWorld: newBenchWorld(t), items: map[string][]physics.ItemID{}}
	o.put, o.source = o.lay, []byte(twoPapers)
	o.office(0)
	o.until("release")
	if err := o.hands.Fault(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		done, err := o.step()
		if done {
			break
		}
		if err != nil {
			var ft *fault.Fault
			if !errors.As(err, &ft) || ft.Kind == fault.Internal || ft.Kind == fault.Usage {
				t.Fatalf("%s: %v", f.Do, err)
			}
			o.repair()
		}
		if v := must(o.st.Batch(t.Context(), batchNumber)); v.State == "withdrawn" {
			o.repair()
		}
	}
	o.compare(f)
}

// compare demands that the register says nothing of the paper that is not true.
func (o *operator) compare(f bench.Fault) {
	t := o.t
	t.Helper()
	for _, number := range []string{"YZ-001", "YZ-002"} {
		c := must(o.st.Carrier(t.Context(), number))
		truth := o.fate(number)
		t.Logf("%s: %s is %s, in truth %s", f.Do, number, c.State, truth)
		switch c.State {
		case "destroyed", "certified", "resolved":
			if truth != "cut" {
				t.Errorf("%s: %s is called %s, in truth it is %s", f.Do, number, c.State, truth)
			}
		case "counted", "sealed", "released", "authorised":
			if truth != "whole" {
				t.Errorf("%s: %s is called %s, in truth it is %s", f.Do, number, c.State, truth)
			}
		case "disputed", "unverified", "indeterminate", "lost": // open, or written off by two
		default:
			t.Errorf("%s: %s is left %s", f.Do, number, c.State)
		}
	}
	v := must(o.st.Batch(t.Context(), batchNumber))
	if o.fate("YZ-002") == "cut" && v.States["certified"] == 0 && f.Do != bench.FaultDouble {
		t.Errorf("%s: the batch ends %s with %v", f.Do, v.State, v.States)
	}
}
