// Command sexton-inspect is the inspector's program: it judges certificates of destruction offline.
//
//	sexton-inspect verify FILE... --trust FILE   recompute everything, print each check and a verdict
//	sexton-inspect show FILE                     print what a certificate says, verifying nothing
//	sexton-inspect redact FILE --out FILE        leave out titles, numbers and names; the rest still verifies
//
// It is static, needs no network and no appliance, and keeps no state. Exit statuses are those of package fault: 0 the
// certificate holds (whatever its grade), 7 it does not, 2 wrong usage or a file that cannot be read, 1 an internal error.
package main

import (
	"os"
	"time"
)

func main() {
	os.Exit(run(env{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}, os.Args[1:]))
}
