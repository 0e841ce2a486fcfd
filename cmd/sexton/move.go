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

func newMoveCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "move", Short: "流转 / carriers from hand to hand: lend, circulate, hand over, dispatch, return"}
	c.AddCommand(newMoveOpenCommand(e), newMoveStepCommand(e, "accept", "签收 / sign for carriers handed to you"), newMoveStepCommand(e, "refuse", "拒收 / refuse carriers handed to you"),
		newMoveReceiptCommand(e), newMoveStepCommand(e, "return", "收回 / take lent carriers back, inspected"), newMoveRenewCommand(e), newMoveCancelCommand(e),
		newMoveCertifyCommand(e), newMoveListCommand(e), newMoveShowCommand(e))
	return c
}

// moveActs are the acts of a movement, as --help lists them.
const moveActs = "lend, circulate, carry-out, hand-over, dispatch, archive, transfer, return or consign"

func newMoveOpenCommand(e *env) *cobra.Command {
	var r api.MoveRequest
	var due string
	c := &cobra.Command{
		Use: "open ACT", Short: "发出 / hand carriers out; the keeper signs", Args: cobra.ExactArgs(1),
		Long: "Hands carriers out: " + moveActs + ".\nOne movement takes at most 200 carriers. The link stays open until the other end signs: with sexton move accept inside the unit,\nwith sexton move receipt for a receiver outside.",
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Due, err = lastMoment(due); err != nil {
				return err
			}
			r.Act, r.Outside = args[0], r.Party != "" || args[0] == "consign"
			if r.By, err = e.signer(c.Context(), r.Act+" "+strings.Join(r.Carriers, " ")); err != nil {
				return err
			}
			return e.movement(c.Context(), "movement/open", r)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&r.Carriers, "carrier", nil, "carrier numbers")
	f.StringVar(&r.To, "to", "", "receiver: person of the unit, or destruction body for consign")
	f.StringVar(&r.Party, "party", "", "receiver outside (kept private)")
	f.StringVar(&r.Number, "number", "", "number of the form")
	f.StringVar(&r.Place, "place", "", "place they go to")
	f.StringVar(&r.Channel, "channel", "", "hand, confidential-courier, confidential-mail, own-vehicle, exchange-station ...")
	f.StringVar(&r.Courier, "courier", "", "机要号 or courier (kept private)")
	f.StringSliceVar(&r.Seals, "seal", nil, "seal numbers")
	f.StringSliceVar(&r.Escorts, "escort", nil, "persons who carry them")
	f.StringVar(&r.Request, "request", "", "approved request")
	f.StringVar(&r.Campaign, "campaign", "", "clear-out it carries out")
	f.StringVar(&due, "due", "", "day they must be back, 2026-01-31; the latest the rules allow when left out")
	f.StringVar(&r.Purpose, "purpose", "", "purpose (kept private)")
	_ = c.MarkFlagRequired("carrier")
	return c
}

// lastMoment is the end of a day as somebody types it.
func lastMoment(day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, day, time.Local)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("--due %q is not like 2026-01-31", day)}
	}
	return t.AddDate(0, 0, 1).Add(-time.Second).UTC(), nil
}

// movement runs an operation that answers with a movement.
func (e *env) movement(ctx context.Context, op string, req any) error {
	v, err := call[api.MovementView](ctx, e, op, req)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) { printMovement(w, v) })
}

