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
	missing := fmt.Errorf("cannot find %s %s among the built-in profiles", name, version)
	data, err := BuiltinBytes(name)
	if err != nil || !isToken(version) {
		return nil, missing
	}
	if earlier, err := files.ReadFile("profiles/" + name + "@" + version + ".toml"); err == nil {
		data = earlier
	}
	p, err := Parse(data)
	switch {
	case err != nil:
		return nil, err
	case p.Name != name || p.Version != version:
		return nil, missing
	}
	return p, nil
}
