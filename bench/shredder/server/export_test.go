package server

// Answer works one PDU without a network.
func Answer(dev Device, role Role, unit byte, pdu []byte) []byte {
	s := &Server{cfg: Config{Device: dev, Unit: 1}}
	out, _ := s.answer(role, unit, pdu)
	return out
}
