package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"sexton/usbctl/sysfs"
)

// gateLimit is how long root hubs may take to get their drivers.
const gateLimit = 30 * time.Second

func newGateCommand(out io.Writer) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "gate", Short: "关闭USB入口 / close the gate", Args: cobra.NoArgs,
		Long: `按唯一可行的顺序关闭USB入口，并逐项核对：
Close the gate in the only order that works, and check each step:

  1. usbcore.authorized_default=0    内核启动时已设 / set since the kernel started
  2. 每个根集线器都有驱动            every root hub has its drivers
  3. interface_authorized_default=0  接口一律不放行 / no interface by itself
  4. drivers_autoprobe=0             内核不自行找驱动 / the kernel looks for no driver

可重复运行。顺序颠倒会使任何设备都不出现。
It can be repeated. In another order nothing ever enumerates.
` + exitStatus,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				if err := needRoot(); err != nil {
					return err
				}
			}
			return closeGate(c.Context(), sysfs.FS{Dir: dir}, out)
		},
	}
	c.Flags().StringVar(&dir, "sysfs", "", "another sysfs than /sys")
	return c
}

func closeGate(ctx context.Context, fs sysfs.FS, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, gateLimit)
	defer cancel()
	if err := fs.Close(ctx); err != nil {
		return attend(err)
	}
	names, err := fs.Names()
	if err != nil {
		return attend(err)
	}
	hubs := 0
	for _, n := range names {
		if sysfs.IsHub(n) {
			hubs++
		}
	}
	fmt.Fprintf(out, "✓ USB入口已关闭：%d个根集线器，其后设备均待判定 / the gate is closed: %d root hubs, every device behind them waits to be judged\n", hubs, hubs)
	return nil
}
