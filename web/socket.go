package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"sexton/internal/fault"
)

// Socket is the daemon's local socket. Group, when not empty, is the group
// whose members may use it beside root and the daemon's own user.
type Socket struct {
	Path  string
	Group string
}

type peerKey struct{}

// peer is who the kernel says is at the other end; err when it could not say.
type peer struct {
	cred *unix.Ucred
	err  error
}

// Listen makes the socket: mode 0660 with the group, else 0600. A socket file
// left by a daemon that is gone is replaced; one that still answers is not.
func (s Socket) Listen() (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o755); err != nil {
		return nil, fmt.Errorf("cannot make directory of socket: %w", err)
	}
	if c, err := net.DialTimeout("unix", s.Path, time.Second); err == nil {
		c.Close()
		return nil, fmt.Errorf("cannot listen on %s: another daemon answers there", s.Path)
	}
	if err := os.Remove(s.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot remove stale socket: %w", err)
	}
	old := unix.Umask(0o177) // nobody gets in before mode and group are set
	l, err := net.Listen("unix", s.Path)
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on socket: %w", err)
	}
	if s.Group == "" {
		return l, nil
	}
	if err := s.admitGroup(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (s Socket) admitGroup() error {
	g, err := user.LookupGroup(s.Group)
	if err != nil {
		return fmt.Errorf("cannot admit group to socket: %w", err)
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return fmt.Errorf("cannot admit group to socket: %w", err)
	}
	if err := os.Chown(s.Path, -1, gid); err != nil {
		return fmt.Errorf("cannot admit group to socket: %w", err)
	}
	if err := os.Chmod(s.Path, 0o660); err != nil {
		return fmt.Errorf("cannot admit group to socket: %w", err)
	}
	return nil
}

// Serve answers h on l until ctx ends, then lets running requests finish for
// at most grace.
func (s Socket) Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration, log *slog.Logger) error {
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	srv := &http.Server{
		Handler:           s.admit(h, log),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, peerOf(c))
		},
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("cannot serve local socket: %w", err)
	case <-ctx.Done():
	}
	stop() // streams and feeds see their context end: the station withdraws
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(end)
	<-done
	if err != nil {
		return fmt.Errorf("cannot end all requests in time: %w", err)
	}
	return nil
}

// admit lets through only those the kernel names as allowed.
func (s Socket) admit(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := r.Context().Value(peerKey{}).(peer)
		if err := s.allowed(p); err != nil {
			log.WarnContext(r.Context(), "peer refused", "error", err)
			write(w, nil, fault.New("daemon.peer", err))
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (s Socket) allowed(p peer) error {
	if p.err != nil || p.cred == nil {
		return fmt.Errorf("cannot tell who the peer is: %w", p.err)
	}
	if p.cred.Uid == 0 || int(p.cred.Uid) == os.Getuid() {
		return nil
	}
	if s.Group == "" {
		return fmt.Errorf("uid %d is neither root nor the daemon", p.cred.Uid)
	}
	g, err := user.LookupGroup(s.Group)
	if err != nil {
		return fmt.Errorf("cannot look up group: %w", err)
	}
	if strconv.FormatUint(uint64(p.cred.Gid), 10) == g.Gid {
		return nil
	}
	u, err := user.LookupId(strconv.FormatUint(uint64(p.cred.Uid), 10))
	if err != nil {
		return fmt.Errorf("cannot look up peer: %w", err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return fmt.Errorf("cannot look up groups of peer: %w", err)
	}
	for _, id := range groups {
		if id == g.Gid {
			return nil
		}
	}
	return fmt.Errorf("uid %d is not in group %s", p.cred.Uid, s.Group)
}

// peerOf asks the kernel (unix(7), SO_PEERCRED).
func peerOf(c net.Conn) peer {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return peer{err: errors.New("not a unix socket")}
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return peer{err: err}
	}
	var p peer
	if err := raw.Control(func(fd uintptr) {
		p.cred, p.err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return peer{err: err}
	}
	return p
}
