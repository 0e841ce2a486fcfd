// Package firmware is the contract between Sexton and the machines it gives permission to. Its directory is firmware-iface.
//
// It holds the register profile of a networked shredder (SPEC.md): an identity block, a snapshot block, an echo block and one
// command record, carried by Modbus/TCP Security (MODBUS/TCP Security Protocol Specification, version 21 of 2018-07-24).
//
//	        +------------------ registers.json ------------------+
//	        |          |            |             |              |
//	registers_gen.go  c/*.h   REGISTERS.md  vectors.json     map hash
//	  host, bench     device     people      all tests    checked at connect
//
// The codec turns blocks into 16-bit words and back, strictly: a wrong length, CRC, sequence pair, code or bit is an error and
// changes nothing. Units are in the names: MS milliseconds, MA milliamperes, MG milligrams, G grams, J joules, W watts.
//
// What it does not do: no transport, no timing, no decision. It is not a safety component.
//
// The contract of the interlock board (IFW/1, a serial protocol with its own map) is to live in this package beside this one.
package firmware

//go:generate go run ./gen
