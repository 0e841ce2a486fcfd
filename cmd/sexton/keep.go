package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

// addKeepingCommands adds to carrier what concerns keeping, copying and accounting.
func addKeepingCommands(e *env, carrier *cobra.Command) {
	carrier.AddCommand(newStoreCommand(e), newCopyCommand(e), newBalanceCommand(e), newCarrierHistoryCommand(e), newWhoKnewCommand(e), newOverdueCommand(e),
		newLinksCommand(e), newFindCommand(e), newWriteOffCommand(e))
}

func newStoreCommand(e *env) *cobra.Command {
	var r api.StoreRequest
	var scan string
	c := &cobra.Command{
		Use: "store PLACE [NUMBER ...]", Short: "入柜存放 / put carriers into a place", Args: cobra.MinimumNArgs(1),
		Long: "Puts carriers into a cabinet or room that may hold them. Name them, or scan them from a file with --scan (- is standard input).",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Place, r.Carriers, r.Session = args[0], args[1:], s.ID
			if scan != "" {
				more, err := e.scanned(scan)
				if err != nil {
					return err
				}
				r.Carriers = append(r.Carriers, more...)
			}
			v, err := call[api.HeldPage](c.Context(), e, "carrier/store", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok(fmt.Sprintf("已存入 %s：%d 件", r.Place, len(v.Held)), fmt.Sprintf("stored %d carriers in %s", len(v.Held), r.Place))
			})
		},
	}
	c.Flags().StringVar(&scan, "scan", "", "file of numbers, one per line; - is standard input")
	return c
}

func newCopyCommand(e *env) *cobra.Command {
	var r api.CopyRequest
	var with string
	c := &cobra.Command{
		Use: "copy REQUEST", Short: "登记复制件 / register the copies made under an approved request", Args: cobra.ExactArgs(1),
		Long: "Registers copies that were made under an approved request to copy a carrier, or to make an own document. Each copy is a carrier with its own number and copy number and the mark of its original. Spoiled ones are counted and must be destroyed.",
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), fmt.Sprintf("复制 / copies: %d + %d", r.Made, r.Spoiled))
			if err != nil {
				return err
			}
			r.Request, r.By = args[0], by
			if with != "" {
				if r.With, err = e.signerAs(c.Context(), with, fmt.Sprintf("复制 / copies: %d + %d", r.Made, r.Spoiled)); err != nil {
					return err
				}
			}
			v, err := call[api.CopiesView](c.Context(), e, "carrier/copy", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				printSigned(w, e, v.Signed)
				for _, n := range v.Numbers {
					fmt.Fprintf(w, "    %s\n", clean(n))
				}
			})
		},
	}
	f := c.Flags()
	f.Int64Var(&r.Made, "made", 0, "good copies")
	f.Int64Var(&r.Spoiled, "spoiled", 0, "spoiled ones")
	f.Int64Var(&r.First, "first", 0, "copy number (份号) of the first; the next free one when left out")
	f.StringSliceVar(&r.Numbers, "carrier", nil, "carrier numbers, the good ones' first; allotted when left out")
	f.StringVar(&r.Kind, "kind", "", "carrier kind, when it is not the original's")
	f.Int64Var(&r.Extent, "extent", 0, "pages or bytes of each, when not the original's")
	f.StringVar(&r.Stamp, "stamp", "", "text of the copying stamp (kept private)")
	f.StringVar(&with, "with", "", "second person who made them and signs too, where the rules demand two")
	_ = c.MarkFlagRequired("made")
	return c
}

func newBalanceCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "balance DOCUMENT", Short: "份数平衡 / prove that every copy of a document is accounted for", Args: cobra.ExactArgs(1),
		Long: "Adds up the copies of one document by copy number: made = held + disposed + open. It names the edge that does not hold, and says what was searched.",
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.BalanceView](c.Context(), e, "document/balance", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printBalance(w, v) })
		},
	}
}

func printBalance(w io.Writer, v api.BalanceView) {
	printDocument(w, v.Document)
	printCopies(w, v.Copies)
	held, disposed := int64(0), int64(0)
	for _, n := range v.Held {
		held += n
	}
	for _, n := range v.Disposed {
		disposed += n
	}
	fmt.Fprintf(w, "  登记 registered %d = 在册 held %d + 处置 disposed %d + 未决 open %d\n", v.Registered, held, disposed, v.Open)
	fmt.Fprintf(w, "  印制 made %s，从未到过本单位 never here %d，废 spoiled %d\n  %s\n  %s\n", number(v.Made), v.Elsewhere, v.Spoiled, counts(v.Held), counts(v.Disposed))
	if v.Balanced {
		fmt.Fprintln(w, "✓ 平衡 balanced")
	}
	for _, b := range v.Edges {
		sign := "…"
		if b.Broken {
			sign = "✗"
		}
		fmt.Fprintf(w, "%s %s %s\n  %s\n", sign, clean(b.Carrier), clean(b.Zh), clean(b.En))
	}
	printSearched(w, v.Searched)
}

func newCarrierHistoryCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "history NUMBER", Short: "一件载体的生命线 / one carrier's life line, with leaf numbers", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.CarrierView](c.Context(), e, "carrier/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v.History, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %s\n", clean(v.Number), clean(v.Title))
				printLife(w, v.History)
				end := v.StateZh
				if v.Disposition == "" && v.Where != "nowhere" {
					end += "、" + v.WhereZh
				}
				fmt.Fprintf(w, "  └ %s %s %s\n", clean(end), clean(v.State), clean(strings.TrimSpace(v.Keeper+" "+v.With+" "+v.Place)))
			})
		},
	}
}

