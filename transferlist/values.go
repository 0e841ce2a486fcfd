package transferlist

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sexton/custody"
)

// reason is why one cell is bad; nil = it is good.
type reason struct{ code, zh, en string }

func bad(code, zh, en string) *reason { return &reason{code, zh, en} }

// clip shortens a cell for a message and takes out what could disturb a
// screen.
func clip(s string) string { return clipTo(s, 24) }

func clipTo(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !printable(r) {
			return '\uFFFD'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}

// printable says that a character may stand in a cell: no control characters,
// no bidirectional or invisible ones, nothing private or unassigned.
func printable(r rune) bool {
	return plain(r) || r != utf8.RuneError && r != '\u3164' && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Co, r) && unicode.IsGraphic(r)
}

// plain are the characters of nearly every cell: they are printable and in
// every normalisation form.
func plain(r rune) bool { return r >= 0x4E00 && r <= 0x9FA5 || r >= ' ' && r <= '~' }

// text is clean without what a spreadsheet would evaluate.
func text(cell string, limit int) (string, *reason) {
	s, why := clean(cell, limit)
	switch {
	case why != nil:
		return "", why
	case isFormula(s):
		return "", bad("cell.formula", "单元格以公式符号开头："+clip(s), "the cell begins like a formula: "+clip(s))
	case isScientific(s):
		return "", bad("cell.scientific", "表格软件已把长数字改写为科学计数法："+clip(s)+"；请将该列设为文本后重填", "a spreadsheet has cut a long number short: "+clip(s)+"; make the column text and enter it again")
	}
	return s, nil
}

// isScientific: 1.23457E+15 was a number of more digits than a spreadsheet
// keeps.
func isScientific(s string) bool {
	mantissa, exponent, ok := strings.Cut(s, "E+")
	return ok && isDigits(exponent) && isDigits(strings.Replace(mantissa, ".", "", 1))
}

// clean checks a cell and gives it trimmed, in normalisation form C.
func clean(cell string, limit int) (string, *reason) {
	s := strings.TrimFunc(cell, func(r rune) bool { return r == ' ' || r == '\u3000' || r == '\u00a0' || r == '\t' })
	runes, simple := 0, true
	for _, r := range s {
		runes++
		if plain(r) {
			continue
		}
		simple = false
		switch {
		case r == '\n':
			return "", bad("cell.line-break", "单元格内有换行", "the cell contains a line break")
		case r == 0:
			return "", bad("cell.nul", "单元格内有空字符（NUL），文件可能已损坏", "the cell contains a NUL byte; the file may be damaged")
		case !printable(r):
			return "", bad("cell.invisible", fmt.Sprintf("单元格内有不可见或控制字符 U+%04X", r), fmt.Sprintf("the cell contains an invisible or control character U+%04X", r))
		}
	}
	if !simple {
		s = norm.NFC.String(s)
		runes = utf8.RuneCountInString(s)
	}
	if runes > limit {
		return "", bad("cell.too-long", fmt.Sprintf("共 %d 字，最多 %d 字", runes, limit), fmt.Sprintf("%d characters, at most %d", runes, limit))
	}
	return s, nil
}

// isFormula: what a spreadsheet would evaluate when the list is opened again.
// A dash alone stands for an empty cell.
func isFormula(s string) bool {
	if s == "-" || s == "－" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("=+-@＝＋－＠", r) && s != ""
}

// free is text in which an apostrophe may stand before what a spreadsheet
// would evaluate, as Write puts it there.
func free(cell string, limit int) (string, *reason) {
	s, why := text(cell, limit)
	return unguard(s), why
}

// optional is free text that may be empty; the signs of an empty cell count as
// empty.
func optional(cell string, limit int) (string, *reason) {
	s, why := free(cell, limit)
	if isBlank(s) {
		s = ""
	}
	return s, why
}

// isBlank says that a cell is empty, or holds a sign that stands for it.
func isBlank(s string) bool {
	switch s {
	case "", "-", "－", "—", "——", "/", "／", "无":
		return true
	}
	return false
}

// kindWords are what the column 载体类别 may say.
var kindWords = map[string]string{
	"纸介质": "paper", "纸质": "paper", "纸": "paper", "纸质文件": "paper", "文件": "paper", "资料": "paper",
	"光盘": "disc", "光介质": "disc", "CD": "disc", "DVD": "disc", "CD-R": "disc", "DVD-R": "disc", "U盘": "usb-key", "优盘": "usb-key",
	"闪存盘": "usb-key", "机械硬盘": "hdd", "硬盘": "hdd", "移动硬盘": "portable-hdd", "固态硬盘": "ssd", "SSD": "ssd", "存储卡": "memory-card",
	"SD卡": "memory-card", "TF卡": "memory-card", "磁带": "tape", "底片": "film", "胶片": "film", "缩微胶片": "film",
}

