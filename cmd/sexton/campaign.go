package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newCampaignCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "campaign", Short: "清理清退 / clear-outs: every carrier of last year gets its disposition"}
	approve := &cobra.Command{
		Use: "approve CAMPAIGN", Short: "批准处置方案 / approve all proposals with the approver's card", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), "批准清理 / approve clear-out "+args[0])
			if err != nil {
				return err
			}
			v, err := call[api.CampaignView](c.Context(), e, "campaign/approve", api.SignRequest{ID: args[0], By: by})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printCampaign(w, v) })
		},
	}
	status := &cobra.Command{
		Use: "status CAMPAIGN", Short: "办理情况 / due, done and left by fate, and what is left, why and where", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.CampaignView](c.Context(), e, "campaign/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				printCampaign(w, v)
				printRemaining(w, v.Remaining)
			})
		},
	}
	c.AddCommand(newCampaignOpenCommand(e), newCampaignProposeCommand(e), approve, status, newCampaignRunCommand(e), newCampaignCloseCommand(e),
		listCommand(e, "列出清理 / list clear-outs", "campaign/list", "CAMPAIGN\tNUMBER\tBEFORE\tSTATE\tSELECTED\tDONE\tLEFT", func(v api.CampaignView) []string {
			return []string{v.ID, v.Number, v.Before, v.StateZh, fmt.Sprint(v.Selected), fmt.Sprint(v.Done), fmt.Sprint(v.Left)}
		}))
	return c
}

func newCampaignOpenCommand(e *env) *cobra.Command {
	var r api.CampaignRequest
	c := &cobra.Command{
		Use: "open NUMBER", Short: "开始清理 / select what was registered before a day and is still held", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Session, r.Number = s.ID, args[0]
			v, err := call[api.CampaignView](c.Context(), e, "campaign/open", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printCampaign(w, v) })
		},
	}
	c.Flags().StringVar(&r.Before, "before", "", "day, 2027-01-01: what was registered before it")
	_ = c.MarkFlagRequired("before")
	return c
}

func newCampaignProposeCommand(e *env) *cobra.Command {
	var r api.ProposeRequest
	var file string
	var byFilter bool
	var f api.SearchFilter
	c := &cobra.Command{
		Use: "propose CAMPAIGN", Short: "提出处置意见 / propose fates by rule, by list, or for all that a filter selects",
		Long: "Proposes fates by exactly one of --auto, --file and --all.\n" +
			"--auto: what must be returned is returned, what is spoiled is destroyed.\n" +
			"--file: a CSV file with the columns 载体编号, 处置意见, 理由 (number, fate, reason); with one bad row nothing is proposed.\n" +
			"--all: every carrier without a proposal that the other filters select gets --fate, with --reason for keep.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r.Campaign = args[0]
			if byFilter {
				r.Filter = &f
			}
			return runPropose(c.Context(), e, r, file)
		},
	}
	fl := c.Flags()
	fl.BoolVar(&r.Auto, "auto", false, "by the plain rules")
	fl.StringVar(&file, "file", "", "by this list")
	fl.BoolVar(&byFilter, "all", false, "for all that the filters select")
	fl.StringVar(&r.Fate, "fate", "", "archive, transfer, return, consign, destroy, declassify or keep")
	fl.StringVar(&r.Reason, "reason", "", "code for keep: in-use, to-archive, inquiry, audit or other")
	addFilter(c, &f)
	fl.StringVar(&f.Number, "number", "", "whose number begins with this")
	return c
}

func runPropose(ctx context.Context, e *env, r api.ProposeRequest, file string) error {
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return usageError{fmt.Errorf("cannot read list: %w", err)}
		}
		r.List = b
	}
	s, err := e.session(ctx)
	if err != nil {
		return err
	}
	r.Session = s.ID
	v, err := call[api.ProposeView](ctx, e, "campaign/propose", r)
	if err != nil && len(v.Bad) == 0 {
		return err
	}
	if perr := e.print(v, func(w io.Writer) {
		for _, b := range v.Bad {
			fmt.Fprintf(w, "第 %d 行「%s」：%s\n  line %d, column %q: %s\n", b.Line, clean(b.Column), clean(b.Zh), b.Line, clean(b.Column), clean(b.En))
		}
		if err == nil {
			fmt.Fprintf(w, "本次 / now: %s\n", counts(v.Proposed))
			printCampaign(w, v.Campaign)
		}
	}); perr != nil {
		return perr
	}
	return err
}

