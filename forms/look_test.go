package forms_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"sexton/forms"
)

var look = flag.String("look", "", "write every form, filled where there is a sample, to this directory, for the eye")

// TestSamplesFill fills and draws every form, with a sample where there is one
// and empty otherwise, as an officer would print it.
func TestSamplesFill(t *testing.T) {
	all := samples(t)
	for _, f := range load(t).Forms() {
		s := fill(t, f, all[f.ID])
		html := render(t, s.WriteHTML)
		if *look == "" {
			continue
		}
		for name, data := range map[string][]byte{".html": html, ".csv": render(t, s.WriteCSV), ".json": render(t, s.WriteJSON)} {
			if err := os.WriteFile(filepath.Join(*look, f.ID+name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestColumnsAreWideEnough: what officers write most often stands on one line:
// a day, a level, a name of three characters, four figures, a carrier kind.
func TestColumnsAreWideEnough(t *testing.T) {
	byKind := map[forms.Kind]string{
		forms.KindDate: "2026-03-05", forms.KindMark: "工作秘密", forms.KindSignature: "梁小㛃", forms.KindNumber: "1234", forms.KindChoice: "是", forms.KindText: "三个字",
	}
	byKey := map[forms.Key]string{"copy_number": "000001", "carrier_kind": "固态硬盘", "no": "200"}
	usual := func(c forms.Field) string {
		if s, ok := byKey[c.Key]; ok {
			return s
		}
		return byKind[c.Kind]
	}
	for _, f := range load(t).Forms() {
		for _, table := range f.Tables() {
			lines, full := forms.ColumnLines(f, table, usual)
			if !full {
				t.Errorf("%s %s does not fill its grid", f.ID, table.ID)
			}
			for k, n := range lines {
				if n > 1 {
					t.Errorf("%s %s: %q does not stand on one line", f.ID, table.ID, k)
				}
			}
		}
	}
}
