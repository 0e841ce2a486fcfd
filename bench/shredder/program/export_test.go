package program

import (
	"sexton/bench/shredder/physics"
	fw "sexton/firmware-iface"
)

// What the tests judge by, from the output side.
func (m *Machine) Output() (physics.Motor, bool) { return m.motor(), m.gate }
func (m *Machine) Latch() fw.Reasons             { return m.latch }
func (m *Machine) Standing() fw.Reasons          { return m.standing() }
func (m *Machine) Reading() physics.Reading      { return m.see }
func (m *Machine) Phase() Phase                  { return m.phase }
