// Package usbcases is the list of what a hostile or broken USB device can do to a
// station, one case each, with the verdict and the record that must come of it. The
// cases are tests:
//
//	go test ./bench/usbcases    device models in memory, under a virtual clock
//	make vm                     the same models behind a real kernel (vhci_hcd), beside
//	                            devices of QEMU and gadgets, through usbctl/usbfs
//
// Every case is followed by a good key, which must work, and by a count of
// goroutines and descriptors, which must be what it was. Cases that belong to rooms
// beside USB itself are in the list with the room that shows them.
package usbcases
