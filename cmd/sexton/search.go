package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newSearchCommand(e *env) *cobra.Command {
	var r api.SearchRequest
	c := &cobra.Command{
		Use: "search", Short: "查找载体 / find carriers by number, 文号, title, holder, place, level, state, due, parent",
		Long: "Finds the carriers that meet all that is asked. The answer comes page by page: repeat with --after and the mark that the page ends with.\n" +
			"Where nothing is found, the answer says up to which leaf and under which root it was looked for.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.FoundPage](c.Context(), e, "carrier/search", r)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) { printFound(w, p) })
		},
	}
	addFilter(c, &r.SearchFilter)
	f := c.Flags()
	f.StringVar(&r.Number, "number", "", "beginning of the carrier's number")
	f.StringVar(&r.Fate, "fate", "", "with this fate in it")
	f.StringVar(&r.Order, "order", "number", "number, newest, entered, due, title, document, keeper or holder")
	f.StringVar(&r.After, "after", "", "page mark of the page before")
	f.Int64Var(&r.Limit, "limit", 100, "at most so many (1000)")
	return c
}

// addFilter adds the flags that select carriers, but for the beginning of a number and the fate: some commands have other uses for these words.
func addFilter(c *cobra.Command, to *api.SearchFilter) {
	f := c.Flags()
	f.StringVar(&to.Part, "part", "", "part of the carrier's number")
	f.StringVar(&to.DocumentNumber, "document", "", "document number (文号)")
	f.StringVar(&to.DocumentPrefix, "document-prefix", "", "beginning of the document number")
	f.StringVar(&to.Title, "title", "", "part of the title")
	f.StringVar(&to.Serial, "serial", "", "serial number of a medium")
	f.StringVar(&to.Parent, "parent", "", "copies of the carrier with this number")
	f.StringVar(&to.List, "list", "", "of this transfer list")
	f.StringVar(&to.Batch, "batch", "", "of this batch")
	f.StringSliceVar(&to.Kinds, "kind", nil, "of this kind, repeatable")
	f.StringSliceVar(&to.Levels, "level", nil, "of this classification, repeatable, e.g. 机密 or secret")
	f.StringSliceVar(&to.States, "state", nil, "in this state, repeatable")
	f.StringSliceVar(&to.Wheres, "where", nil, "on-shelf, offered, circulating, on-loan, carried-out, in-transit; repeatable")
	f.StringVar(&to.Keeper, "keeper", "", "kept by this person")
	f.StringVar(&to.Holder, "holder", "", "in the hand of this person")
	f.StringVar(&to.Person, "person", "", "kept by this person, or in his hand")
	f.StringVar(&to.KeeperName, "keeper-name", "", "part of the keeper's name")
	f.StringVar(&to.HolderName, "holder-name", "", "part of the holder's name")
	f.StringVar(&to.Place, "place", "", "in this place")
	f.StringVar(&to.Department, "department", "", "of this department")
	f.BoolVar(&to.NoPlace, "no-place", false, "put nowhere yet")
	f.StringVar(&to.Campaign, "campaign", "", "of this clear-out")
	f.StringVar(&to.DueBefore, "due-before", "", "due back before this day")
	f.BoolVar(&to.Overdue, "overdue", false, "due back by now")
	f.StringVar(&to.EnteredFrom, "entered-from", "", "registered on this day or later")
	f.StringVar(&to.EnteredBefore, "entered-before", "", "registered before this day")
	f.BoolVar(&to.Held, "held", false, "with no disposition yet")
	f.BoolVar(&to.OpenCase, "open-case", false, "with an open case")
	f.BoolVar(&to.MustReturn, "must-return", false, "that must go back to the issuer")
	f.BoolVar(&to.Spoiled, "spoiled", false, "spoiled copies")
	f.BoolVar(&to.Copies, "copies", false, "made here")
}

func printFound(w io.Writer, p api.FoundPage) {
	var rows [][]string
	for _, c := range p.Carriers {
		due := ""
		if !c.Due.IsZero() {
			due = c.Due.Local().Format("2006-01-02")
		}
		if c.Overdue {
			due += " 逾期"
		}
		rows = append(rows, []string{c.Number, c.Mark, c.KindZh, c.StateZh, c.WhereZh, c.Keeper, c.With, c.Place, due, c.Document, c.Title})
	}
	table(w, "NUMBER\tMARK\tKIND\tSTATE\tWHERE\tKEEPER\tWITH\tPLACE\tDUE\tDOCUMENT\tTITLE", rows)
	least := ""
	if !p.Exact {
		least = "≥ "
	}
	fmt.Fprintf(w, "%d / %s%d\n", len(p.Carriers), least, p.Count)
	if p.Next != "" {
		fmt.Fprintf(w, "--after %s\n", clean(p.Next))
	}
	if p.Count == 0 {
		fmt.Fprintf(w, "查至账本 %d 条、登记簿 %d 件，根 / looked for in %d carriers up to leaf %d, root %s\n", p.Searched.Size, p.Searched.Entries, p.Searched.Entries, p.Searched.Size, p.Searched.Root)
	}
}
