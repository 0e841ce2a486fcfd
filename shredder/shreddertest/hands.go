// Package shreddertest is the conformance suite of shredder.Machine: what every driver must show on the bench's machine, and on a
// real one with a person in the place of Hands.
//
// The suite drives the machine through the contract and its surroundings through Hands. It judges by what the hands see
// (how often the permission went live, whether the motor ran), not by what the driver says alone.
//
// It is imported by tests only.
package shreddertest

import (
	"testing"

	"sexton/shredder"
)

// Hands are the person at the machine and the cable to it. Methods return when the change has taken place in the machine
// (for a physical process: when it has begun); they report failures through the test they were made with.
type Hands interface {
	// SetLocal turns the selector: true = local, false = remote.
	SetLocal(local bool)
	// SetGuard opens or shuts the guard.
	SetGuard(open bool)
	// SetEStop presses or releases the emergency stop. Releasing does not reset.
	SetEStop(pressed bool)
	// LocalReset presses reset at the machine.
	LocalReset()
	// Start presses the start button; it has no effect without permission.
	Start()
	// FeedOne drops one carrier of the material into the hopper, if the machine lets it.
	FeedOne(m shredder.Material)

	// Hang stops the machine's controller from answering while its sockets stay open; false lets it resume with what has arrived
	// meanwhile. The machine's uptime runs on.
	Hang(on bool)
	// DropNextAnswer lets the machine carry out the next write it gets and then cuts the connection instead of answering.
	DropNextAnswer()
	// CutLink closes every connection, as a pulled cable would.
	CutLink()
	// Reboot restarts the machine's controller: new boot identifier; reset at the machine is needed.
	Reboot()

	// Releases is how often a permission went live since the machine was made.
	Releases() int
	// Starts is how often the motor started since the machine was made.
	Starts() int
	// Permitted says whether a permission lives now.
	Permitted() bool
}

// Factory makes a machine that is Ready (reset, remote, guard shut, bin in place) and the hands for it. Cleaning up is done through t.
type Factory func(t *testing.T) (shredder.Machine, Hands)
