package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sexton/usbctl/broker"
	"sexton/usbctl/host"
	"sexton/usbctl/line"
	"sexton/usbctl/rules"
	"sexton/usbctl/sysfs"
	"sexton/usbctl/watch"
	"sexton/usbctl/worker"
	"sexton/usbctl/worker/process"
)

// serveOptions of serve.
type serveOptions struct {
	socket  string
	station string // user
}

func newServeCommand(errw io.Writer) *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use: "serve", Short: "判定接入的设备 / judge what attaches", Args: cobra.NoArgs,
		Long: "关闭入口后开始判定，并在套接字上等候销毁站服务。结束时先停用所有设备。\nClose the gate, judge what attaches, and wait for the station on a socket. At the end every device is shut out first.\n" + exitStatus,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), o, slog.New(slog.NewTextHandler(errw, nil)))
		},
	}
	c.Flags().StringVar(&o.socket, "socket", "/run/sexton-usbd/usb.sock", "local socket for the station")
	c.Flags().StringVar(&o.station, "station", "sexton", "user that the station runs as; nobody else is served")
	return c
}

func serve(ctx context.Context, o serveOptions, log *slog.Logger) error {
	if err := needRoot(); err != nil {
		return err
	}
	uid, gid, err := account(o.station)
	if err != nil {
		return err
	}
	set, err := rules.Default()
	if err != nil {
		return err
	}
	var bus sysfs.FS
	if err := closeGate(ctx, bus, io.Discard); err != nil {
		return err
	}
	listener, err := listen(o.socket, gid)
	if err != nil {
		return &hardware{err, "无法建立套接字", "检查目录与权限 / see to its directory and rights"}
	}
	events := line.NewLog(time.Now)
	b := broker.New(broker.Options{Bus: host.Bus{FS: bus}, Starter: &process.Processes{Args: func(r worker.Role, id int) []string {
		return []string{"worker", string(r), strconv.Itoa(id)}
	}}, Rules: set, Tell: events.Add})
	server := &line.Server{Broker: b, Log: events, Hello: line.Hello{Boot: rand.Text()}}
	d := &daemon{log: log, bus: bus, broker: b, server: server, station: uid}
	return errors.Join(d.run(ctx, listener), b.Close())
}

// account is the number of a user.
func account(name string) (uid uint32, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot serve user %q: %w", name, err)
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot serve user %q: %w", name, err)
	}
	gid, err = strconv.Atoi(u.Gid)
	return uint32(n), gid, err
}

// listen makes the socket, for root and the station's group.
func listen(path string, gid int) (*net.UnixListener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if err := os.Remove(path); err != nil { // of a broker that died
			return nil, err
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Chown(path, 0, gid), os.Chmod(path, 0o660)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// daemon is everything that runs.
type daemon struct {
	log     *slog.Logger
	bus     sysfs.FS
	broker  *broker.Broker
	server  *line.Server
	station uint32
}

// run watches and serves until the context ends or watching does, and waits for what
// it began.
func (d *daemon) run(ctx context.Context, l *net.UnixListener) error {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	work.Go(func() {
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				return
			}
			work.Go(func() { d.talk(ctx, c) })
		}
	})
	w := watch.New(d.bus)
	w.Deaf = func(err error) {
		d.log.WarnContext(ctx, "no events of the kernel, looking every two seconds", "err", err)
	}
	err := w.Run(ctx, func(e watch.Event) { d.event(ctx, e) })
	if ctx.Err() != nil {
		return nil
	}
	return attend(err)
}

// event passes on what came and left. A root hub that came late is closed first.
func (d *daemon) event(ctx context.Context, e watch.Event) {
	switch {
	case sysfs.IsHub(e.Name) && e.Kind == watch.Arrived:
		run, cancel := context.WithTimeout(ctx, gateLimit)
		defer cancel()
		if err := d.bus.Adopt(run, e.Name); err != nil {
			d.log.ErrorContext(ctx, "cannot close a root hub; nothing behind it works", "err", err)
		}
	case sysfs.IsHub(e.Name):
	case e.Kind == watch.Arrived:
		d.broker.Arrived(ctx, e.Name, e.Generation, e.Storm)
	default:
		d.broker.Gone(e.Name, e.Generation)
	}
}

// talk serves one connection when it is the station's.
func (d *daemon) talk(ctx context.Context, c *net.UnixConn) {
	who, err := peer(c)
	if err != nil || who.Uid != d.station && who.Uid != 0 {
		c.Close()
		d.log.WarnContext(ctx, "a stranger at the socket was sent away", "peer", who, "err", err)
		return
	}
	if err := d.server.Serve(ctx, c); err != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "the station's connection broke", "err", err)
	}
}

// peer is who is at the other end, by the kernel's word.
func peer(c *net.UnixConn) (unix.Ucred, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return unix.Ucred{}, err
	}
	var who *unix.Ucred
	var got error
	if err := raw.Control(func(fd uintptr) { who, got = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return unix.Ucred{}, err
	}
	if got != nil {
		return unix.Ucred{}, got
	}
	return *who, nil
}
