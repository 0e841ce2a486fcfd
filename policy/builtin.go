package policy

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed profiles/*.toml
var files embed.FS

// NAME.toml is the newest version of a profile, NAME@VERSION.toml an earlier
// one. A version that was shipped is never changed or removed: supplements and
// certificates name it.

// BuiltinNames lists the profiles that come with the program.
func BuiltinNames() []string {
	entries, err := files.ReadDir("profiles")
	if err != nil {
		return nil // an embedded directory is always readable
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".toml"); !strings.Contains(name, "@") {
			names = append(names, name)
		}
	}
	return names
}

// BuiltinBytes is the exact file of the newest version of a built-in profile.
func BuiltinBytes(name string) ([]byte, error) {
	if !slices.Contains(BuiltinNames(), name) {
		return nil, fmt.Errorf("cannot find built-in profile %q", name)
	}
	return files.ReadFile("profiles/" + name + ".toml")
}

// Builtin parses one version of a built-in profile.
func Builtin(name, version string) (*Profile, error) {
	data, err := BuiltinBytes(name)
	if err != nil {
		return nil, err
	}
	p, err := parse(data)
	if err == nil && p.Version != version && isToken(version) {
		if data, err = files.ReadFile("profiles/" + name + "@" + version + ".toml"); err == nil {
			p, err = parse(data)
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot find %s %s among the built-in profiles: %w", name, version, err)
	case p.Name != name || p.Version != version:
		return nil, fmt.Errorf("cannot find %s %s among the built-in profiles", name, version)
	}
	return p, p.check()
}
