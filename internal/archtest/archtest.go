// Package archtest keeps the house in order: which room may import which, and
// which room owns which outside library.
//
// The rules are data ([Rooms], [Owners]); [Check] reads the import clauses of
// every Go file below a root and returns one sentence per breach. Imports go
// only downwards, the pure rooms reach neither I/O nor clock, and nothing of
// bench, which can pretend a destruction, is reachable from the product.
//
// It does not look at what code does with an allowed import.
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Module is the module path.
const Module = "sexton"

// Room is a directory with everything below it, unless a deeper room exists.
type Room struct {
	Dir  string
	May  []string // rooms of the module it may import; "x/..." means x and all below
	Pure bool     // no I/O, clock, randomness, logger, goroutine or cgo
}

// Breach is one forbidden import.
type Breach struct {
	File, Import, Why string
}

// String returns the breach as one sentence.
func (b Breach) String() string { return fmt.Sprintf("%s imports %s: %s", b.File, b.Import, b.Why) }

// impure are standard packages a pure room may not import. "time" is allowed,
// since time arrives as a value; time.Now is caught by the forbidden-word test.
var impure = []string{"os", "net", "net/http", "log", "log/slog", "crypto/rand", "math/rand", "math/rand/v2", "sync", "syscall", "os/exec", "database/sql", "unsafe", "C"}

// Check reads every Go file below root and returns the breaches, sorted.
// Test files may also import bench, test helpers of any room and the judges.
func Check(root string) ([]Breach, error) {
	var out []Breach
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "out" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return fmt.Errorf("cannot read imports of %s: %w", rel, err)
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("cannot read imports of %s: %w", rel, err)
			}
			if why := judge(filepath.ToSlash(rel), imp); why != "" {
				out = append(out, Breach{filepath.ToSlash(rel), imp, why})
			}
		}
		return nil
	})
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out, err
}

// judge returns why file may not import imp, or "".
func judge(file, imp string) string {
	dir := file[:strings.LastIndex("/"+file, "/")]
	dir = strings.TrimSuffix(dir, "/")
	test := strings.HasSuffix(file, "_test.go") || isTestRoom(dir)
	room, ok := roomOf(dir)
	if !ok {
		return "this directory is no room of the house; add it to archtest.Rooms with a reason"
	}
	if imp == Module || strings.HasPrefix(imp, Module+"/") {
		return judgeOwn(room, dir, strings.TrimPrefix(strings.TrimPrefix(imp, Module), "/"), test)
	}
	if strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
		return judgeOutside(dir, imp, test)
	}
	if room.Pure && !test {
		for _, p := range impure {
			if imp == p {
				return "the room is pure"
			}
		}
	}
	if imp == "testing" && !test {
		return "product code does not import testing"
	}
	return ""
}

func judgeOwn(room Room, dir, imp string, test bool) string {
	if strings.HasPrefix(imp, "bench/") || imp == "bench" {
		if test || within(dir, "bench") || within(dir, "cmd/sexton-bench") {
			return ""
		}
		return "bench is reachable only from cmd/sexton-bench and tests"
	}
	if isTestRoom(imp) && !test {
		return "test helpers are not product code"
	}
	if test || within(imp, room.Dir) {
		return ""
	}
	for _, m := range room.May {
		if imp == m || (strings.HasSuffix(m, "/...") && within(imp, strings.TrimSuffix(m, "/..."))) {
			return ""
		}
	}
	return "imports go only downwards, see ARCHITECTURE.md"
}

func judgeOutside(dir, imp string, test bool) string {
	for _, o := range Owners {
		if !within(imp, o.Library) {
			continue
		}
		if test && !o.NotEvenTests {
			return ""
		}
		for _, d := range o.Dirs {
			if within(dir, d) {
				return ""
			}
		}
		return "the library belongs to " + strings.Join(o.Dirs, ", ")
	}
	return "no room owns this library; a new dependency needs an ADR and a line in archtest.Owners"
}

// isTestRoom reports whether dir is a package of test helpers, by name.
func isTestRoom(dir string) bool {
	base := dir[strings.LastIndex(dir, "/")+1:]
	return strings.HasSuffix(base, "test") && base != "test"
}

func within(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }

// roomOf returns the deepest room that holds dir.
func roomOf(dir string) (Room, bool) {
	var best Room
	found := false
	for _, r := range Rooms {
		if within(dir, r.Dir) && (!found || len(r.Dir) > len(best.Dir)) {
			best, found = r, true
		}
	}
	return best, found
}
