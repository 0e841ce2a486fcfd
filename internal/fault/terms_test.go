package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	card "sexton/token"
)

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// said reports whether s has a term of its own.
func said(s string) bool {
	return han(fault.Term(s)) && !strings.Contains(fault.Term(s), fault.Elsewhere)
}

var (
	verb    = regexp.MustCompile(`%[a-z]`)
	letters = regexp.MustCompile(`[A-Za-z]`)
)

// sample is what e would evaluate to, "7" standing for every part that is not constant. ok is false when nothing of e is constant.
func sample(e ast.Expr) (s string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		x, okx := sample(e.X)
		y, oky := sample(e.Y)
		if !okx {
			x = "7"
		}
		if !oky {
			y = "7"
		}
		return x + y, okx || oky
	case *ast.CallExpr:
		f, isSel := e.Fun.(*ast.SelectorExpr)
		if isSel && (f.Sel.Name == "Sprintf" || f.Sel.Name == "Errorf") && len(e.Args) > 0 {
			s, ok := sample(e.Args[0])
			return verb.ReplaceAllString(s, "7"), ok
		}
		if isSel && f.Sel.Name == "New" && len(e.Args) == 1 { // errors.New
			return sample(e.Args[0])
		}
	}
	return "", false
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return name(e.X) + "." + e.Sel.Name
	}
	return ""
}

