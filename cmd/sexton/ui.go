package main

// Rules of the output:
//   - standard output carries the answer, standard error prompts and faults;
//   - people read Chinese first, then English; scripts use --json;
//   - a table has one line per thing and no frames;
//   - text that came from outside (titles, names, device strings) is escaped.

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"sexton/internal/fault"
	"sexton/web/api"
)

// print writes view as JSON with --json, else calls human.
func (e *env) print(view any, human func(w io.Writer)) error {
	if e.json {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(view); err != nil {
			return fault.New("internal.unexpected", err)
		}
		return nil
	}
	human(e.out)
	return nil
}

// table writes rows in aligned columns. Chinese characters are two columns
// wide on a terminal (Unicode Standard Annex #11).
func table(w io.Writer, head string, rows [][]string) {
	rows = append([][]string{strings.Split(head, "\t")}, rows...)
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i := range r {
			r[i] = clean(r[i])
			widths[i] = max(widths[i], columns(r[i]))
		}
	}
	for _, r := range rows {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell)
			if i < len(r)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-columns(cell)+2))
			}
		}
		fmt.Fprintln(w, line.String())
	}
}

// columns is how many terminal columns s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// clean escapes what could move the cursor or reorder text on a terminal.
func clean(s string) string {
	if strings.IndexFunc(s, hostile) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hostile(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func hostile(r rune) bool { return !unicode.IsPrint(r) && r != '\u3000' }

// lineReader reads prompts' answers line by line, however many prompts share it.
type lineReader struct{ r *bufio.Reader }

func newLineReader(in io.Reader) *lineReader { return &lineReader{bufio.NewReaderSize(in, 4096)} }

func (l *lineReader) line() ([]byte, error) {
	b, err := l.r.ReadSlice('\n')
	if err != nil && (!errors.Is(err, io.EOF) || len(b) == 0) {
		return nil, err
	}
	out := append([]byte(nil), b...)
	clear(b)
	for len(out) > 0 && (out[len(out)-1] == '\n' || out[len(out)-1] == '\r') {
		out = out[:len(out)-1]
	}
	return out, nil
}

// pin asks for a PIN without echo, the tries left shown first. what says what
// will be signed or entered.
func (e *env) pin(ctx context.Context, reader, what string) (api.Secret, error) {
	tries, err := call[api.TriesView](ctx, e, "session/tries", api.ByReader{Reader: reader})
	if err != nil {
		return nil, err
	}
	if tries.Tries >= 0 {
		fmt.Fprintf(e.err, "%s  PIN（剩余 %d 次 / %d tries left）: ", clean(what), tries.Tries, tries.Tries)
	} else {
		fmt.Fprintf(e.err, "%s  PIN: ", clean(what))
	}
	if e.pinStdin {
		b, err := e.lines.line()
		fmt.Fprintln(e.err)
		if err != nil {
			return nil, usageError{fmt.Errorf("cannot read PIN from standard input: %w", err)}
		}
		return api.Secret(b), nil
	}
	f, ok := e.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(e.err)
		return nil, usageError{errors.New("standard input is no terminal: use --pin-stdin to pipe a PIN")}
	}
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(e.err)
	if err != nil {
		return nil, usageError{fmt.Errorf("cannot read PIN: %w", err)}
	}
	return api.Secret(b), nil
}

// typedBack demands label typed back before an act that cannot be undone.
func (e *env) typedBack(label, zh, en string) error {
	fmt.Fprintf(e.err, "%s\n%s\n请照抄 / type back: %s\n> ", zh, en, clean(label))
	b, err := e.lines.line()
	if err != nil || string(b) != label {
		return fault.New("usage.not-confirmed", err, label)
	}
	return nil
}

// session returns the session to act in: that of --as, or the only open one.
func (e *env) session(ctx context.Context) (api.SessionView, error) {
	all, err := call[[]api.SessionView](ctx, e, "session/list", api.None{})
	if err != nil {
		return api.SessionView{}, err
	}
	var open []api.SessionView
	for _, s := range all {
		if s.Locked && e.as != s.ID && e.as != s.Person {
			continue
		}
		if e.as == "" || e.as == s.ID || e.as == s.Person || e.as == s.Name {
			open = append(open, s)
		}
	}
	switch {
	case len(open) == 0:
		return api.SessionView{}, fault.New("session.unknown", nil)
	case len(open) > 1 && e.as == "":
		return api.SessionView{}, usageError{errors.New("several persons are logged in: say --as PERSON")}
	}
	return open[len(open)-1], nil
}

// signer asks the person of the session for the PIN of one signature.
func (e *env) signer(ctx context.Context, what string) (api.Signer, error) {
	s, err := e.session(ctx)
	if err != nil {
		return api.Signer{}, err
	}
	if s.Locked {
		return api.Signer{}, fault.New("session.locked", nil, s.Cause)
	}
	pin, err := e.pin(ctx, s.Reader, fmt.Sprintf("%s：%s（%s）", what, s.Name, s.Person))
	if err != nil {
		return api.Signer{}, err
	}
	return api.Signer{Session: s.ID, PIN: pin, LastTry: e.lastTry}, nil
}

// signerAs asks another person than that of --as for the PIN of one signature.
func (e *env) signerAs(ctx context.Context, person, what string) (api.Signer, error) {
	other := *e
	other.as = person
	return other.signer(ctx, what)
}

// ok prints one line of success.
func (e *env) ok(zh, en string) { fmt.Fprintf(e.out, "✓ %s\n  %s\n", clean(zh), clean(en)) }
