package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sexton/web/api"
)

func newDocumentCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "document", Short: "文件 / documents: what copies have in common"}
	c.AddCommand(newDocumentEnterCommand(e), newDocumentShowCommand(e), newCircleCommand(e), newMarkCommand(e, "reclassify", "变更密级 / give a document and its copies the approved mark"),
		newMarkCommand(e, "declassify", "解密 / release a document and its copies"),
		newDocumentListCommand(e))
	return c
}

func newDocumentEnterCommand(e *env) *cobra.Command {
	var r api.DocumentRequest
	c := &cobra.Command{
		Use: "enter NUMBER", Short: "登记本单位文件 / enter an own document before it is made in copies", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Number, r.Session = args[0], s.ID
			v, err := call[api.DocumentView](c.Context(), e, "document/enter", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) { e.ok("已登记文件 "+v.Number+"，"+v.Mark, "entered document "+v.ID) })
		},
	}
	f := c.Flags()
	f.StringVar(&r.Title, "title", "", "title (kept private)")
	f.StringVar(&r.Issuer, "issuer", "", "this unit, as it signs (kept private)")
	f.StringVar(&r.Scope, "scope", "", "circle of persons admitted, in words (kept private)")
	f.StringVar(&r.Classification, "classification", "", "e.g. 机密 or secret")
	f.StringVar(&r.Period, "period", "", "after the star of the mark: 10年, 6个月, 长期, 2027年12月31日, or a condition")
	f.StringVar(&r.Dated, "dated", "", "day it was made, 2026-01-31")
	for _, n := range []string{"title", "issuer", "classification"} {
		_ = c.MarkFlagRequired(n)
	}
	return c
}

func newDocumentListCommand(e *env) *cobra.Command {
	var f api.DocumentFilter
	c := &cobra.Command{
		Use: "list", Short: "列出文件 / list documents, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.DocumentPage](c.Context(), e, "document/list", f)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				var rows [][]string
				for _, v := range p.Documents {
					rows = append(rows, []string{v.ID, v.Number, v.Mark, fmt.Sprint(v.Registered), v.Title})
				}
				table(w, "ID\tNUMBER\tMARK\tCOPIES\tTITLE", rows)
				printPage(w, len(rows), p.Total, p.Next, p.Searched)
			})
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.Number, "number", "", "whose 文号 begins so")
	fl.StringVar(&f.Title, "title", "", "whose title contains this")
	fl.StringVar(&f.Level, "level", "", "of this classification")
	pageFlags(fl, &f.After, &f.Limit)
	return c
}

// pageFlags are those of every list that comes in pages.
func pageFlags(fl *pflag.FlagSet, after *string, limit *int64) {
	fl.StringVar(after, "after", "", "go on after this page mark")
	fl.Int64Var(limit, "limit", 100, "show at most so many (1000)")
}

// printPage ends a list: how much of it this is, how to go on, and what was searched, so that an empty list means something.
func printPage(w io.Writer, shown int, total int64, next string, s api.SearchedView) {
	fmt.Fprintf(w, "%d / %d\n", shown, total)
	if next != "" {
		fmt.Fprintf(w, "下一页 next page: --after %s\n", clean(next))
	}
	printSearched(w, s)
}

func newDocumentShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show DOCUMENT", Short: "一份文件和它的各份 / one document with its copies and history", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.DocumentView](c.Context(), e, "document/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				printDocument(w, v)
				printCopies(w, v.Carriers)
				printHistory(w, v.History)
			})
		},
	}
}

func printDocument(w io.Writer, v api.DocumentView) {
	fmt.Fprintf(w, "%s  %s  %s\n", clean(v.Number), clean(v.Mark), clean(v.Title))
	fmt.Fprintf(w, "  %s  %s %s\n", v.ID, clean(v.Issuer), clean(v.Dated))
	fmt.Fprintf(w, "  印制 made %s  登记 registered %d  本单位复制 copied here %d\n", number(v.Made), v.Registered, v.Copies)
	if len(v.Circle) > 0 {
		fmt.Fprintf(w, "  知悉范围 circle  %s\n", clean(strings.Join(v.Circle, " ")))
	}
	if v.Change != "" {
		fmt.Fprintf(w, "  密级变更中 change under way: request %s\n", clean(v.Change))
	}
	if v.Released {
		fmt.Fprintln(w, "  已解密 declassified")
	}
}

// number says a count that may be unknown.
func number(n int64) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

func printCopies(w io.Writer, all []api.CopyView) {
	var rows [][]string
	for _, c := range all {
		state := c.StateZh
		if c.Disposition == "" && c.Where != "nowhere" {
			state += "、" + c.WhereZh
		}
		note := ""
		if c.Parent != "" {
			note = "← " + c.Parent
		}
		if c.Spoiled {
			note += " 废 spoiled"
		}
		rows = append(rows, []string{c.Copy, c.Number, state, strings.TrimSpace(c.Keeper + " " + c.With), note})
	}
	table(w, "份号\tCARRIER\tSTATE\tWHO\t", rows)
}

func newCircleCommand(e *env) *cobra.Command {
	var r api.CircleRequest
	c := &cobra.Command{
		Use: "circle DOCUMENT", Short: "确定知悉范围 / say who may read it; the approver signs", Args: cobra.ExactArgs(1),
		Long: "Fixes who may read a document: name everybody, those admitted before included. After the first setting the circle only grows, under an approved request to widen it.",
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), "知悉范围 / circle of "+args[0])
			if err != nil {
				return err
			}
			r.Document, r.By = args[0], by
			v, err := call[api.SignedView](c.Context(), e, "document/circle", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	c.Flags().StringSliceVar(&r.Persons, "person", nil, "person admitted, repeatable")
	c.Flags().StringVar(&r.Request, "request", "", "approved request to widen the circle")
	_ = c.MarkFlagRequired("person")
	return c
}

func newMarkCommand(e *env, act, short string) *cobra.Command {
	var r api.ClassifyRequest
	c := &cobra.Command{
		Use: act + " DOCUMENT", Short: short, Args: cobra.ExactArgs(1),
		Long: short + ".\nThe classification authority signs. With more than 200 copies held here one signature is not enough: run it again until it says that all are done.",
		RunE: func(c *cobra.Command, args []string) error {
			if act == "declassify" {
				if err := e.typedBack(args[0], "解密是终局的", "a release is final"); err != nil {
					return err
				}
			}
			by, err := e.signer(c.Context(), act+" "+args[0])
			if err != nil {
				return err
			}
			r.Document, r.By = args[0], by
			v, err := call[api.SignedView](c.Context(), e, "document/"+act, r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				if v.Done {
					printSigned(w, e, v)
					return
				}
				e.ok("本次已入账，还有未列入的份数，请再办理一次", fmt.Sprintf("on record as leaf %d; copies are left, run it again", v.Index))
			})
		},
	}
	c.Flags().StringVar(&r.Request, "request", "", "approved request")
	c.Flags().StringVar(&r.Basis, "basis", "", "on what the decision rests (kept private)")
	_ = c.MarkFlagRequired("request")
	_ = c.MarkFlagRequired("basis")
	return c
}
