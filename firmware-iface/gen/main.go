// Command gen turns registers.json, the one source of the shredder's register map, into everything that must agree with it:
//
//	registers_gen.go        Go constants and codec
//	c/sexton_shredder.h     C header for the control program of a machine
//	REGISTERS.md            table for people
//	testdata/vectors.json   test vectors, made by an encoder that shares no code with the Go codec
//	testdata/map.txt        the canonical text whose hash is the map hash
//
// Run it from the module's root (go run ./firmware-iface/gen) or through go generate.
// It does not run a formatter of its own for C, and it knows nothing of transports.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

func main() {
	dir := flag.String("dir", "", "directory of registers.json (default: here or ./firmware-iface)")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if dir == "" {
		dir = "."
		if _, err := os.Stat(sourceName); err != nil {
			dir = "firmware-iface"
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, sourceName))
	if err != nil {
		return fmt.Errorf("cannot read the register source: %w", err)
	}
	files, err := Generate(raw)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("cannot make a directory for %s: %w", name, err)
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return fmt.Errorf("cannot write %s: %w", name, err)
		}
	}
	return nil
}

// Generate returns every generated file by its path below firmware-iface. It reads nothing but raw.
func Generate(raw []byte) (map[string][]byte, error) {
	m, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("cannot accept the register source: %w", err)
	}
	code, err := m.golang()
	if err != nil {
		return nil, fmt.Errorf("cannot format the Go codec: %w", err)
	}
	vectors, err := m.vectors()
	if err != nil {
		return nil, fmt.Errorf("cannot make the vectors: %w", err)
	}
	return map[string][]byte{
		"registers_gen.go":      code,
		"c/sexton_shredder.h":   m.header(),
		"REGISTERS.md":          m.table(),
		"testdata/vectors.json": vectors,
		"testdata/map.txt":      m.canonical(),
	}, nil
}
