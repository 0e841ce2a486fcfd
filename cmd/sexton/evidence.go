package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"sexton/internal/fault"
	"sexton/web/api"
)

func newCertCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "cert", Short: "销毁证明 / certificates"}
	var out string
	issue := &cobra.Command{
		Use: "issue BATCH", Short: "出具证明 / issue the certificate of a completed batch", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runCert(c.Context(), e, "cert/issue", args[0], out)
		},
	}
	issue.Flags().StringVar(&out, "out", "", "write the bundle to this file")
	save := &cobra.Command{
		Use: "show BATCH", Short: "取证明 / show or save an issued certificate", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runCert(c.Context(), e, "cert/show", args[0], out) },
	}
	save.Flags().StringVar(&out, "out", "", "write the bundle to this file")
	c.AddCommand(issue, save)
	return c
}

func runCert(ctx context.Context, e *env, op, batch, out string) error {
	v, err := call[api.CertificateView](ctx, e, op, api.ByID{ID: batch})
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeNew(out, v.Bundle); err != nil {
			return err
		}
	}
	return e.print(v, func(w io.Writer) {
		e.ok("证明 "+v.Number, fmt.Sprintf("certificate %s  leaf %d  sha256 %s  %d bytes", v.Number, v.Index, v.SHA256, len(v.Bundle)))
		if v.Bench {
			fmt.Fprintln(w, "  【演练 / BENCH】")
		}
		if out != "" {
			fmt.Fprintf(w, "  → %s\n", clean(out))
		}
	})
}

// writeNew writes a file that must not exist, completely or not at all.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usageError{fmt.Errorf("%s exists already and is not overwritten", path)}
	}
	if err == nil {
		_, err = f.Write(data)
		if serr := f.Sync(); err == nil {
			err = serr
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			os.Remove(path)
		}
	}
	if err != nil {
		return fault.New("disk.write", err, path)
	}
	return nil
}

func newShredderCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "shredder", Short: "销毁设备 / the shredder"}
	status := &cobra.Command{
		Use: "status", Short: "设备状态 / identity, state and counters", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := call[api.StatusView](c.Context(), e, "status", api.None{})
			if err != nil {
				return err
			}
			return e.print(s.Machine, func(w io.Writer) {
				printMachine(w, s.Machine)
				m := s.Machine
				fmt.Fprintf(w, "  投入 feed %d  能耗 energy %d J  电流 %d mA  反转 %d  卡料 %d  授权剩余 permission %d ms\n", m.Feed, m.EnergyJ, m.MotorMA, m.Reverses, m.Jams, m.PermissionMS)
			})
		},
	}
	var o api.MachineRequest
	levels := map[string]int64{}
	enrol := &cobra.Command{
		Use: "enrol MACHINE", Short: "登记设备 / enrol the connected machine, signed by an admin", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), "登记设备 / enrol machine "+args[0])
			if err != nil {
				return err
			}
			o.Machine, o.SecurityLevels, o.Admin = args[0], levels, by
			m, err := call[api.MachineView](c.Context(), e, "machine/enrol", o)
			if err != nil {
				return err
			}
			return e.print(m, func(w io.Writer) { printMachine(w, m) })
		},
	}
	enrol.Flags().StringVar(&o.ApprovalNo, "approval", "", "number of the machine's test certificate or approval")
	enrol.Flags().StringToInt64Var(&levels, "level", nil, "ISO/IEC 21964 level per category, e.g. P=7,O=7,T=7,H=6,E=7")
	_ = enrol.MarkFlagRequired("approval")
	_ = enrol.MarkFlagRequired("level")
	c.AddCommand(status, enrol)
	return c
}

func newLedgerCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "ledger", Short: "账本 / the ledger"}
	head := &cobra.Command{
		Use: "audit", Short: "核对账本 / recompute the whole ledger and show its checkpoint", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := call[api.AuditView](c.Context(), e, "ledger/audit", api.None{})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				e.ok(fmt.Sprintf("账本完整：%d 条", v.Size), fmt.Sprintf("the ledger is whole: %d leaves, root %s", v.Size, v.Root))
				fmt.Fprint(w, v.Checkpoint)
			})
		},
	}
	proof := &cobra.Command{
		Use: "proof INDEX", Short: "一条记录及其证明 / one leaf with its C2SP tlog-proof", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			i, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || i < 0 {
				return usageError{fmt.Errorf("%q is no index", args[0])}
			}
			v, err := call[api.ProofView](c.Context(), e, "ledger/proof", api.ProofRequest{Index: i})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { fmt.Fprintf(w, "%s\n%s", v.Leaf, v.Proof) })
		},
	}
	export := &cobra.Command{
		Use: "export DIR", Short: "导出镜像 / write or continue a C2SP tlog-tiles mirror", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return usageError{err}
			}
			v, err := call[api.ExportView](c.Context(), e, "ledger/export", api.ExportRequest{Dir: dir})
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok(fmt.Sprintf("已导出 %d 条到 %s", v.Size, v.Dir), fmt.Sprintf("exported %d leaves to %s, root %s", v.Size, v.Dir, v.Root))
			})
		},
	}
	c.AddCommand(head, proof, export, newTrustCommand(e))
	return c
}

func newTrustCommand(e *env) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "trust", Short: "检查员信任文件 / write the trust file for the inspector's office", Args: cobra.NoArgs,
		Long: "Writes what an inspector's office needs to check this log: its key, the card anchors and the policy versions adopted so far.\nThe office compares it with what it was told by other ways and hands it to its inspectors; an inspector never takes it from the station himself.",
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := call[api.TrustView](c.Context(), e, "ledger/trust", api.None{})
			if err != nil {
				return err
			}
			if out != "" {
				if err := writeNew(out, []byte(v.Text)); err != nil {
					return err
				}
			}
			return e.print(v, func(w io.Writer) {
				if out == "" {
					fmt.Fprint(w, v.Text)
					return
				}
				e.ok("信任文件已写入 "+out, "trust file written to "+out)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write; standard output when left out")
	return c
}
