package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/BurntSushi/toml"
)

// Config is the daemon's one configuration file, TOML. Unknown keys are
// errors: a misspelt key would silently not be enforced. Relative paths are
// relative to the file. Durations are written "90s", "15m", "8h".
type Config struct {
	// Origin is the name of this station's log, as in its checkpoints: host-like, without spaces or plus signs, never changed and
	// never used twice. A bench's begins with "bench.".
	Origin string `toml:"origin"`
	// Unit is the name of the unit that runs the station, as printed on certificates; in the ledger only as commitment.
	Unit string `toml:"unit"`
	// Bench says that this station is virtual. It is fixed at init: genesis and every certificate repeat it.
	Bench bool `toml:"bench"`
	// BenchClock is a file that tells a virtual station the time (RFC 3339), so that a year passes in seconds. It only moves forward, every record
	// says "bench", and no other station may have it.
	BenchClock string `toml:"bench_clock"`
	// Ledger is the directory of the ledger. Only init creates it.
	Ledger string `toml:"ledger"`
	// Keys is the directory of the station's private keys, mode 0700: log.key signs checkpoints, event.key signs machine events.
	Keys string `toml:"keys"`
	// Socket is where clients connect. Group may use it beside root and the daemon's own user; empty = nobody else.
	Socket string `toml:"socket"`
	Group  string `toml:"group"`

	// Forms are files with the unit's own wording of its forms, each laid over what came before; empty = the wording as shipped.
	Forms []string `toml:"forms"`

	Cards   Cards   `toml:"cards"`
	Machine Machine `toml:"machine"`
	Times   Times   `toml:"times"`
}

// Cards configures readers and trust.
type Cards struct {
	// Anchors is a PEM file of self-signed certificates. Only cards whose certificates lead to one of them are believed.
	Anchors string `toml:"anchors"`
	// PCSC is the socket of the smart card service; empty = the system's.
	PCSC string `toml:"pcsc"`
	// Timeout of one operation at a reader; default 10s. A reader that exceeds it is set aside.
	Timeout Duration `toml:"timeout"`
	// Idle ends a session without any act for so long; default 10m.
	Idle Duration `toml:"idle"`
}

