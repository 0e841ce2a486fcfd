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

// BuiltinBytes is the exact file of a built-in profile: NAME is the newest
// version, NAME@VERSION that one.
func BuiltinBytes(name string) ([]byte, error) {
	base, version, old := strings.Cut(name, "@")
	if !slices.Contains(BuiltinNames(), base) || (old && !isToken(version)) {
		return nil, fmt.Errorf("cannot find built-in profile %q", name)
	}
	if old {
		if data, err := files.ReadFile("profiles/" + name + ".toml"); err == nil {
			return data, nil
		}
	}
	data, err := files.ReadFile("profiles/" + base + ".toml")
	if err != nil {
		return nil, err
	}
	if f, _ := decode(data); old && (f == nil || f.Version != version) {
		return nil, fmt.Errorf("cannot find built-in profile %q", name)
	}
	return data, nil
}

// Builtin parses one version of a built-in profile.
func Builtin(name, version string) (*Profile, error) {
	data, err := BuiltinBytes(name + "@" + version)
	if err != nil {
		return nil, err
	}
	return Parse(data)
}
