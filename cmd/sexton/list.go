package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newListCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "收文 / lists that come in: import, count, number, sign for"}
	c.AddCommand(newImportCommand(e), newListsCommand(e), newListShowCommand(e), newListCountCommand(e), newListNumberCommand(e), newReceiveCommand(e))
	return c
}

func newImportCommand(e *env) *cobra.Command {
	var allowBad bool
	c := &cobra.Command{
		Use: "import FILE", Short: "导入移交清单 / register the carriers of a transfer list (CSV, UTF-8 or GB18030)",
		Long: "Imports one transfer list. Every bad row is shown with line, column and reason, and nothing is imported if any row is bad, unless --allow-bad.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runImport(c.Context(), e, args[0], allowBad) },
	}
	c.Flags().BoolVar(&allowBad, "allow-bad", false, "leave bad rows out and import the rest")
	return c
}

func runImport(ctx context.Context, e *env, file string, allowBad bool) error {
	source, err := os.ReadFile(file)
	if err != nil {
		return usageError{fmt.Errorf("cannot read list: %w", err)}
	}
	s, err := e.session(ctx)
	if err != nil {
		return err
	}
	v, err := call[api.ImportView](ctx, e, "list/import", api.ImportRequest{Source: source, Session: s.ID, AllowBad: allowBad})
	if err != nil && len(v.Bad) == 0 {
		return err
	}
	if perr := e.print(v, func(w io.Writer) {
		for _, b := range v.Bad {
			fmt.Fprintf(w, "第 %d 行「%s」：%s\n  line %d, column %q: %s\n", b.Line, clean(b.Column), clean(b.Zh), b.Line, clean(b.Column), clean(b.En))
		}
		if v.Imported {
			e.ok(fmt.Sprintf("已导入 %d 件（%s），略过 %d 行", v.List.Rows, v.List.Encoding, v.List.Skipped), fmt.Sprintf("imported %d carriers, skipped %d rows, list %s", v.List.Rows, v.List.Skipped, v.List.ID))
			fmt.Fprintf(w, "  %s\n  %s\n", counts(v.List.Kinds), counts(v.List.Levels))
		}
	}); perr != nil {
		return perr
	}
	return err
}

func newListsCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "已导入的清单 / imported transfer lists", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := call[[]api.ListView](c.Context(), e, "list/list", api.None{})
			if err != nil {
				return err
			}
			return e.print(all, func(w io.Writer) {
				var rows [][]string
				for _, l := range all {
					rows = append(rows, []string{l.ID, l.Number, fmt.Sprint(l.Rows), mark(l.Counted == l.Rows), mark(l.Series != ""), mark(l.Received), l.Receiver})
				}
				table(w, "LIST\tNUMBER\tROWS\tCOUNTED\tNUMBERED\tSIGNED FOR\tBY", rows)
			})
		},
	}
}

func newReceiveCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "receive LIST", Short: "签收清单 / sign for all carriers of a list", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.sign(c.Context(), "list/receive", args[0], "签收 / sign for the list")
		},
	}
}

func newListShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show LIST", Short: "一份清单办到哪一步 / one list and what it still lacks", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.ListView](c.Context(), e, "list/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.printList(v)
		},
	}
}

func (e *env) printList(v api.ListView) error {
	return e.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %d 件\n", v.ID, clean(v.Number), v.Rows)
		for _, a := range []struct {
			zh, en string
			done   bool
			what   string
		}{
			{"登记", "entered", true, v.At.Local().Format("2006-01-02 15:04")},
			{"清点", "counted", v.Counted >= 0, fmt.Sprintf("%d %s", v.Counted, v.Counter)},
			{"编号", "numbered", v.Series != "", fmt.Sprintf("%s〔%d〕%d–%d号 %s", v.Series, v.Year, v.First, v.Last, v.Numberer)},
			{"签收", "signed for", v.Received, v.Receiver},
		} {
			what := "…"
			if a.done {
				what = a.what
			}
			fmt.Fprintf(w, "  %s %s %s  %s\n", tick(a.done), a.zh, a.en, clean(what))
		}
		fmt.Fprintf(w, "  %s\n  %s\n", counts(v.Kinds), counts(v.Levels))
	})
}

func tick(done bool) string {
	if done {
		return "✓"
	}
	return "…"
}

func newListCountCommand(e *env) *cobra.Command {
	var o api.ListCountRequest
	var scan string
	found := int64(-1)
	c := &cobra.Command{
		Use: "count LIST", Short: "清点到件 / count what arrived", Args: cobra.ExactArgs(1),
		Long: "Records how many carriers of the list arrived. Scan their numbers into standard input, one per line, name a file with --scan, or say --found N.\nA later count takes the place of an earlier one until the list is signed for.",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			o.List, o.Session, o.Found = args[0], s.ID, found
			if found < 0 {
				if o.Numbers, err = e.scanned(scan); err != nil {
					return err
				}
				o.Found = int64(len(o.Numbers))
			}
			v, err := call[api.ListView](c.Context(), e, "list/count", o)
			if err != nil {
				return err
			}
			return e.printList(v)
		},
	}
	c.Flags().Int64Var(&found, "found", -1, "so many were found; nothing is scanned")
	c.Flags().StringVar(&scan, "scan", "-", "file of numbers, one per line; - is standard input")
	return c
}

func newListNumberCommand(e *env) *cobra.Command {
	var o api.ListNumberRequest
	c := &cobra.Command{
		Use: "number LIST", Short: "编收文号 / give each row the next reference number", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			o.List, o.Session = args[0], s.ID
			v, err := call[api.ListView](c.Context(), e, "list/number", o)
			if err != nil {
				return err
			}
			return e.printList(v)
		},
	}
	c.Flags().StringVar(&o.Series, "series", "密收", "series of reference numbers; each begins anew every 1 January")
	return c
}
