// Command sexton is what operators and admins type at the station: a client of
// the daemon over its local socket.
//
//	sexton list import list.csv        bring a transfer list in
//	sexton batch count|seal|approve|authorise|release|feed|complete
//	sexton cert issue                  get the certificate
//
// It holds no state and no keys. PINs are typed without echo, sent over the
// socket and wiped; cards are read by the daemon. Every read command has
// --json; exit statuses are those of package fault.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
