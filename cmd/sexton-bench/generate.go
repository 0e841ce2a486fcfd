package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"sexton/bench/year"
	"sexton/transferlist"
)

// generateOptions of the subcommand generate.
type generateOptions struct {
	year.Config
	formats  []string
	encoding string
	rows     int
	out      string
}

func newGenerateCommand() *cobra.Command {
	var o generateOptions
	c := &cobra.Command{
		Use: "generate --out DIR", Short: "造一年的演练数据 / make a year of an invented bureau", Args: cobra.NoArgs,
		Long: `Makes a year in the life of an invented bureau: what arrives, who reads, borrows and copies it, what is lost and
found, and what becomes of everything. The same --carriers and --seed give the same bytes. DIR gets

  csv     lists/list-00001.csv …   transfer lists of all that arrives, to be registered
  epcis   lists/list-00001.jsonld … the same as documents of EPCIS 2.0
  jsonl   events.jsonl             everything that happens, in the order of time, one happening a line
          expected.json            the balance, by year, class and kind, that a register should come to

and always people.csv, places.csv and world.json, which names the numbers that the happenings use.

EXIT STATUS
  0  written
  1  not written: the message says why`,
		RunE: func(c *cobra.Command, _ []string) error { return runGenerate(c.Context(), o, c.OutOrStdout()) },
	}
	f := c.Flags()
	f.IntVar(&o.Carriers, "carriers", 200, fmt.Sprintf("that arrive, %d to %d; copies come on top", year.Least, year.Most))
	f.Uint64Var(&o.Seed, "seed", 1, "of all chance")
	f.StringSliceVar(&o.formats, "format", []string{"csv", "jsonl"}, "what to write: csv, epcis, jsonl")
	f.StringVar(&o.encoding, "encoding", "utf-8-bom", "of the lists as CSV: utf-8-bom, gb18030, both (in turn)")
	f.IntVar(&o.rows, "rows", 0, "about how many rows a list has (0 = in proportion)")
	f.StringVar(&o.out, "out", "", "directory; must be empty or missing")
	return c
}

// encodings of the lists as CSV, in turn.
var encodings = map[string][]string{"utf-8-bom": {"utf-8-bom"}, "gb18030": {"gb18030"}, "both": {"utf-8-bom", "gb18030"}}

func (o generateOptions) check() error {
	if o.out == "" {
		return errors.New("cannot generate: say --out DIR")
	}
	for _, f := range o.formats {
		if !slices.Contains([]string{"csv", "epcis", "jsonl"}, f) {
			return fmt.Errorf("cannot write format %q: say csv, epcis or jsonl", f)
		}
	}
	if _, ok := encodings[o.encoding]; !ok {
		return fmt.Errorf("cannot write encoding %q: say utf-8-bom, gb18030 or both", o.encoding)
	}
	return nil
}

func runGenerate(ctx context.Context, o generateOptions, out io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	life, err := year.New(o.Config)
	if err != nil {
		return err
	}
	if err := emptyDir(o.out); err != nil {
		return err
	}
	if err := writeWorld(life.World(), o.out); err != nil {
		return err
	}
	if slices.Contains(o.formats, "csv") || slices.Contains(o.formats, "epcis") {
		lists, rows, err := writeLists(ctx, life, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "清单 %d 份，载体 %d 件 / %d lists, %d carriers\n", lists, rows, lists, rows)
	}
	if !slices.Contains(o.formats, "jsonl") {
		return nil
	}
	x, n, err := writeEvents(ctx, life, o.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "事件 %d 件；载体 %d 件（含复制件），年末及清理后在库 %d 件 / %d happenings; %d carriers with copies, %d held at the end\n", n, x.Carriers, x.Held, n, x.Carriers, x.Held)
	return nil
}

func writeWorld(w *year.World, dir string) error {
	for name, table := range map[string][][]string{"people.csv": w.People(), "places.csv": w.PlacesTable()} {
		if err := writeFile(filepath.Join(dir, name), func(f io.Writer) error { return transferlist.WriteTable(f, table, "") }); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, "world.json"), func(f io.Writer) error { return indented(f, w) })
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}

func writeLists(ctx context.Context, life *year.Life, o generateOptions) (lists, rows int, err error) {
	dir := filepath.Join(o.out, "lists")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return 0, 0, fmt.Errorf("cannot make the directory of lists: %w", err)
	}
	in := encodings[o.encoding]
	for list := range life.Lists(o.rows) {
		if err := ctx.Err(); err != nil {
			return lists, rows, err
		}
		as := in[lists%len(in)]
		lists, rows = lists+1, rows+len(list.Rows)
		name := filepath.Join(dir, fmt.Sprintf("list-%05d", lists))
		if slices.Contains(o.formats, "csv") {
			if err := writeFile(name+".csv", func(f io.Writer) error { return list.CSV(f, as) }); err != nil {
				return lists, rows, err
			}
		}
		if slices.Contains(o.formats, "epcis") {
			if err := writeFile(name+".jsonld", list.EPCIS); err != nil {
				return lists, rows, err
			}
		}
	}
	return lists, rows, nil
}

// writeEvents writes the stream, and beside it what an independent count of it
// comes to.
func writeEvents(ctx context.Context, life *year.Life, dir string) (x year.Expected, n int64, err error) {
	oracle := year.NewOracle()
	watch := func(e year.Event) error {
		n = e.Seq
		return errors.Join(ctx.Err(), oracle.Observe(e))
	}
	if err := writeFile(filepath.Join(dir, "events.jsonl"), func(f io.Writer) error { return life.WriteEvents(f, watch) }); err != nil {
		return x, n, err
	}
	x = oracle.Expected()
	return x, n, writeFile(filepath.Join(dir, "expected.json"), func(f io.Writer) error { return indented(f, x) })
}

// writeFile writes a small file or a stream. On error it stays as it is: the
// directory was empty before, and the message says that the file is not whole.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("cannot make %s: %w", filepath.Base(path), err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("cannot write %s, it is not whole: %w", filepath.Base(path), err)
	}
	return nil
}
