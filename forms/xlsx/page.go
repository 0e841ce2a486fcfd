package xlsx

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"sexton/forms"
)

// begin takes up a worksheet, sets its paper and its running lines.
func (b *book) begin(old, name string) {
	if old != name {
		b.do(b.file.SetSheetName(old, name))
	}
	b.name, b.row = name, 0
	size, orientation := paper(b.sheet.Form)
	one, all, fit := 1, 0, true
	b.do(b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &one, FitToHeight: &all}))
	b.do(b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	left, right, top, bottom := 0.7, 0.5, 0.6, 0.6 // inches
	b.do(b.file.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: &left, Right: &right, Top: &top, Bottom: &bottom}))
	running := &excelize.HeaderFooterOptions{OddFooter: "&L" + b.sheet.Form.ID + "&R第 &P 页 / 共 &N 页  page &P of &N"}
	if b.sheet.Bench {
		running.OddHeader = "&C" + forms.Training.Zh + " / " + forms.Training.En
	}
	b.do(b.file.SetHeaderFooter(name, running))
}

// paper is the number ECMA-376 gives a paper (18.3.1.63, paperSize), and its
// orientation: A4 is 9, A3 is 8, A6 is 70. A strip prints on A4.
func paper(f *forms.Form) (int, string) {
	switch {
	case f.Paper == forms.Label:
		return 70, "landscape"
	case f.Paper == forms.Landscape && stacked(f):
		return 8, "landscape"
	case f.Paper == forms.Landscape:
		return 9, "landscape"
	}
	return 9, "portrait"
}

func stacked(f *forms.Form) bool {
	for _, t := range f.Tables() {
		for _, c := range t.Fields {
			if c.Break {
				return true
			}
		}
	}
	return false
}

// sheetName is a title as a worksheet may be called: 31 UTF-16 units, none of
// :\/?*[] and no apostrophe at an end.
func sheetName(title string) string {
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, title)
	var out strings.Builder
	units := 0
	for _, r := range title {
		if units++; r > 0xFFFF {
			units++
		}
		if units > 31 {
			break
		}
		out.WriteRune(r)
	}
	return strings.TrimSpace(out.String())
}
