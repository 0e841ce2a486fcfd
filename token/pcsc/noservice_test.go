package pcsc_test

import (
	"context"
	"os"
	"testing"

	"sexton/token"
	"sexton/token/pcsc"
	"sexton/token/tokentest"
)

// Without a service the connector says so, and its watch ends when told.
func TestNoService(t *testing.T) {
	if os.Getenv("SEXTON_SYSTEM_TESTS") != "" {
		t.Skip("this process reaches a service; the test runs without SEXTON_SYSTEM_TESTS")
	}
	t.Setenv("PCSCLITE_CSOCK_NAME", t.TempDir()+"/none")
	_, err := pcsc.New().Readers(t.Context())
	tokentest.WantKind(t, err, token.Daemon)
	_, err = pcsc.New().Connect(t.Context(), "x")
	tokentest.WantKind(t, err, token.Daemon)
	ctx, cancel := context.WithCancel(t.Context())
	events := pcsc.New().Watch(ctx)
	if ev := <-events; ev.Kind != token.DaemonLost || ev.At.IsZero() {
		t.Errorf("%+v", ev)
	}
	cancel()
	for range events {
	}
}
