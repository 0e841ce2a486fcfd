// Package pcscd runs a PC/SC daemon of its own with virtual readers, for system
// tests, training and demonstrations. Real client software (libpcsclite, OpenSC,
// yubico-piv-tool) talks to it as to any other; cards of bench/card are inserted
// over TCP.
//
//	client --PCSCLITE_CSOCK_NAME--> DIR/run/pcscd.comm
//	                                     |
//	   private mount namespace:        pcscd -f -c DIR/conf
//	     /run/pcscd    = DIR/run         |  vpcd driver
//	     driver folder = empty        port p      port p+1      <--TCP-- card.Insert
//	                                  reader 0    reader 1
//
// pcscd has the paths of its socket and its pid file compiled in (/run/pcscd), so a
// second daemon refuses to start beside the machine's own. Here it gets a private
// mount namespace in which that folder is ours; as root directly, otherwise inside a
// user namespace. The folder of USB drivers is empty there, so that it never touches
// a reader that is plugged in. Where neither namespace is allowed (containers) it
// runs in the open, provided that no other daemon is running; Daemon.Private tells.
//
// libpcsclite reads PCSCLITE_CSOCK_NAME once in the life of a process. A program that
// calls it itself must set the variable before its first call and can use one
// daemon's socket path only; Restart keeps path, ports and reader names.
//
// The vpcd driver has two readers, and a second entry of the same file shares the state
// of the first. So each further pair gets a copy of the file.
//
// The vpcd driver listens on all interfaces of the machine, not on loopback only:
// while the daemon runs, anybody who reaches the machine can insert a card. It is
// for test machines and for the bench; the driver must never be part of an
// appliance.
//
// Failure modes: a missing program or driver is named with its Debian package; a
// port taken between choice and use leads to another pair of ports; a daemon that
// ends by itself closes Done, and its last output is in the error.
//
// It does not offer hot plug of readers (the driver has none) and does not make
// pcscd log APDUs, since that would write PINs.
package pcscd