// Machine configures the link to the shredder.
type Machine struct {
	// Address is host:port. Port 802 is Modbus/TCP Security's.
	Address string `toml:"address"`
	// ServerName is the name in the machine's certificate; default the host of Address.
	ServerName string `toml:"server_name"`
	// CA, Certificate, Key are PEM files: who signed the machine's certificate, and our own with the operator role.
	CA          string `toml:"ca"`
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`
	// Pin is the lower hex SHA-256 of the machine's certificate; empty = the one that is enrolled.
	Pin string `toml:"pin"`
	// Serial is the machine's serial number; empty = the one that is enrolled.
	Serial string `toml:"serial"`
	// Plain allows Modbus/TCP without TLS, on the named cell network only; every record then says unauthenticated.
	Plain string `toml:"plain_cell_network"`
	// Unit is the Modbus unit identifier; default 1.
	Unit int `toml:"unit"`
	// Poll is the time between two readings; default 100ms. Data older than three polls is no data.
	Poll Duration `toml:"poll"`
}

// Times are the unit's own limits.
type Times struct {
	Seal       Duration `toml:"seal"`       // how long seal, approval and authorisation hold; default 8h, at most 30 days
	Permission Duration `toml:"permission"` // length of one permission to the machine, renewed by nobody; default 30m, at most 12h
	Feed       Duration `toml:"feed"`       // how long to wait for a carrier to be fed; default 60s, at most 1h
	Settle     Duration `toml:"settle"`     // how long a fed carrier may take in the machine; default 2m, at most 1h
}

// Duration reads "90s".
type Duration struct{ time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 90s, 15m, 8h", b)
	}
	if v <= 0 {
		return fmt.Errorf("duration %q is not positive", b)
	}
	d.Duration = v
	return nil
}

func (d Duration) or(def time.Duration) time.Duration {
	if d.Duration == 0 {
		return def
	}
	return d.Duration
}

// origins keeps an origin printable in note lines (C2SP signed-note: no spaces,
// no plus).
var origins = regexp.MustCompile(`^[a-z0-9]([a-z0-9./-]{1,125})[a-z0-9]$`)

// readConfig reads and checks path. Every error says which key.
func readConfig(path string) (Config, error) {
	var c Config
	meta, err := toml.DecodeFile(path, &c)
	if err != nil {
		return c, fmt.Errorf("cannot read configuration %s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fmt.Errorf("cannot use configuration %s: unknown key %q", path, unknown[0].String())
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return c, fmt.Errorf("cannot resolve configuration %s: %w", path, err)
	}
	for i := range c.Forms {
		if !filepath.IsAbs(c.Forms[i]) {
			c.Forms[i] = filepath.Join(base, c.Forms[i])
		}
	}
	for _, p := range []*string{&c.Ledger, &c.Keys, &c.Socket, &c.BenchClock, &c.Cards.Anchors, &c.Cards.PCSC, &c.Machine.CA, &c.Machine.Certificate, &c.Machine.Key} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(base, *p)
		}
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("cannot use configuration %s: %w", path, err)
	}
	return c, nil
}

func (c *Config) check() error {
	for _, f := range []struct{ key, value string }{
		{"origin", c.Origin}, {"unit", c.Unit}, {"ledger", c.Ledger}, {"keys", c.Keys}, {"socket", c.Socket},
		{"cards.anchors", c.Cards.Anchors}, {"machine.address", c.Machine.Address},
	} {
		if f.value == "" {
			return fmt.Errorf("key %q is missing", f.key)
		}
	}
	if !origins.MatchString(c.Origin) {
		return fmt.Errorf("origin %q is not made of lower case letters, digits, dots, hyphens and slashes", c.Origin)
	}
	if c.Bench != (len(c.Origin) > 6 && c.Origin[:6] == "bench.") {
		return errors.New(`origin begins with "bench." if and only if bench = true`)
	}
	if c.BenchClock != "" && !c.Bench {
		return errors.New("bench_clock is only for a virtual station: a real one has the time of its host")
	}
	if _, _, err := net.SplitHostPort(c.Machine.Address); err != nil {
		return fmt.Errorf("machine.address is not host:port: %w", err)
	}
	tls := c.Machine.CA != "" && c.Machine.Certificate != "" && c.Machine.Key != ""
	some := c.Machine.CA != "" || c.Machine.Certificate != "" || c.Machine.Key != ""
	switch {
	case c.Machine.Plain == "" && !tls:
		return errors.New("machine.ca, machine.certificate and machine.key are all needed; plain Modbus needs machine.plain_cell_network")
	case c.Machine.Plain != "" && some:
		return errors.New("machine.plain_cell_network excludes machine.ca, machine.certificate and machine.key")
	}
	for _, l := range []struct {
		key   string
		value Duration
		most  time.Duration
		say   string
	}{
		{"times.seal", c.Times.Seal, 30 * 24 * time.Hour, "30 days"}, {"times.permission", c.Times.Permission, 12 * time.Hour, "12h"},
		{"times.feed", c.Times.Feed, time.Hour, "1h"}, {"times.settle", c.Times.Settle, time.Hour, "1h"},
	} {
		if l.value.Duration > l.most {
			return fmt.Errorf("%s is %s, longer than %s", l.key, l.value.Duration, l.say)
		}
	}
	if c.Machine.Unit < 0 || c.Machine.Unit > 255 {
		return fmt.Errorf("machine.unit %d is not 0 to 255", c.Machine.Unit)
	}
	return nil
}

// mustBePrivate refuses a key file that others can read.
func mustBePrivate(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("cannot read key: %w", err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("cannot use key %s: mode %04o lets others read it; chmod 600", path, st.Mode().Perm())
	}
	return nil
}