func kind(cell string) (custody.CarrierKind, *reason) {
	s, why := text(cell, 16)
	if why != nil {
		return custody.CarrierKind{}, why
	}
	if s == "" {
		return custody.CarrierKind{}, bad("kind.lacking", "未填载体类别", "the carrier kind is lacking")
	}
	word, ok := kindWords[strings.ToUpper(s)]
	if !ok {
		return custody.CarrierKind{}, bad("kind.unknown", "不认识的载体类别："+clip(s), "unknown carrier kind: "+clip(s))
	}
	k, _ := custody.KindOf(word)
	return k, nil
}

// mark reads level, star and period from one cell, or from two.
func mark(cell string) (class custody.Classification, period string, why *reason) {
	s, why := text(cell, 64)
	if why != nil {
		return class, "", why
	}
	if s == "" {
		return class, "", bad("mark.lacking", "未填密级", "the classification is lacking")
	}
	for _, wrong := range "☆*＊﹡⭐✭✰" {
		if strings.ContainsRune(s, wrong) {
			return class, "", bad("mark.star", "国家秘密标志应为“密级★保密期限”："+clip(s), "a state-secret mark is level, ★, period: "+clip(s))
		}
	}
	level, period, starred := strings.Cut(s, "★")
	class, why = classification(level)
	switch {
	case why != nil:
		return class, "", why
	case starred && !class.Secret:
		return class, "", bad("mark.star-forbidden", class.Zh+"不是国家秘密，不得标注★", "★ is forbidden on "+class.En+": it is no state secret")
	case strings.Contains(period, "★"):
		return class, "", bad("mark.star", "★只能出现一次", "there is more than one ★")
	}
	period, why = checkPeriod(strings.TrimSpace(period), class)
	return class, period, why
}

// classifications by what the column 密级 says.
var classifications = func() map[string]custody.Classification {
	m := map[string]custody.Classification{}
	for _, c := range custody.Classifications() {
		m[c.Zh] = c
	}
	return m
}()

func classification(cell string) (custody.Classification, *reason) {
	s := strings.TrimSpace(cell)
	if c, ok := classifications[s]; ok {
		return c, nil
	}
	if s == "" {
		return custody.Classification{}, bad("mark.lacking", "未填密级", "the classification is lacking")
	}
	return custody.Classification{}, bad("mark.unknown", "不认识的密级："+clip(s)+"（应为 绝密 机密 秘密 工作秘密 内部 公开）", "unknown classification: "+clip(s))
}

// checkPeriod: years, months below a year, 长期, a day, or a condition in
// words; within the longest period of the level (law of 2024, art. 20).
func checkPeriod(s string, class custody.Classification) (string, *reason) {
	if s == "" {
		return "", nil
	}
	if !class.Secret {
		return "", bad("period.forbidden", class.Zh+"没有保密期限", class.En+" has no period of secrecy")
	}
	p, ok := custody.ParsePeriod(s)
	switch {
	case !ok:
		return "", bad("period.malformed", "保密期限有误："+clip(s)+"（如 10年、6个月、长期、2027年12月31日，用半角数字）", "malformed period: "+clip(s)+" (10年, 6个月, 长期, 2027年12月31日, in ASCII digits)")
	case p.Years > class.DefaultYears:
		return "", bad("period.too-long", fmt.Sprintf("%s级保密期限不超过 %d 年", class.Zh, class.DefaultYears), fmt.Sprintf("the period of %s is at most %d years", class.En, class.DefaultYears))
	}
	return s, nil
}

// whole reads an ASCII number without sign and leading zeros, up to most.
func whole(s string, most int64) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s || n < 0 || n > most {
		return 0, false
	}
	return n, true
}

// largest capacities that exist, bytes; a larger one is a slip of the unit.
var largest = map[string]int64{
	"disc": 200e9, "usb-key": 4e12, "hdd": 60e12, "portable-hdd": 30e12, "ssd": 200e12, "memory-card": 4e12, "tape": 100e12,
}

const (
	maxPages = 10_000
	maxCount = 10_000
)

