package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"sexton/bench/shredder"
)

// machineOptions of the subcommand shredder.
type machineOptions struct {
	listen, control, certs, plan, serial string
	pace                                 float64
	seed                                 uint64
	plain, verbose                       bool
}

func newShredderCommand() *cobra.Command {
	var o machineOptions
	c := &cobra.Command{
		Use: "shredder", Short: "虚拟销毁设备 / run the virtual shredder until interrupted", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runShredder(c.Context(), o, c.OutOrStdout()) },
	}
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "address of the register server")
	f.StringVar(&o.control, "control", "", "unix socket of the hands")
	f.StringVar(&o.certs, "certs", "", "directory of the bench's certificates, made when missing")
	f.StringVar(&o.plan, "fault-plan", "", "JSON file of faults")
	f.StringVar(&o.serial, "serial", "SB-4000-0001", "serial number of the machine")
	f.Float64Var(&o.pace, "pace", 1, "physics this much faster than real time; protocol timeouts stay real")
	f.Uint64Var(&o.seed, "seed", 1, "of the physics")
	f.BoolVar(&o.plain, "plain", false, "serve without TLS: everybody is an operator")
	f.BoolVar(&o.verbose, "verbose", false, "log to standard error")
	return c
}

// readyLine is what the process prints once it answers.
type readyLine struct {
	Addr   string `json:"addr"`
	Serial string `json:"serial"`
	Pin    string `json:"pin"` // SHA-256 of the server's certificate, "" when plain
}

func runShredder(ctx context.Context, o machineOptions, out io.Writer) error {
	cfg := shredder.Config{Listen: o.listen, Control: o.control, Pace: o.pace, Seed: o.seed, Serial: o.serial, Plain: o.plain}
	if o.verbose {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	line := readyLine{}
	if !o.plain {
		if o.certs == "" {
			return errors.New("say --certs DIR, or --plain")
		}
		certs, err := shredder.WriteCerts(o.certs, shredder.CertOptions{})
		if err != nil {
			return err
		}
		cfg.TLS, line.Pin = certs.ServerTLS(), certs.ServerSHA256
	}
	if o.plan != "" {
		plan, err := shredder.ReadPlan(o.plan)
		if err != nil {
			return err
		}
		cfg.Plan = plan
	}
	return shredder.Serve(ctx, cfg, func(b *shredder.Bench) {
		line.Addr, line.Serial = b.Addr(), b.Serial()
		if err := json.NewEncoder(out).Encode(line); err != nil {
			slog.Default().ErrorContext(ctx, "cannot say that the shredder is ready", "error", err)
		}
	})
}

func newHandsCommand() *cobra.Command {
	var control string
	c := &cobra.Command{
		Use: "hands REQUEST", Short: "设备前的手 / one act at the virtual shredder, as JSON",
		Long: `Carries out one request, for example:
  sexton-bench hands --control S '{"op":"feed","item":{"kind":"paper","pages":12}}'
  sexton-bench hands --control S '{"op":"reset"}'
  sexton-bench hands --control S '{"op":"truth"}'`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			h, err := shredder.DialHands(c.Context(), control)
			if err != nil {
				return err
			}
			defer h.Close()
			var r shredder.Request
			if err := json.Unmarshal([]byte(args[0]), &r); err != nil {
				return fmt.Errorf("cannot read request: %w", err)
			}
			resp, err := h.Do(c.Context(), r)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(resp)
		},
	}
	c.Flags().StringVar(&control, "control", "", "control socket of the shredder")
	_ = c.MarkFlagRequired("control")
	return c
}
