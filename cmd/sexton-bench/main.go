// Command sexton-bench is a virtual station for training, demonstrations and
// system tests: virtual PIV cards behind a real PC/SC daemon, a virtual
// shredder with physics behind Modbus/TCP Security, and the real programs
// sextond, sexton and sexton-inspect beside it.
//
//	sexton-bench demo             a year, then the main job from end to end, told step by step
//	sexton-bench year             the prologue alone: a year in a bureau's life
//	sexton-bench shredder         the virtual shredder as a process of its own
//	sexton-bench generate         a year of an invented bureau as lists and events
//	sexton-bench hands            act at the virtual shredder: feed, clear, reset …
//
// Nothing real is ever destroyed by it. Its ledger's origin begins with
// "bench." and its certificates say so. It is not part of an appliance.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"sexton/cmd/internal/manual"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use: "sexton-bench", Short: "演练站 / a virtual station; nothing real is destroyed",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.AddCommand(newDemoCommand(), newYearCommand(), newGenerateCommand(), newShredderCommand(), newHandsCommand(), manual.Command(root))
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sexton-bench:", err)
		os.Exit(1)
	}
}