// extent reads pages for paper and film, a capacity for everything else.
func extent(cell string, k custody.CarrierKind) (custody.Extent, *reason) {
	s, why := clean(cell, 24)
	if why != nil {
		return custody.Extent{}, why
	}
	s = strings.ReplaceAll(s, " ", "")
	if k.Unit == "page" {
		n, ok := whole(strings.TrimSuffix(strings.TrimSuffix(s, "页"), "张"), maxPages)
		switch {
		case strings.ContainsAny(strings.ToUpper(s), "KMGT"):
			return custody.Extent{}, bad("extent.unit", k.Zh+"应填页数："+clip(s), k.En+" has pages, not a capacity: "+clip(s))
		case !ok || n < 1:
			return custody.Extent{}, bad("extent.impossible", fmt.Sprintf("页数有误：%s（1 至 %d）", clip(s), maxPages), fmt.Sprintf("impossible number of pages: %s (1 to %d)", clip(s), maxPages))
		}
		return custody.Extent{Value: n, Unit: "page"}, nil
	}
	if strings.HasSuffix(s, "页") {
		return custody.Extent{}, bad("extent.unit", k.Zh+"应填容量："+clip(s), k.En+" has a capacity, not pages: "+clip(s))
	}
	n, ok := capacity(s)
	if !ok || n < 1 || n > largest[k.Word] {
		return custody.Extent{}, bad("extent.impossible", "容量有误："+clip(s)+"（如 4.7GB、512MB、2TB）", "impossible capacity: "+clip(s)+" (as 4.7GB, 512MB, 2TB)")
	}
	return custody.Extent{Value: n, Unit: "byte"}, nil
}

// capacity reads a decimal number with a unit; units are decimal, as makers
// print them.
func capacity(s string) (int64, bool) {
	u := strings.ToUpper(s)
	u = strings.TrimSuffix(strings.TrimSuffix(u, "字节"), "B")
	scale := int64(1)
	for unit, n := range map[string]int64{"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12} {
		if strings.HasSuffix(u, unit) {
			u, scale = strings.TrimSuffix(u, unit), n
			break
		}
	}
	if scale == 1 && u == s {
		return 0, false // a bare number says nothing
	}
	whole, fraction, dotted := strings.Cut(u, ".")
	digits := func(s string) bool { return s != "" && len(s) <= 12 && strings.Trim(s, "0123456789") == "" }
	if !digits(whole) || (dotted && !digits(fraction)) {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(u)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(scale))
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

// count reads how many pieces one carrier number stands for.
func count(cell string) (int64, *reason) {
	s, why := clean(cell, 12)
	if why != nil {
		return 0, why
	}
	n, ok := whole(strings.TrimRight(strings.ReplaceAll(s, " ", ""), "份张个块盘件本册"), maxCount)
	if !ok || n < 1 {
		return 0, bad("count.impossible", fmt.Sprintf("份数有误：%s（1 至 %d）", clip(s), maxCount), fmt.Sprintf("impossible count: %s (1 to %d)", clip(s), maxCount))
	}
	return n, nil
}

// copyNumber: six digits (GB/T 9704-2012, 7.2.1).
func copyNumber(cell string) (string, *reason) {
	s, why := clean(cell, 24)
	if why != nil || isBlank(s) {
		return "", why
	}
	if from, to, ok := copyRange(s); ok {
		return "", bad("copy.range", fmt.Sprintf("一行只登记一份：份号 %s 至 %s 请逐份列出，各有自己的载体编号", from, to),
			fmt.Sprintf("one row is one copy: list copies %s to %s one by one, each with its own carrier number", from, to))
	}
	if len(s) != 6 || strings.Trim(s, "0123456789") != "" || s == "000000" {
		return "", bad("copy.malformed", "份号应为六位数字，如 000001："+clip(s)+"（表格软件可能删去了前面的零）", "a copy number has six digits, as 000001: "+clip(s)+" (a spreadsheet may have dropped the zeros)")
	}
	return s, nil
}

// yes reads a yes-or-no cell.
func yes(cell string) (bool, *reason) {
	s, why := optional(cell, 12)
	if why != nil {
		return false, why
	}
	switch s {
	case "是", "须清退", "清退", "√", "Y":
		return true, nil
	case "否", "不清退", "", "N", "×":
		return false, nil
	}
	return false, bad("return.unknown", "须清退应填“是”或“否”："+clip(s), "must-return is 是 or 否: "+clip(s))
}

// carrierNumber: letters, digits, Han, and the signs numbers are made with.
func carrierNumber(cell string) (string, *reason) {
	s, why := text(cell, 64)
	if why != nil {
		return "", why
	}
	if s == "" {
		return "", bad("number.lacking", "未填载体编号", "the carrier number is lacking")
	}
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) && !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./〔〕", r) {
			return "", bad("number.malformed", fmt.Sprintf("载体编号含不允许的字符“%c”：%s", r, clip(s)), fmt.Sprintf("the carrier number contains %q: %s", r, clip(s)))
		}
	}
	return s, nil
}
