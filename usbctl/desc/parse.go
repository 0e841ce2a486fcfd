package desc

import "encoding/binary"

// parser walks the bytes of one device.
type parser struct {
	raw  []byte
	at   int
	end  int // of the configuration being read
	open int // index of the interface that descriptors belong to; -1 before the first
}

// next takes one descriptor of the configuration.
func (p *parser) next() ([]byte, error) {
	if p.end-p.at < 2 {
		return nil, bad("truncated", p.at, "%d byte left of the configuration", p.end-p.at)
	}
	n := int(p.raw[p.at])
	if n < 2 {
		return nil, bad("length", p.at, "a descriptor of length %d", n)
	}
	if n > p.end-p.at {
		return nil, bad("overrun", p.at, "a descriptor of length %d with %d bytes left", n, p.end-p.at)
	}
	b := p.raw[p.at : p.at+n]
	p.at += n
	return b, nil
}

// config reads one configuration whole (USB 2.0, 9.6.3).
func (p *parser) config() (Config, error) {
	b := p.raw[p.at:]
	if len(b) < 9 || b[0] != 9 || b[1] != typeConfig {
		return Config{}, bad("configuration", p.at, "no configuration descriptor where one is due")
	}
	total := int(binary.LittleEndian.Uint16(b[2:]))
	if total < 9 || total > len(b) {
		return Config{}, bad("total-length", p.at+2, "a total length of %d with %d bytes there", total, len(b))
	}
	c := Config{Value: b[5], Attributes: b[7], MaxPower: b[8]}
	start, count := p.at, int(b[4])
	if count < 1 || count > maxInterfaces {
		return Config{}, bad("interfaces", p.at+4, "%d interfaces", count)
	}
	if c.Value == 0 {
		return Config{}, bad("configuration-zero", p.at+5, "configuration number 0 means none")
	}
	p.end, p.open = p.at+total, -1
	p.at += 9
	for p.at < p.end {
		if err := p.part(&c); err != nil {
			return Config{}, err
		}
	}
	return c, c.check(start, count)
}

// part reads one descriptor into the configuration.
func (p *parser) part(c *Config) error {
	at := p.at
	b, err := p.next()
	if err != nil {
		return err
	}
	switch b[1] {
	case typeInterface:
		return p.setting(c, b, at)
	case typeEndpoint:
		return p.endpoint(c, b, at)
	case typeCompanion:
		return p.companion(c, b, at)
	case typeAssociation:
		if len(b) != 8 || b[3] == 0 {
			return bad("association", at, "an interface association of %d bytes", len(b))
		}
		c.Groups = append(c.Groups, Group{b[2], b[3], b[4], b[5], b[6]})
		return nil
	case typeDevice, typeConfig, typeString:
		return bad("misplaced", at, "a descriptor of type %02x inside a configuration", b[1])
	}
	x := Extra{Type: b[1], Raw: append([]byte(nil), b...)}
	if s := p.current(c); s != nil {
		s.Extra = append(s.Extra, x)
	} else {
		c.Extra = append(c.Extra, x)
	}
	return nil
}

// current is the setting that descriptors belong to; nil before the first.
func (p *parser) current(c *Config) *Setting {
	if p.open < 0 {
		return nil
	}
	i := &c.Interfaces[p.open]
	return &i.Settings[len(i.Settings)-1]
}

// setting reads an interface descriptor (USB 2.0, 9.6.5).
func (p *parser) setting(c *Config, b []byte, at int) error {
	if len(b) != 9 {
		return bad("interface", at, "an interface descriptor of %d bytes", len(b))
	}
	if err := p.complete(c, at); err != nil {
		return err
	}
	s := Setting{Alternate: b[3], declared: int(b[4]), Class: b[5], Subclass: b[6], Protocol: b[7]}
	p.open = -1
	for i := range c.Interfaces {
		if c.Interfaces[i].Number == b[2] {
			p.open = i
		}
	}
	if p.open < 0 {
		if s.Alternate != 0 {
			return bad("setting-order", at+3, "interface %d begins with alternate setting %d", b[2], s.Alternate)
		}
		c.Interfaces = append(c.Interfaces, Interface{Number: b[2]})
		p.open = len(c.Interfaces) - 1
	}
	i := &c.Interfaces[p.open]
	for _, other := range i.Settings {
		if other.Alternate == s.Alternate {
			return bad("interface-twice", at+2, "interface %d, alternate setting %d is there twice", b[2], s.Alternate)
		}
	}
	if len(i.Settings) >= maxSettings {
		return bad("settings", at, "interface %d has more than %d settings", b[2], maxSettings)
	}
	i.Settings = append(i.Settings, s)
	return nil
}