// TestEveryConstantWordHasATerm walks every place that makes a fault: what is English and constant there must have a Chinese
// term. A fault wrapped in station's both brings its own Chinese.
func TestEveryConstantWordHasATerm(t *testing.T) {
	seen := 0
	check := func(fset *token.FileSet, e ast.Expr) {
		s, ok := sample(e)
		if !ok || !letters.MatchString(s) {
			return
		}
		seen++
		if !said(s) {
			t.Errorf("%s: %q has no Chinese term", fset.Position(e.Pos()), s)
		}
	}
	for _, room := range []string{"station", "web", "cmd"} {
		err := filepath.WalkDir("../../"+room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			own := map[ast.Node]bool{}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					switch name(n.Fun) {
					case "both":
						own[n.Args[0]] = true
					case "fault.New":
						for i, a := range n.Args {
							if i >= 2 && !own[n] {
								check(fset, a)
							}
						}
					case "badRequest":
						check(fset, n.Args[1])
					case "usage":
						s, ok := sample(n.Args[0])
						if ok && !strings.HasPrefix(s, "%s") && !said(strings.ReplaceAll(verb.ReplaceAllString(s, "7"), "%w", "7")) {
							t.Errorf("%s: %q has no Chinese term", fset.Position(n.Pos()), s)
						}
					}
				case *ast.CompositeLit:
					if name(n.Type) == "usageError" && len(n.Elts) == 1 {
						check(fset, n.Elts[0])
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 40 {
		t.Errorf("only %d constant words found: the walk misses the places", seen)
	}
}

func TestEveryWordOfTheRecordsHasATerm(t *testing.T) {
	var all []string
	for _, k := range leaf.Kinds() {
		all = append(all, string(k))
	}
	for _, s := range custody.States() {
		all = append(all, s.String())
	}
	for _, s := range custody.BatchStates() {
		all = append(all, s.String())
	}
	for _, v := range custody.Verdicts() {
		all = append(all, v.String())
	}
	for k := card.KindUnknown; k <= card.Closed; k++ {
		all = append(all, k.String())
	}
	for k := card.EventUnknown; k <= card.DaemonBack; k++ {
		all = append(all, k.String())
	}
	for _, w := range all {
		if !said(w) {
			t.Errorf("%q has no Chinese term", w)
		}
	}
	for _, s := range custody.States()[1:] {
		if got := fault.Term(s.String()); got != s.Zh() {
			t.Errorf("%s is %q here, %q in custody", s, got, s.Zh())
		}
	}
	for role, zh := range map[leaf.Role]string{leaf.RoleDestroyer: "销毁人", leaf.RoleAttestor: "监销人", leaf.RoleApprover: "批准人",
		leaf.RoleApplicant: "申请人", leaf.RoleCounter: "清点人", leaf.RoleRecounter: "复核人", leaf.RoleReceiver: "接收人", leaf.RoleKeeper: "保管人",
		leaf.RoleAdmin: "管理员", leaf.RoleInspector: "检查员", leaf.RoleOperator: "操作员", leaf.RoleExplaining: "说明人",
		leaf.RoleSecrecy: "保密员", leaf.RoleAuditor: "审核人", leaf.RoleClassifier: "定密责任人", leaf.RoleAccepting: "接收人", leaf.RolePledging: "承诺人",
		leaf.RoleAnswering: "整改责任人", leaf.RoleReporting: "报告人"} {
		if got := fault.Term(string(role)); got != zh {
			t.Errorf("role %s is %q, want %q", role, got, zh)
		}
	}
}

// TestChineseSentences are the sentences a red team found half English.
func TestChineseSentences(t *testing.T) {
	for _, c := range []struct {
		code string
		args []any
		zh   string
	}{
		{"usage.not-found", []any{"carrier nope"}, "找不到载体 nope"},
		{"usage.not-found", []any{"batch zzz"}, "找不到批次 zzz"},
		{"usage.not-found", []any{"person nobody"}, "找不到人员 nobody"},
		{"usage.not-found", []any{"leaf 99999999"}, "找不到第 99999999 条记录"},
		{"usage.bad-request", []any{"state bogus"}, "请求无法理解：没有状态 bogus"},
		{"usage.bad-request", []any{"accepts 2 arg(s), received 0"}, "请求无法理解：应有 2 个参数，给了 0 个"},
		{"usage.bad-request", []any{"explanation of YZ-1"}, "请求无法理解：对载体 YZ-1 的说明"},
		{"usage.bad-request", []any{`cannot read request: json: unknown field "colour"`}, `请求无法理解：无法读取请求，有不认识的字段 "colour"`},
		{"usage.bad-request", []any{"cannot read request: http: request body too large"}, "请求无法理解：无法读取请求，请求过大"},
		{"usage.bad-request", []any{"cannot read scan: open /a b/c: no such file or directory"}, "请求无法理解：无法读取清点扫描：打开 /a b/c：没有这个文件或目录"},
		{"usage.bad-request", []any{"some phrase nobody foresaw"}, "请求无法理解：" + fault.Elsewhere},
		{"session.locked", []any{"card removed"}, "会话已锁定：卡已取出"},
		{"person.role", []any{"destroyer", "destroyer"}, "destroyer 没有“销毁人”的权限"}, // who is called so keeps his name
		{"batch.authority", []any{"superior", "own-leader"}, "批准权限不够：须“上级机关”，实为“本单位负责人”"},
		{"batch.expired", []any{"2026-03-01T08:00:00Z"}, "已过有效期：2026-03-01T08:00:00Z"},
		{"token.same-person", []any{"keeper"}, "同一人不得双签：keeper"},
		{"usage.not-found", []any{"carrier 100%s$1~1"}, "找不到载体 100%s$1~1"},
	} {
		f := fault.New(c.code, nil, c.args...)
		if f.Zh != c.zh {
			t.Errorf("%s %q: got %q, want %q", c.code, c.args, f.Zh, c.zh)
		}
		for _, a := range c.args {
			if !strings.Contains(f.En, a.(string)) {
				t.Errorf("%s: the English %q lost %q", c.code, f.En, a)
			}
		}
	}
	for _, code := range []string{"usage.bad-request", "usage.not-found"} {
		if len(fault.New(code, nil, "x").Hints) == 0 {
			t.Errorf("%s has no hint", code)
		}
	}
	if zh := fault.New("ledger.stopped", nil).Zh; !strings.Contains(zh, "已确认的记录没有丢失") {
		t.Errorf("got %q", zh)
	}
}
