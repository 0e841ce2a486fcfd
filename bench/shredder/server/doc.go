// Package server serves the registers of the virtual shredder over Modbus/TCP Security (MODBUS/TCP Security Protocol
// Specification v21, 2018-07-24): Modbus/TCP inside mutual TLS, with the role of the client taken from its certificate. The
// functions are those of the shredder profile (firmware-iface/SPEC.md section 2): 03 and 16, anything else is exception 01.
//
//	accept ──► waiting room ──handshake, role──► seats by role ──► one frame at a time ──► Device
//	           (oldest leaves when full)         (the one silent longest leaves when full)
//
// A connection that is not through its handshake holds no seat, so mute sockets cannot lock the operator out; seats are
// counted per role, so viewers cannot either. Roles: "operator" reads and writes, "viewer" reads. No role, a wrong one, two
// or another string type is no role, and every request of such a client is exception 01. Certificates with the extension
// twice are refused by crypto/x509 already.
//
// Faults for tests of the host: Hold stops the server from answering while sockets stay open, DropNextAnswer cuts the
// connection after a write was carried out, DelayNextAnswer answers late, Cut closes all connections.
//
// Failure modes: a frame that is no Modbus/TCP closes its connection, since the stream is out of step for good. Without
// TLS every client is an operator: plain Modbus has no roles.
//
// It is no general Modbus server: no coils, no other functions, one unit.
package server
