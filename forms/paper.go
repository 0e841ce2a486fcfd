package forms

import "strings"

// papers are the formats of Paper, mm. The left margin is where sheets are
// bound.
var papers = map[Paper]sheetSize{
	Portrait:  {width: 210, height: 297, left: 20, right: 14, top: 12, bottom: 11, css: "A4 portrait"},
	Landscape: {width: 297, height: 210, left: 16, right: 14, top: 12, bottom: 10, css: "A4 landscape"},
	Label:     {width: 148, height: 105, left: 8, right: 8, top: 5, bottom: 3, css: "148mm 105mm", plain: true},
	Strip:     {width: 210, height: 70, left: 8, right: 8, top: 4, bottom: 3, css: "210mm 70mm", plain: true},
}

type sheetSize struct {
	width, height            float64
	left, right, top, bottom float64
	css                      string
	plain                    bool // a label: no page numbers, no notes below
}

// Type sizes and distances, mm. The style sheet has the same figures; here they
// decide where a page ends, on the safe side.
const (
	emTable   = 3.175 // 9 pt
	emBox     = 3.53  // 10 pt
	emSmall   = 2.12  // 6 pt
	emNote    = 2.82  // 8 pt
	lineRatio = 1.32
	padX      = 0.9 // each side of a cell
	padY      = 0.75
	rowLeast  = 7.2
	rowSign   = 8.5 // where a pen has to write
	boxLeast  = 8.5
	headLeast = 7.0
	tallLine  = 5.0
	maxTall   = 12
	firstHead = 27.0 // mark and number, title, on the first page
	plainHead = 20.0 // on a label
	nextHead  = 12.0 // and on the others
	footLine  = 9.0
	spare     = 4.0 // fonts differ
	titleLine = 7.5
	signLine  = 17.0
	signStrip = 14.0
	opinions  = 27.0
	noteGap   = 2.5
)

// advance is how wide a character is, in em; never less than fonts in use make
// it.
func advance(r rune) float64 {
	switch {
	case r >= 0x2E80 || r == '★' || r == '—' || r == '…' || r == '“' || r == '”':
		return 1
	case strings.ContainsRune("WM@%", r):
		return 0.95
	case r == 'm' || r == 'w':
		return 0.85
	case r >= 'A' && r <= 'Z':
		return 0.68
	case r == '-':
		return 0.4
	case strings.ContainsRune(" ilj.,'", r):
		return narrow
	case r < 0x80:
		return 0.56
	}
	return 1
}

// linesOf is how many lines a Chinese text takes in a cell of that width. It
// breaks between any two characters, but no line begins with a closing mark or
// ends with an opening one.
func linesOf(s string, em, width float64) int {
	lines, used, room := 1, 0.0, max(width/em, 1.05)
	var before rune
	for _, r := range s {
		a := advance(r)
		switch {
		case r == '\n':
			lines, used = lines+1, 0
		case used+a <= room:
			used += a
		case strings.ContainsRune(closing, r) || strings.ContainsRune(opening, before):
			lines, used = lines+1, advance(before)+a
		default:
			lines, used = lines+1, a
		}
		before = r
	}
	return lines
}

const (
	narrow  = 0.33 // a space, em
	closing = "）》〉」』】〕，。、；：！？％”’),.;:!?%]}"
	opening = "（《〈「『【〔“‘([{"
)

// wordLines is the same for small English text, which breaks between words and
// within a word only where it is longer than a line.
func wordLines(s string, em, width float64) int {
	lines, used, room := 1, 0.0, max(width/em, 1.05)
	for _, word := range strings.Fields(s) {
		w := 0.0
		for _, r := range word {
			w += advance(r)
		}
		if used > 0 && used+narrow+w > room {
			lines, used = lines+1, 0
		}
		if used > 0 {
			used += narrow
		}
		for w > room {
			lines, w = lines+1, w-room
		}
		used += w
	}
	return lines
}

// textHeight is the height of a text in both sizes: Chinese lines and small
// English lines beneath.
func textHeight(zh, en string, em, width float64) float64 {
	h := float64(linesOf(zh, em, width)) * em * lineRatio
	if en != "" {
		h += float64(wordLines(en, emSmall, width)) * emSmall * lineRatio
	}
	return h
}

// flowHeight is the height of a text with its small English behind it on the
// same lines.
func flowHeight(zh, en string, em, width float64) float64 {
	wide := 1.0
	for _, r := range zh {
		wide += em * advance(r)
	}
	for _, r := range en {
		wide += emSmall * advance(r)
	}
	return (1 + float64(int(wide/(width*0.94)))) * em * lineRatio
}

// grid is the number of equal columns on which everything on a page stands, so
// that headings, boxes and rows need no widths of their own.
const grid = 200

// units spreads weights over the grid; each gets at least one column.
func units(weights []int) []int {
	sum := 0
	for _, w := range weights {
		sum += max(w, 1)
	}
	out := make([]int, len(weights))
	used, seen := 0, 0
	for i, w := range weights {
		seen += max(w, 1)
		end := max((seen*grid+sum/2)/sum, used+1)
		end = min(end, grid-(len(weights)-1-i))
		out[i] = end - used
		used = end
	}
	return out
}
