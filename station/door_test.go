package station_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sexton/internal/fault"
	"sexton/policy"
	"sexton/station"
)

// TestGatesAreOfTheDoor reads where the station asks the door: each act it
// names stands in the table.
func TestGatesAreOfTheDoor(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || strings.HasSuffix(name, "_test.go") {
				return true
			}
			var called string
			switch fn := call.Fun.(type) {
			case *ast.Ident:
				called = fn.Name
			case *ast.SelectorExpr:
				called = fn.Sel.Name
			}
			if !slices.Contains([]string{"gate", "admitted", "two"}, called) {
				return true
			}
			for _, a := range call.Args {
				if lit, ok := a.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					act, _ := strconv.Unquote(lit.Value)
					if asked++; !known(act) {
						t.Errorf("%s: the door has no act %q", name, act)
					}
				}
			}
			return true
		})
	}
	if asked < 10 {
		t.Errorf("only %d acts are asked about", asked)
	}
}

func known(act string) bool { _, ok := policy.GateOf(act); return ok }

// TestDoorSaysWhoCould: a refusal of the door names the rule and who could do
// it, in both languages.
func TestDoorSaysWhoCould(t *testing.T) {
	w := newWorld(t)
	w.office(1)
	_, err := w.st.OpenBatch(t.Context(), station.OpenOptions{Session: must(w.session("wang"))})
	f := fault.From(err)
	if f.Code != "person.role" || !strings.Contains(f.Zh, "建立销毁批次") || !strings.Contains(f.En, "batch-open") {
		t.Errorf("the rule is not named: %v %s", f, f.Zh)
	}
	if len(f.Hints) != 1 || f.Hints[0].Zh != "请由申请人办理" || f.Hints[0].En != "let the applicant do it" {
		t.Errorf("nobody is named: %+v", f.Hints)
	}
}
