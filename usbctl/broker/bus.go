package broker

import (
	"context"

	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/worker"
)

// Bus is what the broker needs of sysfs and usbfs. Every method that takes a Sight
// acts on that instance of the port or fails with usbctl.ErrGone: another device in
// the same place, under the same numbers, is not acted on.
type Bus interface {
	// Look reads the device at a port as the kernel shows it now.
	Look(port string) (Sight, error)
	// Strings reads the string descriptors the device names, as they come, from an
	// unauthorised device.
	Strings(ctx context.Context, s Sight, indexes []byte) (map[byte][]byte, error)
	// Authorise lets the device be configured, or takes that back.
	Authorise(s Sight, on bool) error
	// AuthoriseInterface lets one interface be claimed.
	AuthoriseInterface(s Sight, configuration, number byte, on bool) error
	// Claim opens the node of the device, makes sure by the descriptors that come
	// from the node itself that it is this one, claims one interface and drops every
	// other right.
	Claim(ctx context.Context, s Sight, number byte) (worker.Claim, error)
}

// Sight is a device as the kernel shows it at one moment.
type Sight struct {
	Port       string // path, "1-2.3"
	Instance   uint64 // of the port; never used again while the kernel runs
	Bus, Dev   int
	Speed      ident.Speed
	Authorised bool
	Raw        []byte // descriptors
	View       desc.View
}

// same says that two sights are of one device that did not change.
func (s Sight) same(o Sight) bool {
	return s.Port == o.Port && s.Instance == o.Instance && s.Bus == o.Bus && s.Dev == o.Dev && s.Speed == o.Speed && string(s.Raw) == string(o.Raw)
}