func newCampaignRunCommand(e *env) *cobra.Command {
	var r api.CarryOutRequest
	var all bool
	c := &cobra.Command{
		Use: "run CAMPAIGN", Short: "办理 / carry out one fate for what is on the shelf: a movement, or a batch for destruction",
		Long: "Opens one movement (archive, transfer, return, consign) or one batch (destroy) for as many carriers as one step takes. With --all it goes on until none is left;\nthe card's PIN is asked for once for each movement.\nWhat is left afterwards, and why, is in sexton campaign status.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r.Campaign = args[0]
			return runCampaign(c.Context(), e, r, all)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Fate, "fate", "", "archive, transfer, return, consign or destroy")
	f.StringVar(&r.Number, "number", "", "the unit's number of the form or batch; with --all, -2, -3 … is added")
	f.StringVar(&r.To, "to", "", "receiver: a person here, or the destruction body of a consignment")
	f.StringVar(&r.Party, "party", "", "outside party (kept private); a return takes only what that issuer issued")
	f.StringVar(&r.Channel, "channel", "", "hand, confidential-courier, confidential-mail, own-vehicle or exchange-station")
	f.StringVar(&r.Courier, "courier", "", "courier or courier number (kept private)")
	f.StringSliceVar(&r.Seals, "seal", nil, "seal number, repeatable")
	f.StringSliceVar(&r.Escorts, "escort", nil, "person who escorts, repeatable")
	f.Int64Var(&r.Limit, "limit", 0, "take at most so many in one step")
	f.BoolVar(&all, "all", false, "go on until nothing of this fate is ready")
	_ = c.MarkFlagRequired("fate")
	return c
}

func runCampaign(ctx context.Context, e *env, r api.CarryOutRequest, all bool) error {
	r.Outside = r.Party != "" || r.Fate == "consign"
	number := r.Number
	for step := 1; ; step++ {
		if step > 1 && number != "" {
			r.Number = fmt.Sprintf("%s-%d", number, step)
		}
		v, err := carryOut(ctx, e, r)
		if err != nil {
			return err
		}
		if err := e.print(v, func(w io.Writer) {
			e.ok(fmt.Sprintf("已办理 %d 件，还可同样办理 %d 件", len(v.Taken), v.More), fmt.Sprintf("%d carriers taken, %d more could go the same way: %s%s", len(v.Taken), v.More, v.Movement, v.Batch))
			printCampaign(w, v.Campaign)
		}); err != nil {
			return err
		}
		if !all || v.More == 0 {
			return nil
		}
	}
}

// carryOut asks for a PIN where a movement is signed; a batch needs the session alone.
func carryOut(ctx context.Context, e *env, r api.CarryOutRequest) (v api.CarryOutView, err error) {
	if r.Fate == "destroy" {
		s, err := e.session(ctx)
		if err != nil {
			return v, err
		}
		r.By = api.Signer{Session: s.ID}
	} else if r.By, err = e.signer(ctx, "发出 / hand out: "+r.Fate); err != nil {
		return v, err
	}
	return call[api.CarryOutView](ctx, e, "campaign/carry-out", r)
}

func newCampaignCloseCommand(e *env) *cobra.Command {
	var r api.CampaignEndRequest
	c := &cobra.Command{
		Use: "close CAMPAIGN", Short: "结束清理 / close a clear-out with its counted balance", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			r.Campaign = args[0]
			if r.By, err = e.signer(c.Context(), "结束清理 / close clear-out "+r.Campaign); err != nil {
				return err
			}
			v, err := call[api.CampaignView](c.Context(), e, "campaign/close", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				printCampaign(w, v)
				printRemaining(w, v.Remaining)
			})
		},
	}
	c.Flags().StringVar(&r.Reason, "reason", "", "why anything is left (kept private)")
	return c
}

func printCampaign(w io.Writer, v api.CampaignView) {
	fmt.Fprintf(w, "%s  %s  %s 以前 before  %s %s\n", clean(v.ID), clean(v.Number), clean(v.Before), clean(v.StateZh), clean(v.State))
	fmt.Fprintf(w, "  应清 selected %d  已提意见 proposed %d  已办 done %d  未办 left %d\n", v.Selected, v.Proposed, v.Done, v.Left)
	for _, f := range v.Fates {
		fmt.Fprintf(w, "  %s %s: 应 due %d  实 done %d  未 left %d\n", clean(f.FateZh), clean(f.Fate), f.Due, f.Done, f.Left)
	}
}

func printRemaining(w io.Writer, all []api.LeftView) {
	var rows [][]string
	for _, l := range all {
		where := l.WhereZh
		for _, x := range []string{l.Place, l.With} {
			if x != "" {
				where += " " + x
			}
		}
		rows = append(rows, []string{l.Number, l.LevelZh, l.FateZh, l.WhyZh, where, l.Keeper, l.Title})
	}
	if len(rows) > 0 {
		table(w, "NUMBER\tLEVEL\tFATE\tWHY LEFT\tWHERE\tKEEPER\tTITLE", rows)
	}
}