func printMovement(w io.Writer, v api.MovementView) {
	late := ""
	if v.Overdue {
		late = "  ！逾期 overdue"
	}
	fmt.Fprintf(w, "%s  %s  %s %s  → %s %s%s\n", v.ID, clean(v.Number), clean(v.ActZh), clean(v.Act), clean(v.StateZh), clean(v.State), late)
	fmt.Fprintf(w, "  移交人 from  %s\n  接收人 to    %s\n", hand(v.From), hand(v.To))
	due := ""
	if !v.Due.IsZero() {
		due = v.Due.Local().Format("2006-01-02 15:04")
	}
	for _, f := range [][2]string{
		{"地点 place", v.Place}, {"渠道 channel", strings.TrimSpace(v.Channel + " " + v.Courier)}, {"封条 seals", strings.Join(v.Seals, " ")},
		{"押运人 escorts", strings.Join(v.Escorts, " ")}, {"审批 request", v.Request}, {"清理 clear-out", v.Campaign}, {"应还 due", due},
		{"用途 purpose", v.Purpose}, {"回执 receipt", v.Receipt},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %s  %s\n", f[0], clean(f[1]))
		}
	}
	for _, c := range v.Carriers {
		fmt.Fprintf(w, "  %s %s  %s  %s %s  %s\n", tick(!c.Out), clean(c.Number), clean(c.ClassificationZh), clean(c.StateZh), clean(c.WhereZh), clean(c.Title))
	}
	printHistory(w, v.History)
}

// hand says who is at one end, with his clearance.
func hand(h api.HandView) string {
	return clean(strings.TrimSpace(strings.Join([]string{h.Person, h.Name, h.ClearanceZh, h.OutsideParty}, " ")))
}

func newMoveStepCommand(e *env, act, short string) *cobra.Command {
	var r api.MoveStepRequest
	c := &cobra.Command{
		Use: act + " MOVEMENT", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), act+" "+args[0])
			if err != nil {
				return err
			}
			r.Movement, r.By = args[0], by
			return e.movement(c.Context(), "movement/"+act, r)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&r.Carriers, "carrier", nil, "only these; all when left out")
	f.StringVar(&r.Remark, "remark", "", "remark (kept private)")
	switch act {
	case "refuse":
		f.StringVar(&r.Reason, "reason", "", "wrong-carriers, damaged, seal-broken, not-for-us, not-cleared, incomplete or other")
		_ = c.MarkFlagRequired("reason")
	case "return":
		f.BoolVar(&r.Checked, "checked", false, "inspected on return")
	}
	return c
}

func newMoveReceiptCommand(e *env) *cobra.Command {
	var r api.MoveStepRequest
	var scan string
	refused := false
	c := &cobra.Command{
		Use: "receipt MOVEMENT", Short: "登记回执 / enter the receipt slip of a receiver outside", Args: cobra.ExactArgs(1),
		Long: "Enters the receipt slip that a receiver outside signed: its number and a scan. A keeper who did not hand the carriers out signs for it. Carriers that left for good get their disposition with it.",
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Scan, err = os.ReadFile(scan); err != nil {
				return usageError{fmt.Errorf("cannot read receipt slip: %w", err)}
			}
			if r.By, err = e.signer(c.Context(), "回执 / receipt of "+args[0]); err != nil {
				return err
			}
			r.Movement = args[0]
			op := "movement/accept"
			if refused = r.Reason != ""; refused {
				op = "movement/refuse"
			}
			return e.movement(c.Context(), op, r)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Receipt, "number", "", "number of the slip (kept private)")
	f.StringVar(&scan, "scan", "", "scan of the slip")
	f.StringSliceVar(&r.Carriers, "carrier", nil, "only these; all when left out")
	f.StringVar(&r.Reason, "refused", "", "they were refused, for this reason")
	f.StringVar(&r.Remark, "remark", "", "what differed (kept private)")
	_ = c.MarkFlagRequired("number")
	_ = c.MarkFlagRequired("scan")
	return c
}

func newMoveRenewCommand(e *env) *cobra.Command {
	var r api.RenewRequest
	var due string
	c := &cobra.Command{
		Use: "renew MOVEMENT", Short: "续借 / give a loan a new date", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Due, err = lastMoment(due); err != nil {
				return err
			}
			if r.By, err = e.signer(c.Context(), "续借 / renew "+args[0]); err != nil {
				return err
			}
			r.Movement = args[0]
			return e.movement(c.Context(), "movement/renew", r)
		},
	}
	c.Flags().StringVar(&due, "due", "", "new day, 2026-01-31")
	_ = c.MarkFlagRequired("due")
	return c
}

