// Package modbus drives a shredder that speaks the profile of sexton/firmware-iface over Modbus/TCP Security
// (MODBUS/TCP Security Protocol Specification v21, 2018-07-24; MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP V1.0b).
//
//	Offer, Release, Snapshot, Resolve --> main lane --+
//	                                                  +-- TLS, pinned --> machine
//	Withdraw -----------------------------> side lane +
//
// A lane is one connection with one request in flight. A connection counts as made when the peer's certificate is the pinned one
// and the identity block was read and matched. Any error but a Modbus exception closes it. Withdraw has a lane of its own, tested
// before each Release and from time to time under a permission, so that it waits for nothing; only if the machine has no slot left it takes
// its turn on the main lane.
//
// A command is one record in one FC16. It carries the machine's boot identifier, the next sequence (read from the machine, so a
// restart of ours needs no memory), a nonce, and a deadline in the machine's uptime that never lies after the moment we give up. So a
// command whose answer is lost either was carried out, which the echo tells, or never will be.
//
// A withdrawal takes a later sequence than every command before it, and commands that had not taken theirs are refused here; so
// what was begun before a Withdraw cannot take effect after it.
//
// Reads are repeated once on a fresh connection when an idle one turns out dead. Commands are never repeated; only Withdraw, which
// reaches the inert state, is tried again with a new record.
//
// Failure modes: see the errors of shredder.Machine. Exceptions 01, 02 and 03 are certain refusals; every other exception to a
// command leaves its outcome unknown, since a gateway may have passed it on.
//
// What it does not do: no discovery, no serial lines, no vendor maps, no logging.
package modbus
