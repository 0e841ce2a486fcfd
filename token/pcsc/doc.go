// Package pcsc reaches readers and cards through PC/SC (pcsc-lite's libpcsclite, by github.com/ebfe/scard): the connector of
// a desk. It is the only package of token that needs cgo.
//
//	Readers   a context of its own, list and state, released
//	Connect   a context of its own, SCardConnect shared with T=0 or T=1, released with the link
//	Watch     one goroutine: list, SCardGetStatusChange with \\?PnP?\Notification, differences as events
//
// Each link has its own context, since libpcsclite serialises the calls of one context: a card that hangs holds up nobody
// else. A context that outlived a restart of pcscd is dead for good, although SCardIsValidContext says otherwise;
// the watch therefore makes a new one after any error (every 200 ms until the service answers), and nothing else
// keeps one.
//
// PC/SC calls cannot be aborted and ignore the caller's context; deadlines are the desk's. What pcscd does not
// notice, a card swapped between two polls, is not noticed here.
//
// Errors are *token.Error. After a card was pulled in the middle of a command some drivers report success without data;
// that is Removed too.
//
// Built without cgo, the package has a Connector that answers everything with Daemon, so that programs around it still build.
//
// libpcsclite reads PCSCLITE_CSOCK_NAME from the environment once, before the first call. pcscd must not run
// with --apdu, which logs PINs, and its socket must be closed to other users' programs.
package pcsc