func newMoveCancelCommand(e *env) *cobra.Command {
	var r api.MoveStepRequest
	c := &cobra.Command{
		Use: "cancel MOVEMENT", Short: "撤回 / take back what nobody has signed for", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Movement, r.Session = args[0], s.ID
			return e.movement(c.Context(), "movement/cancel", r)
		},
	}
	c.Flags().StringSliceVar(&r.Carriers, "carrier", nil, "only these; all when left out")
	c.Flags().StringVar(&r.Remark, "remark", "", "remark (kept private)")
	return c
}

func newMoveCertifyCommand(e *env) *cobra.Command {
	var r api.FirmCertificateRequest
	var scan string
	c := &cobra.Command{
		Use: "certify MOVEMENT", Short: "登记受托销毁证明 / enter a destruction body's certificate", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if r.Scan, err = os.ReadFile(scan); err != nil {
				return usageError{fmt.Errorf("cannot read certificate: %w", err)}
			}
			if r.By, err = e.signer(c.Context(), "销毁证明 / certificate for "+args[0]); err != nil {
				return err
			}
			r.Movement = args[0]
			return e.movement(c.Context(), "movement/certify", r)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Certificate, "number", "", "number of the certificate (kept private)")
	f.StringVar(&scan, "scan", "", "scan of the certificate")
	f.StringSliceVar(&r.Carriers, "carrier", nil, "only these; all when left out")
	_ = c.MarkFlagRequired("number")
	_ = c.MarkFlagRequired("scan")
	return c
}

func newMoveListCommand(e *env) *cobra.Command {
	var f api.MovementFilter
	c := &cobra.Command{
		Use: "list", Short: "列出流转 / list movements, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.MovementPage](c.Context(), e, "movement/list", f)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) { printMovements(w, p) })
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.Act, "act", "", "of this act")
	fl.StringVar(&f.State, "state", "", "opened, accepted, closed, refused or cancelled")
	fl.StringVar(&f.From, "from", "", "handed out by this person")
	fl.StringVar(&f.To, "to", "", "for this person")
	fl.StringVar(&f.Campaign, "campaign", "", "that carry out this clear-out")
	fl.BoolVar(&f.Open, "open", false, "whose link is open")
	fl.BoolVar(&f.Overdue, "overdue", false, "that are overdue")
	pageFlags(fl, &f.After, &f.Limit)
	return c
}

func printMovements(w io.Writer, p api.MovementPage) {
	var rows [][]string
	for _, v := range p.Movements {
		due := ""
		if !v.Due.IsZero() {
			due = v.Due.Local().Format(time.DateOnly)
		}
		if v.Overdue {
			due += " ！"
		}
		to := v.To.Person
		if v.To.OutsideParty != "" {
			to = v.To.OutsideParty
		}
		rows = append(rows, []string{v.ID, v.Number, v.ActZh, v.StateZh, v.From.Person, to, fmt.Sprintf("%d/%d", v.Out, len(v.Carriers)), due})
	}
	table(w, "MOVEMENT\tNUMBER\tACT\tSTATE\tFROM\tTO\tOUT\tDUE", rows)
	printPage(w, len(rows), p.Total, p.Next, p.Searched)
}

// printSearched says what was gone through, so that an empty list means something.
func printSearched(w io.Writer, s api.SearchedView) {
	fmt.Fprintf(w, "查遍 searched: %d 项 entries, 账本 ledger %d, root %s\n", s.Entries, s.Size, s.Root)
}

func newMoveShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show MOVEMENT", Short: "一项流转 / one movement with both ends and history", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.movement(c.Context(), "movement/show", api.ByID{ID: args[0]})
		},
	}
}
