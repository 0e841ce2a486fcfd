// Command sexton-usbd is the USB broker of a station: the one program that may let a
// USB device live.
//
//	sexton-usbd gate     close the gate: no device, interface or driver by itself
//	sexton-usbd serve    judge what attaches, run workers, serve the station's socket
//	sexton-usbd rules    check a unit's own rules
//
// It runs as root, and everything that touches a device runs in workers that are
// nobody: serve starts this program again as "worker". The socket is for one user,
// told apart by the credentials the kernel gives (SO_PEERCRED); what is said over it
// is package usbctl/line's.
//
// Start order: credentials, gate (which refuses when the kernel let devices in
// before), socket, watch. The end is the reverse: every device is shut out before the
// program ends. How a machine is set up for it: docs/operations/usb.
//
// It is static and has no cgo.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"sexton/cmd/internal/manual"
	"sexton/internal/fault"
	"sexton/usbctl"
	"sexton/usbctl/sysfs"
	"sexton/usbctl/usbfs"
	"sexton/usbctl/worker"
	"sexton/usbctl/worker/process"
	"sexton/usbctl/worker/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const exitStatus = `
EXIT STATUS
  0  完成 / done
  1  程序内部错误 / internal error
  2  用法或规则文件有误 / the command line or the rules cannot be understood
  5  须处理内核、USB或权限；说明见报文 / attend to kernel, USB or rights; the message says what to do`

// hardware is an error that somebody has to attend to, with what he can do.
type hardware struct {
	err        error
	zh, advice string
}

func (h *hardware) Error() string { return h.err.Error() }
func (h *hardware) Unwrap() error { return h.err }

// run executes one command line and gives the exit status.
func run(ctx context.Context, args []string, out, errw io.Writer) int {
	root := newRoot(out, errw)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	var h *hardware
	switch {
	case err == nil:
		return int(fault.OK)
	case errors.As(err, &h):
		fmt.Fprintf(errw, "✗ %s\n  sexton-usbd: %v\n  → %s\n", h.zh, err, h.advice)
		return int(fault.Hardware)
	}
	fmt.Fprintf(errw, "✗ 无法理解命令或规则\n  sexton-usbd: %v\n", err)
	return int(fault.Usage)
}

func newRoot(out, errw io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use: "sexton-usbd", Short: "USB设备的看门程序 / the USB broker of a station",
		Long: `销毁站的USB看门程序：任何设备未经判定都不能工作。
The USB broker of a destruction station: no device works before it was judged.
` + exitStatus,
		SilenceErrors: true, SilenceUsage: true,
	}
	root.AddCommand(newGateCommand(out), newServeCommand(errw), newRulesCommand(out), newWorkerCommand(), manual.Command(root))
	return root
}

// newWorkerCommand is what serve starts; nobody else can use it.
func newWorkerCommand() *cobra.Command {
	return &cobra.Command{Use: "worker ROLE ID", Hidden: true, Args: cobra.ExactArgs(2), RunE: func(c *cobra.Command, args []string) error {
		id, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return process.Main(c.Context(), worker.Role(args[0]), sandbox.Options{ID: id, Ioctls: usbfs.Ioctls()}, drive)
	}}
}

// drive is the transport of blk.
func drive(file *os.File, d worker.Device, control *worker.Control) (usbctl.Pipe, error) {
	return usbfs.New(file, usbfs.Interface{Number: d.Interface, In: d.In, Out: d.Out}, control)
}

// needRoot says plainly what is missing.
func needRoot() error {
	if os.Geteuid() == 0 {
		return nil
	}
	return &hardware{errors.New("cannot authorise USB devices: this is not root"), "须以root运行", "systemctl start sexton-usbd；或 sudo / start it by its unit, or with sudo"}
}

// attend explains what the gate found.
func attend(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sysfs.ErrGate):
		return &hardware{err, "内核会自行放行USB设备，已拒绝运行",
			"在内核命令行加 usbcore.authorized_default=0 后重启（docs/operations/usb）/ add usbcore.authorized_default=0 to the kernel command line and restart (docs/operations/usb)"}
	case errors.Is(err, os.ErrNotExist):
		return &hardware{err, "本机没有USB，或sysfs未挂载", "装入usbcore与主控制器驱动：modprobe xhci_pci / load usbcore and a host controller: modprobe xhci_pci"}
	case errors.Is(err, os.ErrPermission):
		return &hardware{err, "权限不足", "以其systemd单元启动 / start it by its systemd unit"}
	}
	return &hardware{err, "无法关闭USB入口", "查看上面的原因，改正后再试 / see the cause above, put it right, try again"}
}
