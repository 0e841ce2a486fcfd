// Command sextond is the station daemon: it owns the ledger, the card readers
// and the link to the shredder, and serves the local socket.
//
//	sextond init    make keys and ledger, once
//	sextond serve   run the station
//	sextond ledger  audit, rebuild or export while the daemon is stopped
//
// Start order: configuration, link to the machine, keys, ledger (full audit; a
// contradiction ends the start), readers, station (which puts right what the
// last stop left behind), socket. The end is the reverse. An error of the
// ledger's storage ends the process with status 5 as soon as the machine's
// permission was taken back: what a failed write left behind is found out by
// the next start, not guessed by this one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"sexton/cmd/internal/manual"
	"sexton/internal/fault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const exitStatus = `
EXIT STATUS
  0  done
  1  internal error
  2  the command line or configuration cannot be understood
  5  attend to ledger, disk, readers or machine; the message says what to do`

// hardwareError marks errors that somebody must attend to.
type hardwareError struct{ error }

func (e hardwareError) Unwrap() error { return e.error }

func run(ctx context.Context, args []string, out, errw io.Writer) int {
	root := newRoot(out, errw)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(errw, "✗ %s\n  sextond: %v\n", chinese(err), err)
	var hw hardwareError
	if errors.As(err, &hw) {
		return int(fault.Hardware)
	}
	return int(fault.Usage)
}

func newRoot(out, errw io.Writer) *cobra.Command {
	var path, level string
	root := &cobra.Command{
		Use: "sextond", Short: "销毁站服务 / the daemon of a destruction station",
		Long:          "sextond runs a destruction station: ledger, card readers, shredder, local socket.\n" + exitStatus,
		SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().StringVar(&path, "config", "/etc/sexton/sextond.toml", "configuration file")
	root.PersistentFlags().StringVar(&level, "log", "info", "debug, info, warn or error")
	logger := func() (*slog.Logger, error) {
		var l slog.Level
		if err := l.UnmarshalText([]byte(level)); err != nil {
			return nil, fmt.Errorf("--log %q is not debug, info, warn or error", level)
		}
		return slog.New(slog.NewTextHandler(errw, &slog.HandlerOptions{Level: l})), nil
	}
	with := func(do func(context.Context, Config, *slog.Logger) error) func(*cobra.Command, []string) error {
		return func(c *cobra.Command, _ []string) error {
			log, err := logger()
			if err != nil {
				return err
			}
			cfg, err := readConfig(path)
			if err != nil {
				return about("配置文件有误，请按英文所指的键改正", err)
			}
			return do(c.Context(), cfg, log)
		}
	}
	root.AddCommand(
		&cobra.Command{Use: "init", Short: "建立站点：密钥和账本，只做一次 / make keys and ledger, once", Args: cobra.NoArgs,
			RunE: with(func(ctx context.Context, c Config, log *slog.Logger) error { return runInit(ctx, c, log, out) })},
		&cobra.Command{Use: "serve", Short: "运行站点 / run the station until stopped", Args: cobra.NoArgs,
			RunE: with(serve)},
		newLedgerCommand(with, out), manual.Command(root),
	)
	return root
}

type withConfig func(func(context.Context, Config, *slog.Logger) error) func(*cobra.Command, []string) error

func newLedgerCommand(with withConfig, out io.Writer) *cobra.Command {
	c := &cobra.Command{Use: "ledger", Short: "账本（停机时用）/ the ledger, while the daemon is stopped"}
	c.AddCommand(
		&cobra.Command{Use: "audit", Short: "核对账本 / recompute everything", Args: cobra.NoArgs,
			RunE: with(func(ctx context.Context, c Config, log *slog.Logger) error { return runAudit(ctx, c, log, out) })},
		&cobra.Command{Use: "rebuild", Short: "重建登记 / drop the register and replay it from the leaves", Args: cobra.NoArgs,
			RunE: with(func(ctx context.Context, c Config, log *slog.Logger) error { return runRebuild(ctx, c, log, out) })},
	)
	var dir string
	export := &cobra.Command{Use: "export", Short: "导出镜像 / write or continue a C2SP tlog-tiles mirror", Args: cobra.NoArgs}
	export.Flags().StringVar(&dir, "dir", "", "directory of the mirror")
	_ = export.MarkFlagRequired("dir")
	export.RunE = with(func(ctx context.Context, c Config, log *slog.Logger) error { return runExport(ctx, c, log, dir, out) })
	c.AddCommand(export)
	return c
}
