package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newBatchCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "batch", Short: "销毁批次 / a batch, from counting to its signed outcome"}
	c.AddCommand(newBatchOpenCommand(e), newBatchListCommand(e), newBatchShowCommand(e), newCountCommand(e), newSealCommand(e), newApproveCommand(e),
		newRejectCommand(e), newVoidCommand(e), newTeamCommand(e), newAuthoriseCommand(e), newReleaseCommand(e), newFeedCommand(e), newWithdrawCommand(e),
		newResumeCommand(e), newReconcileCommand(e), newCompleteCommand(e))
	return c
}

func (e *env) printBatch(b api.BatchView) error {
	return e.print(b, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s %s  → %s %s\n", clean(b.Number), clean(b.StateZh), clean(b.State), clean(b.StepZh), clean(b.Step))
		fmt.Fprintf(w, "  %d 件  %s  %s\n", b.Members, counts(b.Kinds), counts(b.Levels))
		fmt.Fprintf(w, "  %s\n", counts(b.States))
		for _, p := range []struct{ zh, who string }{{"申请人 applicant", b.Applicant}, {"批准人 approver", b.Approver}, {"销毁人 destroyer", b.Destroyer}, {"监销人 attestor", b.Attestor}} {
			if p.who != "" {
				fmt.Fprintf(w, "  %s  %s\n", p.zh, clean(p.who))
			}
		}
		printWaiting(w, b.Waiting)
		if b.Cause != "" {
			fmt.Fprintf(w, "  授权已撤回 / permission withdrawn: %s\n", clean(b.Cause))
		}
		if len(b.Due) > 0 && e.showDue {
			fmt.Fprintln(w, "  应清点 to be counted:")
			for _, n := range b.Due {
				fmt.Fprintf(w, "    %s\n", clean(n))
			}
		}
		if b.Next != "" {
			fmt.Fprintf(w, "  下一件 / next: %s\n", clean(b.Next))
		}
		printCases(w, b.Open)
		printHistory(w, b.History)
	})
}

// batch runs an operation that answers with a batch.
func (e *env) batch(ctx context.Context, op string, req any) error {
	b, err := call[api.BatchView](ctx, e, op, req)
	if err != nil {
		return err
	}
	return e.printBatch(b)
}

func newBatchOpenCommand(e *env) *cobra.Command {
	var o api.OpenRequest
	c := &cobra.Command{
		Use: "open NUMBER", Short: "建立批次 / open a batch from a received list", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			o.Number, o.Session = args[0], s.ID
			return e.batch(c.Context(), "batch/open", o)
		},
	}
	c.Flags().StringVar(&o.List, "list", "", "transfer list")
	c.Flags().StringSliceVar(&o.Carriers, "carrier", nil, "carrier numbers; all that may be destroyed when left out")
	_ = c.MarkFlagRequired("list")
	return c
}

func newBatchListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "列出批次 / list batches", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := call[[]api.BatchView](c.Context(), e, "batch/list", api.None{})
			if err != nil {
				return err
			}
			return e.print(all, func(w io.Writer) {
				var rows [][]string
				for _, b := range all {
					rows = append(rows, []string{b.Number, b.StateZh + " " + b.State, b.StepZh + " " + b.Step, fmt.Sprint(b.Members), b.Certificate})
				}
				table(w, "NUMBER\tSTATE\tNEXT STEP\tCARRIERS\tCERTIFICATE", rows)
			})
		},
	}
}

func newBatchShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show BATCH", Short: "一个批次 / one batch with its history", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			e.showDue = true
			return e.batch(c.Context(), "batch/show", api.ByID{ID: args[0]})
		},
	}
}

func newCountCommand(e *env) *cobra.Command {
	var o api.CountRequest
	var scan string
	var missing []string
	c := &cobra.Command{
		Use: "count BATCH", Short: "清点 / count: round 1 by the counter, round 2 by the second counter",
		Long: "Records one round of counting. Scan the carriers' numbers into standard input, one per line, or name a file with --scan.\nA carrier that is not there is explained by name: --missing NUMBER=REASON.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			o.Batch, o.Session = args[0], s.ID
			if o.Found, err = e.scanned(scan); err != nil {
				return err
			}
			o.Explain = map[string]string{}
			for _, m := range missing {
				n, why, ok := strings.Cut(m, "=")
				if !ok || why == "" {
					return usageError{fmt.Errorf("--missing %q is not NUMBER=REASON", m)}
				}
				o.Explain[n] = why
			}
			return e.batch(c.Context(), "batch/count", o)
		},
	}
	c.Flags().IntVar(&o.Round, "round", 1, "1 or 2")
	c.Flags().StringVar(&scan, "scan", "-", "file of numbers, one per line; - is standard input")
	c.Flags().StringArrayVar(&missing, "missing", nil, "NUMBER=REASON, repeatable")
	return c
}

