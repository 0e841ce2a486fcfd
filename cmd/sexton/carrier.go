package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newCarrierCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "carrier", Short: "载体 / carriers: find, store, copy, account for, resolve"}
	c.AddCommand(newCarrierListCommand(e), newCarrierShowCommand(e), newSearchCommand(e), newExportCommand(e),
		newCasesCommand(e), newResolveCommand(e))
	addKeepingCommands(e, c)
	return c
}

// sign runs an operation that takes an id and one signature.
func (e *env) sign(ctx context.Context, op, id, what string) error {
	by, err := e.signer(ctx, what)
	if err != nil {
		return err
	}
	v, err := call[api.SignedView](ctx, e, op, api.SignRequest{ID: id, By: by})
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
}

func printSigned(w io.Writer, e *env, v api.SignedView) {
	if v.Done {
		e.ok("签名齐全，已入账", fmt.Sprintf("signed and on record: leaf %d %s", v.Index, v.Leaf))
		return
	}
	e.ok("已签名，还差：", "signed, still due:")
	printWaiting(w, v.Waiting)
}

func printWaiting(w io.Writer, all []api.Waiting) {
	for _, x := range all {
		mark := "…"
		if x.Signed {
			mark = "✓"
		}
		fmt.Fprintf(w, "    %s %s %s\n", mark, clean(x.Role), clean(x.Person))
	}
}

func newCarrierListCommand(e *env) *cobra.Command {
	var f api.FilterRequest
	c := &cobra.Command{
		Use: "list", Short: "查载体 / list carriers", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.CarrierPage](c.Context(), e, "carrier/list", f)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				var rows [][]string
				for _, x := range p.Carriers {
					rows = append(rows, []string{x.Number, x.StateZh + " " + x.State, x.ClassificationZh, x.Kind, x.Title})
				}
				table(w, "NUMBER\tSTATE\tCLASS\tKIND\tTITLE", rows)
				fmt.Fprintf(w, "%d / %d\n", len(p.Carriers), p.Total)
			})
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.List, "list", "", "of this transfer list")
	fl.StringVar(&f.Batch, "batch", "", "of this batch")
	fl.StringVar(&f.State, "state", "", "in this state")
	fl.StringVar(&f.Kind, "kind", "", "of this kind")
	fl.StringVar(&f.Classification, "classification", "", "of this classification")
	fl.StringVar(&f.Text, "number", "", "whose number contains this")
	fl.Int64Var(&f.Offset, "offset", 0, "skip so many")
	fl.Int64Var(&f.Limit, "limit", 100, "show at most so many (1000)")
	return c
}

func newCarrierShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show NUMBER", Short: "一件载体的经历 / one carrier with its history", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.CarrierView](c.Context(), e, "carrier/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %s %s  %s\n", clean(v.Number), clean(v.StateZh), clean(v.State), clean(v.Disposition))
				mark := v.ClassificationZh
				if v.Period != "" {
					mark += "★" + v.Period
				}
				fmt.Fprintf(w, "  %s  %s  %s %d %s × %d\n", clean(mark), clean(v.Classification), clean(v.Kind), v.Extent, clean(v.ExtentUnit), v.Count)
				for _, f := range [][2]string{{"标题 title", v.Title}, {"文号 document", v.Document}, {"份号 copy", v.Copy}, {"制发单位 issuer", v.Issuer}, {"序列号 serial", v.SerialNo}, {"备注 remark", v.Remark}} {
					if f[1] != "" {
						fmt.Fprintf(w, "  %s  %s\n", f[0], clean(f[1]))
					}
				}
				printHistory(w, v.History)
			})
		},
	}
}

func printHistory(w io.Writer, all []api.HistoryView) {
	for _, h := range all {
		var who []string
		for _, a := range h.Actors {
			who = append(who, a.Role+" "+a.Person)
		}
		fmt.Fprintf(w, "  %6d  %s  %-22s %s  %s\n", h.Index, h.At.Local().Format("2006-01-02 15:04:05"), clean(h.Kind), clean(strings.Join(who, ", ")), clean(h.Detail))
	}
}

func newCasesCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "cases", Short: "未结事项 / outcomes that two persons must resolve", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := call[[]api.OpenCase](c.Context(), e, "carrier/cases", api.None{})
			if err != nil {
				return err
			}
			return e.print(all, func(w io.Writer) { printCases(w, all) })
		},
	}
}

func newResolveCommand(e *env) *cobra.Command {
	var r api.ResolveRequest
	c := &cobra.Command{
		Use: "resolve NUMBER", Short: "处理未结事项 / close an open case; both persons sign, one call each",
		Long: "Closes the open outcome of a carrier: held (found whole, back in custody), lost, or destroyed (only when the evidence read from the machine proves it).\nRun it once for each of the two persons with the same words.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r.Carrier = args[0]
			by, err := e.signer(c.Context(), "处理 / resolve "+r.Carrier+" = "+r.Resolution)
			if err != nil {
				return err
			}
			r.By = by
			v, err := call[api.SignedView](c.Context(), e, "carrier/resolve", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	c.Flags().StringVar(&r.Resolution, "as-found", "", "held, lost or destroyed")
	c.Flags().StringVar(&r.Reason, "reason", "", "what was found, in words (kept private)")
	_ = c.MarkFlagRequired("as-found")
	_ = c.MarkFlagRequired("reason")
	return c
}
