package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sexton/cmd/internal/manual"
	"sexton/inspect"
	"sexton/internal/fault"
)

// env is what a command may touch.
type env struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

// exit is an error with its exit status. err may be nil when everything has
// been said.
type exit struct {
	kind fault.Kind
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return e.kind.String()
	}
	return e.err.Error()
}
func (e *exit) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return &exit{fault.Usage, fmt.Errorf(format, args...)} }

// run executes one command line and returns the exit status.
func run(e env, args []string) int {
	root := newRootCommand(e)
	root.SetArgs(args)
	root.SetIn(e.in)
	root.SetOut(e.out)
	root.SetErr(e.err)
	err := root.Execute()
	if err == nil {
		return int(fault.OK)
	}
	var x *exit
	if !errors.As(err, &x) {
		x = &exit{fault.Usage, err} // cobra's own errors are about the command line
	}
	if x.err != nil {
		fmt.Fprintf(e.err, "✗ %s\n  sexton-inspect: %s\n", safe(chinese(x)), safe(x.err.Error()))
	}
	return int(x.kind)
}

// chinese is the Chinese line above the English one.
func chinese(x *exit) string {
	switch x.kind {
	case fault.Usage:
		return fault.New("usage.bad-request", x.err, x.err.Error()).Zh
	case fault.Inspection:
		return "证明不成立：" + fault.Term(x.err.Error())
	}
	return fault.New("internal.unexpected", x.err).Zh
}

func newRootCommand(e env) *cobra.Command {
	root := &cobra.Command{
		Use:   "sexton-inspect",
		Short: "核验销毁证明 / judge certificates of destruction offline",
		Long: `核验销毁证明。不联网，不信任签发站，只信任本单位给的信任文件。
Judge certificates of destruction. No network, no trust in the station, only in
the trust file that the inspector's own office gave him.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newVerifyCommand(e), newShowCommand(e), newRedactCommand(e), manual.Command(root))
	return root
}

const exitStatus = `

EXIT STATUS
  0  证明成立（不论等级） / the certificate holds, whatever its grade
  1  程序内部错误 / internal error
  2  用法错误，或文件无法读取 / wrong usage, or a file that cannot be read
  7  证明不成立 / the certificate does not hold`

// readFile reads at most limit bytes; "-" is standard input.
func (e env) readFile(name string, limit int) ([]byte, error) {
	r := e.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("cannot read %s: %w", name, errors.Unwrap(err))
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, usage("cannot read %s: %w", name, err)
	}
	return data, nil // one byte too many is for the parser to refuse
}

func (e env) readTrust(name string) (*inspect.Trust, error) {
	data, err := e.readFile(name, inspect.MaxTrust)
	if err != nil {
		return nil, err
	}
	t, err := inspect.ParseTrust(data)
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	return t, nil
}
