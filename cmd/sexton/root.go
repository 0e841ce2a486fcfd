package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sexton/cmd/internal/manual"
	"sexton/internal/fault"
	"sexton/web/api"
)

// defaultSocket is where sextond listens unless told otherwise.
const defaultSocket = "/run/sexton/sexton.sock"

// env is what every command works with.
type env struct {
	in       io.Reader
	out, err io.Writer
	socket   string
	json     bool
	as       string // person or session whose session is used
	pinStdin bool
	lastTry  bool
	showDue  bool        // batch show lists what the counts must find
	lines    *lineReader // shared: prompts read one line each
	client   *api.Client
}

const exitStatus = `
EXIT STATUS
  0  done
  1  internal error
  2  the request cannot be understood
  3  refused by the rules
  4  card, PIN or session
  5  attend to machine, reader, disk or daemon
  6  a physical outcome is unknown; two persons must resolve it
  7  evidence does not hold`

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	e := &env{in: in, out: out, err: errw, lines: newLineReader(in)}
	root := newRoot(e)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	if e.client != nil {
		e.client.Close()
	}
	if err == nil {
		return 0
	}
	return e.fail(err)
}

// usageError marks errors cobra found in the command line itself.
type usageError struct{ error }

// fail prints err the one way there is and returns its exit status.
func (e *env) fail(err error) int {
	var f *fault.Fault
	if u, ok := err.(usageError); ok {
		f = fault.New("usage.bad-request", u, u.Error())
	} else {
		f = fault.From(err)
		if f.Code == "internal.unexpected" && f.Err != nil {
			f = fault.New("usage.bad-request", f.Err, f.Err.Error())
		}
	}
	if e.json {
		b, _ := json.Marshal(map[string]any{"fault": f})
		fmt.Fprintln(e.err, string(b))
		return int(f.Kind)
	}
	fmt.Fprintf(e.err, "✗ %s\n  %s  [%s]\n", clean(f.Zh), clean(f.En), f.Code)
	for _, h := range f.Hints {
		fmt.Fprintf(e.err, "  → %s\n    %s\n", clean(h.Zh), clean(h.En))
	}
	return int(f.Kind)
}

func newRoot(e *env) *cobra.Command {
	socket := os.Getenv("SEXTON_SOCKET")
	if socket == "" {
		socket = defaultSocket
	}
	root := &cobra.Command{
		Use:           "sexton",
		Short:         "销毁站操作命令 / operate a destruction station",
		Long:          "sexton operates the destruction station whose daemon listens on the local socket.\n" + exitStatus,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(*cobra.Command, []string) {
			e.client = api.Dial(e.socket)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	f := root.PersistentFlags()
	f.StringVar(&e.socket, "socket", socket, "socket of the daemon (SEXTON_SOCKET)")
	f.BoolVar(&e.json, "json", false, "print JSON")
	f.StringVar(&e.as, "as", "", "person (or session id) in whose session to act; may be left out while one is logged in")
	f.BoolVar(&e.pinStdin, "pin-stdin", false, "read the PIN from standard input, one line per PIN")
	f.BoolVar(&e.lastTry, "last-try", false, "use the PIN although only one try is left")
	root.AddCommand(newStatusCommand(e), newWatchCommand(e), newReaderCommand(e), newLoginCommand(e), newLogoutCommand(e), newSessionsCommand(e),
		newPersonCommand(e), newPolicyCommand(e), newListCommand(e), newDocumentCommand(e), newRequestCommand(e), newMoveCommand(e), newCarrierCommand(e), newBatchCommand(e), newCertCommand(e), newShredderCommand(e), newLedgerCommand(e),
		newDepartmentCommand(e), newPlaceCommand(e), newFirmCommand(e), newKeyCommand(e), newPortCommand(e),
		newInspectionCommand(e), newFindingCommand(e), newIncidentCommand(e), newCampaignCommand(e), newReportCommand(e), newFormCommand(e), manual.Command(root))
	root.CompletionOptions.HiddenDefaultCmd = false
	finish(root)
	return root
}

// finish gives every command its exit statuses, and every group an error for a
// misspelt subcommand instead of a help text with status 0.
func finish(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Long == "" {
			sub.Long = sub.Short
		}
		if sub.Name() != "completion" && sub.Name() != "help" {
			sub.Long += "\n" + exitStatus
		}
		if sub.HasSubCommands() && sub.Run == nil && sub.RunE == nil {
			sub.Args = cobra.ArbitraryArgs
			sub.RunE = func(c *cobra.Command, args []string) error {
				if len(args) == 0 {
					return c.Help()
				}
				return usageError{fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
			}
		}
		if sub.Args != nil {
			args := sub.Args
			sub.Args = func(c *cobra.Command, a []string) error {
				if err := args(c, a); err != nil {
					return usageError{err}
				}
				return nil
			}
		}
		finish(sub)
	}
}

// call is api.Call with the environment's client.
func call[T any](ctx context.Context, e *env, op string, req any) (T, error) {
	return api.Call[T](ctx, e.client, op, req)
}
