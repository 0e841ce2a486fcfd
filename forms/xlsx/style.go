package xlsx

import "github.com/xuri/excelize/v2"

// looks are the styles of cells by name.
var looks = map[string]struct {
	horizontal string
	size       float64
	bold       bool
	box        bool
}{
	"title":    {"center", 16, true, false},
	"english":  {"center", 9, false, false},
	"small":    {"center", 7, false, true},
	"training": {"center", 10, true, true},
	"mark":     {"left", 12, true, false},
	"center":   {"center", 10, false, false},
	"right":    {"right", 10, false, false},
	"h2":       {"left", 11, true, false},
	"note":     {"left", 8, false, false},
	"th":       {"center", 10, true, true},
	"box":      {"center", 10, false, true},
	"left":     {"left", 10, false, true},
	"number":   {"right", 10, false, true},
}

// style finds or makes the style of a look with a number format.
func (b *book) style(look, format string) int {
	key := look + "\x00" + format
	if id, ok := b.styles[key]; ok {
		return id
	}
	l := looks[look]
	s := &excelize.Style{
		Font:         &excelize.Font{Family: "SimSun", Size: l.size, Bold: l.bold},
		Alignment:    &excelize.Alignment{Horizontal: l.horizontal, Vertical: "center", WrapText: true},
		CustomNumFmt: &format,
	}
	if l.box {
		for _, side := range []string{"left", "right", "top", "bottom"} {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "000000", Style: 1})
		}
	}
	id, err := b.file.NewStyle(s)
	b.do(err)
	b.styles[key] = id
	return id
}
