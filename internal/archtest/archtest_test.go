package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func TestHouseKeepsItsRules(t *testing.T) {
	breaches, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		t.Error(b)
	}
}

// TestForbiddenImportsAreSeen keeps Check itself honest: each of these must be
// a breach, and its neighbour must not.
func TestForbiddenImportsAreSeen(t *testing.T) {
	for _, c := range []struct {
		file, imp string
		breach    bool
	}{
		{"station/x.go", "sexton/bench/card", true},
		{"station/x_test.go", "sexton/bench/card", false},
		{"custody/x.go", "sexton/ledger", true},
		{"custody/x.go", "os", true},
		{"custody/x_test.go", "os", false},
		{"certificate/x.go", "sexton/station", true},
		{"certificate/x.go", "sexton/ledger/leaf", false},
		{"token/card/x.go", "github.com/ebfe/scard", true},
		{"token/pcsc/x.go", "github.com/ebfe/scard", false},
		{"ledger/x.go", "github.com/transparency-dev/tessera/fsck", true},
		{"ledger/x_test.go", "github.com/transparency-dev/tessera/fsck", false},
		{"cmd/sexton/x.go", "sexton/station", true},
		{"cmd/sexton/x.go", "sexton/web/api", false},
		{"cmd/sexton-inspect/x.go", "sexton/ledger", true},
		{"web/x.go", "example.org/unknown", true},
		{"cellar/x.go", "fmt", true},
		{"station/x.go", "testing", true},
		{"procedure/x.go", "sexton/ledger", true},
	} {
		if got := judge(c.file, c.imp) != ""; got != c.breach {
			t.Errorf("%s importing %s: breach %v, want %v", c.file, c.imp, got, c.breach)
		}
	}
}

// sources walks all Go files that are not generated or test data.
func sources(t *testing.T, visit func(rel string, text string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin" || d.Name() == "out") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel), string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryPackageIntroducesItself demands a package comment.
func TestEveryPackageIntroducesItself(t *testing.T) {
	documented, seen := map[string]bool{}, map[string]bool{}
	sources(t, func(rel, text string) {
		if strings.HasSuffix(rel, "_test.go") {
			return
		}
		dir := filepath.Dir(rel)
		seen[dir] = true
		before, _, _ := strings.Cut("\n"+text, "\npackage ")
		before = strings.TrimRight(before, "\n ")
		last := before[strings.LastIndex(before, "\n")+1:]
		if (strings.HasPrefix(last, "//") && !strings.HasPrefix(last, "//go:") && !strings.HasPrefix(last, "// Code generated")) || strings.HasSuffix(last, "*/") {
			documented[dir] = true
		}
	})
	for dir := range seen {
		if !documented[dir] {
			t.Errorf("package in %s has no package comment", dir)
		}
	}
}

// TestForbiddenWords: pure rooms take time as a value, and the tree makes no
// promises it does not keep.
func TestForbiddenWords(t *testing.T) {
	promise := []string{"TO" + "DO", "FIX" + "ME", "not " + "implemented"}
	sources(t, func(rel, text string) {
		for _, w := range promise {
			if strings.Contains(text, w) {
				t.Errorf("%s contains %q", rel, w)
			}
		}
		if strings.HasSuffix(rel, "_test.go") || isTestRoom(filepath.ToSlash(filepath.Dir(rel))) {
			return
		}
		room, ok := roomOf(filepath.ToSlash(filepath.Dir(rel)))
		if ok && room.Pure {
			for _, w := range []string{"time." + "Now(", "time." + "Since(", "\tgo " + "func("} {
				if strings.Contains(text, w) {
					t.Errorf("%s is in a pure room and contains %q", rel, w)
				}
			}
		}
	})
}

// TestNoBadNames: packages named for nothing collect everything.
func TestNoBadNames(t *testing.T) {
	bad := map[string]bool{"util": true, "utils": true, "common": true, "types": true, "core": true, "manager": true, "helper": true, "helpers": true}
	sources(t, func(rel, _ string) {
		for _, part := range strings.Split(filepath.ToSlash(filepath.Dir(rel)), "/") {
			if bad[part] {
				t.Errorf("%s: no package is called %s", rel, part)
			}
		}
	})
}

// TestDutiesAreKept: every duty from D1 to D19 is in ARCHITECTURE.md, with tests
// that exist.
func TestDutiesAreKept(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	sources(t, func(rel, text string) {
		if !strings.HasSuffix(rel, "_test.go") {
			return
		}
		for _, line := range strings.Split(text, "\n") {
			if name, ok := strings.CutPrefix(line, "func Test"); ok {
				name, _, _ = strings.Cut(name, "(")
				tests[filepath.ToSlash(filepath.Dir(rel))+": Test"+name] = true
			}
		}
	})
	for n := 1; n <= 19; n++ {
		head := fmt.Sprintf("\n| D%d |", n)
		_, row, found := strings.Cut(string(text), head)
		row, _, _ = strings.Cut(row, "\n")
		cells := strings.Split(row, "|")
		if !found || len(cells) < 5 {
			t.Errorf("D%d has no row", n)
			continue
		}
		named := strings.Split(cells[len(cells)-2], "`")
		for i := 1; i < len(named); i += 2 {
			if !tests[named[i]] {
				t.Errorf("D%d names %q, which is no test", n, named[i])
			}
		}
		if len(named) < 3 {
			t.Errorf("D%d names no test", n)
		}
	}
}
