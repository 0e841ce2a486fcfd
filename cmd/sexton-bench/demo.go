package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sexton/bench/shredder"
)

// demoOptions of the subcommand demo.
type demoOptions struct {
	exit          bool
	out           string
	list, profile string
	pace          float64
	only          int
	year          int
	seed          uint64
}

func newDemoCommand() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use: "demo", Short: "主线演示 / the main job: a batch is destroyed, and a stranger can prove it", Args: cobra.NoArgs,
		Long: `Tells the main job from end to end on a virtual station, over the real protocols, in Chinese and English. Before it, on a station of
its own, a year in a bureau's life: see sexton-bench year.
Without --exit the station then keeps running until Ctrl-C, and the commands can be tried by hand.
With --exit --out DIR it ends by itself; DIR gets the certificate bundle, the inspector's trust file, the ledger's
export, the station's files and the transcript.`,
		RunE: func(c *cobra.Command, _ []string) error { return runDemo(c.Context(), o, c.OutOrStdout()) },
	}
	f := c.Flags()
	f.BoolVar(&o.exit, "exit", false, "end after the story")
	f.StringVar(&o.out, "out", "", "directory for bundle, trust file, export and transcript; must be empty or missing")
	f.StringVar(&o.list, "list", "testdata/transfer-lists/transfer-list-gb18030.csv", "transfer list")
	f.StringVar(&o.profile, "profile", "testdata/policy/unit-training.toml", "policy profile of the training unit")
	f.Float64Var(&o.pace, "pace", 40, "physics this much faster than real time; protocol timeouts stay real")
	f.IntVar(&o.year, "year", 200, "carriers of the year that the prologue tells; 0 = no prologue")
	f.Uint64Var(&o.seed, "seed", 1, "of the prologue's year")
	f.IntVar(&o.only, "carriers", 0, "destroy only the first so many carriers of the list (0 = all)")
	return c
}

// plan is what goes wrong at the machine in the story: one carrier blocks the
// cutter and is freed by two reversals, one is pulled out before the knives.
var plan = shredder.Plan{Version: 1, Faults: []shredder.Fault{
	{Item: 4, Do: shredder.FaultReverse, Reversals: 2},
	{Item: 7, Do: shredder.FaultNoEnergy},
}}

// Which carriers of the story, counted in the order of feeding from 1.
const (
	jamAt    = 4
	emptyAt  = 7
	pulledAt = 10 // after this one a card is pulled
)

func runDemo(ctx context.Context, o demoOptions, stdout io.Writer) (err error) {
	began := time.Now()
	if o.exit && o.out == "" {
		return errors.New("--exit needs --out DIR")
	}
	out := stdout
	if o.out != "" {
		transcript, err := openOut(o.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, transcript.Close()) }()
		out = io.MultiWriter(stdout, transcript)
	}
	dir, err := os.MkdirTemp("", "sexton-bench-")
	if err != nil {
		return fmt.Errorf("cannot make bench directory: %w", err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find the programs: %w", err)
	}
	bin := filepath.Dir(self)
	fmt.Fprintln(out, "【演练 / BENCH】 虚拟站点：没有任何真实载体被销毁 / a virtual station: nothing real is destroyed")
	if o.year > 0 {
		if err := tellPrologue(ctx, prologueOptions{carriers: o.year, seed: o.seed, bin: bin, profile: o.profile, pace: prologuePace}, out); err != nil {
			return err
		}
		fmt.Fprint(out, "\n序幕完。以下是主线：销毁站。\nEnd of the prologue. The main job follows: the destruction station.\n")
	}
	r, err := newRig(ctx, dir, bin, rigOptions{plan: plan, pace: o.pace})
	if err != nil {
		return err
	}
	defer r.close()
	s := &story{teller: teller{out: out, rig: r}, o: o}
	if err := s.tell(ctx); err != nil {
		if r.daemon != nil {
			err = fmt.Errorf("%w\n--- log of the daemon ---\n%s", err, r.daemon.tail())
		}
		return err
	}
	fmt.Fprintf(out, "\n✓ 演示完成，用时 %d 秒 / the demo is complete, %d s\n", int(time.Since(began).Seconds()), int(time.Since(began).Seconds()))
	if o.exit {
		return nil
	}
	fmt.Fprintf(out, "\n站点继续运行，按 Ctrl-C 结束。/ The station keeps running; Ctrl-C ends it. Try:\n  export SEXTON_SOCKET=%s\n  %s status\n  %s batch list\n", r.socket(), filepath.Join(r.bin, "sexton"), filepath.Join(r.bin, "sexton"))
	fmt.Fprintf(out, "  %s hands --control %s '{\"op\":\"truth\"}'\n", filepath.Join(r.bin, "sexton-bench"), r.path("hands.sock"))
	select {
	case <-ctx.Done():
		return nil
	case <-r.daemon.done:
		return fmt.Errorf("the daemon ended: %s", r.daemon.tail())
	}
}

// openOut makes the output directory, which must be empty, and the transcript.
func openOut(dir string) (*os.File, error) {
	if err := emptyDir(dir); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "transcript.txt"))
	if err != nil {
		return nil, fmt.Errorf("cannot write transcript: %w", err)
	}
	return f, nil
}

// emptyDir makes an output directory; one that exists must be empty.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make output directory: %w", err)
	}
	have, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cannot read output directory: %w", err)
	}
	if len(have) > 0 {
		return fmt.Errorf("output directory %s is not empty: name another one, or remove what is in it", dir)
	}
	return nil
}