// printLife draws the leaves of a carrier as one line from arrival to now.
func printLife(w io.Writer, all []api.HistoryView) {
	for i, h := range all {
		var who []string
		for _, a := range h.Actors {
			who = append(who, a.Role+" "+a.Person)
		}
		joint := "├"
		if i == 0 {
			joint = "┌"
		}
		fmt.Fprintf(w, "  %s #%d  %s  %s  %s  %s\n", joint, h.Index, h.At.Local().Format("2006-01-02 15:04"), clean(h.Kind), clean(strings.Join(who, ", ")), clean(h.Detail))
	}
}

func newWhoKnewCommand(e *env) *cobra.Command {
	document := false
	c := &cobra.Command{
		Use: "who-knew NUMBER", Short: "知悉记录 / who had a carrier, or with --document any copy of a document, in hand", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r := api.WhoKnewRequest{Carrier: args[0]}
			if document {
				r = api.WhoKnewRequest{Document: args[0]}
			}
			p, err := call[api.KnewPage](c.Context(), e, "carrier/who-knew", r)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				var rows [][]string
				for _, k := range p.Lines {
					rows = append(rows, []string{k.At.Local().Format("2006-01-02 15:04"), k.Carrier, k.Person, k.Name, k.ActZh, fmt.Sprintf("#%d", k.Index)})
				}
				table(w, "SINCE\tCARRIER\tPERSON\tNAME\tACT\tLEAF", rows)
				if len(p.Circle) > 0 {
					fmt.Fprintf(w, "知悉范围 circle  %s\n", clean(strings.Join(p.Circle, " ")))
				}
				printSearched(w, p.Searched)
			})
		},
	}
	c.Flags().BoolVar(&document, "document", false, "the argument is a document, by id or number")
	return c
}

func newOverdueCommand(e *env) *cobra.Command {
	var r api.PageRequest
	c := &cobra.Command{
		Use: "overdue", Short: "逾期未还 / what should be back by now", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.HeldPage](c.Context(), e, "carrier/overdue", r)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				var rows [][]string
				for _, h := range p.Held {
					x := h.Carrier
					rows = append(rows, []string{x.Number, x.LevelZh, x.WhereZh, x.With, x.Due.Local().Format("2006-01-02"), fmt.Sprint(h.DaysOver), x.Movement})
				}
				table(w, "NUMBER\tCLASS\tWHERE\tWITH\tDUE\tDAYS OVER\tMOVEMENT", rows)
				printPage(w, len(rows), p.Total, p.Next, p.Searched)
			})
		},
	}
	pageFlags(c.Flags(), &r.After, &r.Limit)
	return c
}

func newLinksCommand(e *env) *cobra.Command {
	var r api.PageRequest
	c := &cobra.Command{
		Use: "links", Short: "未闭环的交接 / links that are open: not signed for, not back", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.MovementPage](c.Context(), e, "movement/links", r)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) { printMovements(w, p) })
		},
	}
	pageFlags(c.Flags(), &r.After, &r.Limit)
	return c
}

func newFindCommand(e *env) *cobra.Command {
	var r api.FindRequest
	c := &cobra.Command{
		Use: "find NUMBER", Short: "登记找到 / enter that a missing carrier turned up", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Carrier, r.Session = args[0], s.ID
			v, err := call[api.CarrierView](c.Context(), e, "carrier/find", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok("已找到 "+v.Number+"，"+v.WhereZh+"，保管人 "+v.Keeper, v.Number+" is found: "+v.Where+", kept by "+v.Keeper)
			})
		},
	}
	c.Flags().StringVar(&r.Reason, "reason", "", "how it turned up (kept private)")
	_ = c.MarkFlagRequired("reason")
	return c
}

func newWriteOffCommand(e *env) *cobra.Command {
	var r api.WriteOffRequest
	c := &cobra.Command{
		Use: "write-off NUMBER", Short: "核销 / write a lost carrier off; both persons sign, one call each", Args: cobra.ExactArgs(1),
		Long: "Ends the search for a missing carrier, on the ground of a closed incident that says so. Run it once for each of the two persons with the same words; the first names the second with --with.",
		RunE: func(c *cobra.Command, args []string) error {
			r.Carrier = args[0]
			if err := e.typedBack(r.Carrier, "核销是终局的", "a write-off is final"); err != nil {
				return err
			}
			by, err := e.signer(c.Context(), "核销 / write off "+r.Carrier)
			if err != nil {
				return err
			}
			r.By = by
			v, err := call[api.SignedView](c.Context(), e, "carrier/write-off", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	f := c.Flags()
	f.StringVar(&r.Incident, "incident", "", "closed incident that names the carrier")
	f.StringVar(&r.Party, "party", "", "deciding authority (kept private)")
	f.StringVar(&r.Reference, "reference", "", "number of its decision (kept private)")
	f.StringVar(&r.With, "with", "", "the other person")
	for _, n := range []string{"incident", "party", "reference"} {
		_ = c.MarkFlagRequired(n)
	}
	return c
}