// scanned reads carrier numbers, one per line, until the end of the input.
func (e *env) scanned(file string) ([]string, error) {
	lines := e.lines
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usageError{fmt.Errorf("cannot read scan: %w", err)}
		}
		defer f.Close()
		lines = newLineReader(f)
	}
	var found []string
	for {
		b, err := lines.line()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, usageError{fmt.Errorf("cannot read scan: %w", err)}
		}
		if n := strings.TrimSpace(string(b)); n != "" {
			found = append(found, n)
		}
	}
}

func newSealCommand(e *env) *cobra.Command {
	var o api.SealRequest
	var within time.Duration
	c := &cobra.Command{
		Use: "seal BATCH", Short: "封签 / fix the list of what may be destroyed; the applicant signs", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if within < 0 {
				return usageError{fmt.Errorf("--within %s is negative", within)}
			}
			by, err := e.signer(c.Context(), "封签 / seal "+args[0])
			if err != nil {
				return err
			}
			o.Batch, o.By = args[0], by
			if within > 0 {
				o.NotAfter = time.Now().Add(within).UTC().Truncate(time.Second)
			}
			v, err := call[api.SignedView](c.Context(), e, "batch/seal", o)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	c.Flags().DurationVar(&within, "within", 0, "how long seal, approval and authorisation hold; 0 = the station's setting")
	c.Flags().StringVar(&o.Method, "method", "", "destruction method; empty = shred")
	return c
}

func newApproveCommand(e *env) *cobra.Command {
	var o api.ApproveRequest
	var scan string
	c := &cobra.Command{
		Use: "approve BATCH", Short: "批准 / approve; the leader signs, or two persons enter a paper approval", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if scan != "" {
				b, err := os.ReadFile(scan)
				if err != nil {
					return usageError{fmt.Errorf("cannot read scan of the approval: %w", err)}
				}
				o.PaperScan = b
			}
			by, err := e.signer(c.Context(), "批准 / approve "+args[0])
			if err != nil {
				return err
			}
			o.Batch, o.By = args[0], by
			v, err := call[api.SignedView](c.Context(), e, "batch/approve", o)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	c.Flags().StringVar(&o.Authority, "authority", "", "own-leader, issuer or superior")
	c.Flags().StringVar(&o.PaperNumber, "paper", "", "number of a paper approval, entered by two persons")
	c.Flags().StringVar(&scan, "scan", "", "file with its scan")
	return c
}

func newRejectCommand(e *env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "reject BATCH", Short: "驳回 / refuse approval; the leader signs", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), "驳回 / reject "+args[0])
			if err != nil {
				return err
			}
			v, err := call[api.SignedView](c.Context(), e, "batch/reject", api.ReasonRequest{Batch: args[0], Reason: reason, By: by})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why: incomplete, wrong-carriers, wrong-classification, must-return, expired, given-up or other")
	_ = c.MarkFlagRequired("reason")
	return c
}

func newVoidCommand(e *env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "void BATCH", Short: "作废 / give a batch up before anything was fed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			return e.batch(c.Context(), "batch/void", api.ReasonRequest{Batch: args[0], Reason: reason, Session: s.ID})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why: incomplete, wrong-carriers, wrong-classification, must-return, expired, given-up or other")
	_ = c.MarkFlagRequired("reason")
	return c
}

func newTeamCommand(e *env) *cobra.Command {
	var o api.TeamRequest
	c := &cobra.Command{
		Use: "team BATCH", Short: "指定销毁人和监销人 / name who destroys and who attests", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			o.Batch, o.Session = args[0], s.ID
			return e.batch(c.Context(), "batch/team", o)
		},
	}
	c.Flags().StringVar(&o.Destroyer, "destroyer", "", "person who destroys (销毁人)")
	c.Flags().StringVar(&o.Attestor, "attestor", "", "person who attests (监销人)")
	_ = c.MarkFlagRequired("destroyer")
	_ = c.MarkFlagRequired("attestor")
	return c
}

func newAuthoriseCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "authorise BATCH", Aliases: []string{"authorize"}, Short: "授权 / sign the authorisation; once by each of the two", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.sign(c.Context(), "batch/authorise", args[0], "授权销毁 / authorise "+args[0])
		},
	}
}

func newReleaseCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "release BATCH", Short: "放行 / give the machine its permission; both cards stay in", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := call[api.BatchView](c.Context(), e, "batch/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			n := b.States["authorised"] + b.States["released"] // what is missing is a member too, and cannot be fed
			if err := e.typedBack(b.Number, fmt.Sprintf("放行后 %d 件载体可以销毁，不能恢复。", n), fmt.Sprintf("After release %d carriers can be destroyed, beyond restoration.", n)); err != nil {
				return err
			}
			return e.batch(c.Context(), "batch/release", api.ByID{ID: b.ID})
		},
	}
}

func newFeedCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "feed BATCH NUMBER", Short: "投料 / destroy one carrier: scan it, feed it, see its outcome",
		Long: "Destroys one carrier. Scan its label as NUMBER, scan it again when asked, feed it when told.",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := e.typedBack(args[1], "将销毁此载体，不能恢复。", "This carrier will be destroyed, beyond restoration."); err != nil {
				return err
			}
			last := ""
			v, err := e.client.Feed(c.Context(), api.FeedRequest{Batch: args[0], Carrier: args[1]}, func(p api.Progress) {
				if e.json || p.Phase == last {
					return
				}
				last = p.Phase
				fmt.Fprintf(e.err, "  %s %s  %d J  %d mA\n", clean(p.PhaseZh), clean(p.Phase), p.EnergyJ, p.MotorMA)
			})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printOutcome(w, v) })
		},
	}
}

func printOutcome(w io.Writer, v api.OutcomeView) {
	mark := "!"
	if v.Verdict == "destroyed" {
		mark = "✓"
	}
	fmt.Fprintf(w, "%s %s  %s %s  %d/%d 件, %d J, %d mA, 反转 %d, 卡料 %d  %s\n", mark, clean(v.Carrier), clean(v.VerdictZh), clean(v.Verdict), v.Feed, v.Objects, v.EnergyJ, v.PeakMA, v.Reverses, v.Jams, clean(strings.Join(v.Reasons, ", ")))
	if v.Withdrawn != "" {
		fmt.Fprintf(w, "  授权已撤回 / permission withdrawn: %s\n", clean(v.Withdrawn))
	}
}

func newWithdrawCommand(e *env) *cobra.Command {
	var cause string
	c := &cobra.Command{
		Use: "withdraw BATCH", Short: "撤回授权 / take the permission back at once; no login needed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.batch(c.Context(), "batch/withdraw", api.WithdrawRequest{Batch: args[0], Cause: cause})
		},
	}
	c.Flags().StringVar(&cause, "cause", "operator", "why: operator, machine, person, end-of-shift, emergency or other; anything else is recorded as other")
	return c
}

func newResumeCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "resume BATCH", Short: "恢复授权 / permission again after a withdrawal; both logged in, both cards in", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := e.typedBack(args[0], "恢复后其余载体可以继续销毁。", "After this the remaining carriers can be destroyed."); err != nil {
				return err
			}
			return e.batch(c.Context(), "batch/resume", api.ByID{ID: args[0]})
		},
	}
}

func newReconcileCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "reconcile BATCH", Short: "核对 / close the feeding and compare evidence with the list", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.ReconcileView](c.Context(), e, "batch/reconcile", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "已销毁 destroyed %d  未核实 unverified %d  有争议 disputed %d  结果不明 indeterminate %d  未投 unfed %d\n", v.Destroyed, v.Unverified, v.Disputed, v.Indeterminate, v.Unfed)
				fmt.Fprintf(w, "  投入 fed %d  电机能耗 energy %d J  leaf %d %s\n", v.FeedTotal, v.EnergyJ, v.Index, v.Leaf)
			})
		},
	}
}

func newCompleteCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "complete BATCH", Short: "签结果 / sign the outcome; once by each of the two", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.sign(c.Context(), "batch/complete", args[0], "签结果 / sign the outcome of "+args[0])
		},
	}
}
