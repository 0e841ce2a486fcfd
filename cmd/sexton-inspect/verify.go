package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"sexton/inspect"
	"sexton/internal/fault"
)

type verifyOptions struct {
	trust string
	json  bool
	quiet bool
}

func newVerifyCommand(e env) *cobra.Command {
	var o verifyOptions
	c := &cobra.Command{
		Use:   "verify FILE...",
		Short: "逐项核验并给出结论 / check everything and give a verdict",
		Long: `逐项重算证明所依据的全部记录，给出分级结论，并指出第一处不符的字段。
Recompute everything the certificate rests on, print each check, a graded
verdict and, where it fails, the first field that fails.

The trust file has the lines of C2SP tlog-policy (log, witness, group, quorum),
and "anchor BASE64-DER" for card issuers and "profile NAME VERSION SHA256" for
policy profiles. It must come from the inspector's own office.` + exitStatus,
		Example: "  sexton-inspect verify batch.sexton --trust trust.policy",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return runVerify(e, o, args) },
	}
	c.Flags().StringVar(&o.trust, "trust", "", "trust `file` from the inspector's office (required)")
	c.Flags().BoolVar(&o.json, "json", false, "one JSON object per certificate and line")
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "print the verdict only, one line per certificate")
	if err := c.MarkFlagRequired("trust"); err != nil {
		panic(err) // the flag is defined above
	}
	return c
}

func runVerify(e env, o verifyOptions, files []string) error {
	if o.json && o.quiet {
		return usage("--json and --quiet cannot be combined")
	}
	trust, err := e.readTrust(o.trust)
	if err != nil {
		return err
	}
	holds := true
	for _, name := range files {
		data, err := e.readFile(name, inspect.MaxBundle)
		if err != nil {
			return err
		}
		r := inspect.Verify(data, trust, inspect.Options{Now: e.now(), First: o.quiet})
		holds = holds && r.OK()
		switch {
		case o.json:
			err = printJSON(e.out, struct {
				File string `json:"file"`
				*inspect.Report
			}{name, r})
		case o.quiet:
			err = printVerdict(e.out, name, r)
		default:
			err = printReport(e.out, name, r)
		}
		if err != nil {
			return &exit{fault.Internal, err}
		}
	}
	if !holds {
		return &exit{kind: fault.Inspection}
	}
	return nil
}

func newShowCommand(e env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "只看内容，不核验 / show what it says, verify nothing",
		Long: `显示证明的内容。未作任何核验，不需要信任文件。
Show what a certificate says. Nothing is verified, and no trust file is needed.` + exitStatus,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := e.readFile(args[0], inspect.MaxBundle)
			if err != nil {
				return err
			}
			s, err := inspect.Read(data)
			if err != nil {
				return &exit{fault.Inspection, err}
			}
			if asJSON {
				err = printJSON(e.out, struct {
					Verified bool             `json:"verified"`
					Summary  *inspect.Summary `json:"summary"`
				}{false, s})
			} else {
				err = printShown(e.out, s)
			}
			if err != nil {
				return &exit{fault.Internal, err}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object")
	return c
}

func newRedactCommand(e env) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "redact FILE --out FILE",
		Short: "隐去标题、文号、姓名 / leave out titles, numbers and names",
		Long: `写出一份隐去版：标题、文号、姓名等均不公开，其余照常可核验。
Write a redacted certificate: titles, document numbers and names stay closed;
it verifies against the same root with the same statement.` + exitStatus,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := e.readFile(args[0], inspect.MaxBundle)
			if err != nil {
				return err
			}
			redacted, err := inspect.Redact(data)
			if err != nil {
				return &exit{fault.Inspection, err}
			}
			return e.create(out, redacted)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "`file` to write; it must not exist; - is standard output (required)")
	if err := c.MarkFlagRequired("out"); err != nil {
		panic(err) // the flag is defined above
	}
	return c
}

// create writes a new file and refuses an existing one.
func (e env) create(name string, data []byte) error {
	if name == "-" {
		if _, err := e.out.Write(data); err != nil {
			return &exit{fault.Internal, err}
		}
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage("cannot write %s: it exists", name)
	}
	if err != nil {
		return usage("cannot write %s: %w", name, errors.Unwrap(err))
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return &exit{fault.Internal, errors.Join(err, os.Remove(name))}
	}
	return nil
}