// complete demands that the setting read last has the endpoints it announced.
func (p *parser) complete(c *Config, at int) error {
	s := p.current(c)
	if s != nil && len(s.Endpoints) != s.declared {
		return bad("endpoint-count", at, "an interface announces %d endpoints and has %d", s.declared, len(s.Endpoints))
	}
	return nil
}

// endpoint reads an endpoint descriptor (USB 2.0, 9.6.6); audio devices have two
// more bytes.
func (p *parser) endpoint(c *Config, b []byte, at int) error {
	s := p.current(c)
	if s == nil || len(b) != 7 && len(b) != 9 {
		return bad("endpoint", at, "an endpoint descriptor of %d bytes, or outside an interface", len(b))
	}
	e := Endpoint{Address: b[2], Attributes: b[3], MaxPacket: binary.LittleEndian.Uint16(b[4:]), Interval: b[6], Burst: -1}
	if e.Address&0x0f == 0 || e.Address&0x70 != 0 {
		return bad("endpoint-address", at+2, "endpoint address %02x", e.Address)
	}
	for _, other := range s.Endpoints {
		if other.Address == e.Address {
			return bad("endpoint-twice", at+2, "endpoint %02x is there twice in one setting", e.Address)
		}
	}
	if e.MaxPacket&0x7ff == 0 {
		return bad("packet-size", at+4, "endpoint %02x with packets of 0 bytes", e.Address)
	}
	s.Endpoints = append(s.Endpoints, e)
	return nil
}

// companion reads a SuperSpeed endpoint companion (USB 3.2, 9.6.7): it stands right
// behind its endpoint.
func (p *parser) companion(c *Config, b []byte, at int) error {
	s := p.current(c)
	if s == nil || len(s.Endpoints) == 0 || len(b) != 6 {
		return bad("companion", at, "an endpoint companion of %d bytes, or without endpoint", len(b))
	}
	e := &s.Endpoints[len(s.Endpoints)-1]
	if e.Burst >= 0 {
		return bad("companion-twice", at, "endpoint %02x has two companions", e.Address)
	}
	if b[2] > 15 {
		return bad("burst", at+2, "endpoint %02x with a burst of %d", e.Address, b[2])
	}
	e.Burst = int(b[2])
	return nil
}

// check looks at a configuration as a whole.
func (c Config) check(start, count int) error {
	if len(c.Interfaces) != count {
		return bad("interface-count", start+4, "it announces %d interfaces and has %d", count, len(c.Interfaces))
	}
	addresses := map[byte]byte{} // endpoint -> interface
	for _, i := range c.Interfaces {
		if int(i.Number) >= count {
			return bad("interface-number", start, "interface %d of %d", i.Number, count)
		}
		for _, s := range i.Settings {
			if len(s.Endpoints) != s.declared {
				return bad("endpoint-count", start, "interface %d announces %d endpoints and has %d", i.Number, s.declared, len(s.Endpoints))
			}
			for _, e := range s.Endpoints {
				if other, used := addresses[e.Address]; used && other != i.Number {
					return bad("endpoint-shared", start, "endpoint %02x belongs to interfaces %d and %d", e.Address, other, i.Number)
				}
				addresses[e.Address] = i.Number
			}
		}
	}
	for _, g := range c.Groups {
		if int(g.First)+int(g.Count) > count {
			return bad("association", start, "an association of interfaces %d to %d of %d", g.First, int(g.First)+int(g.Count)-1, count)
		}
	}
	return nil
}
