package policy

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed profiles/*.toml
var files embed.FS

// BuiltinNames lists the profiles that come with the program.
func BuiltinNames() []string {
	entries, err := files.ReadDir("profiles")
	if err != nil {
		return nil // an embedded directory is always readable
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// BuiltinBytes is the exact file of a built-in profile.
func BuiltinBytes(name string) ([]byte, error) {
	if !slices.Contains(BuiltinNames(), name) {
		return nil, fmt.Errorf("cannot find built-in profile %q", name)
	}
	return files.ReadFile("profiles/" + name + ".toml")
}

// Builtin parses a built-in profile.
func Builtin(name string) (*Profile, error) {
	data, err := BuiltinBytes(name)
	if err != nil {
		return nil, err
	}
	p, err := parse(data)
	if err != nil {
		return nil, err
	}
	return p, p.check()
}
