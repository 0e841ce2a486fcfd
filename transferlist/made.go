package transferlist

import (
	"fmt"
	"strings"
	"time"

	"sexton/custody"
)

// date reads the day of a document (GB/T 9704-2012, 7.3): 2026年3月5日,
// 2026-03-05, 2026.3.5, 2026/3/5 or 20260305. It gives YYYY-MM-DD.
func date(cell string) (string, *reason) {
	s, why := clean(cell, 24)
	if why != nil || isBlank(s) {
		return "", why
	}
	s = strings.ReplaceAll(s, " ", "")
	for _, form := range []string{"2006年1月2日", "2006-1-2", "2006.1.2", "2006/1/2", "20060102"} {
		t, err := time.Parse(form, s)
		switch {
		case err != nil && strings.HasSuffix(err.Error(), "out of range"):
			return "", bad("date.impossible", "没有这一天："+clip(s), "there is no such day: "+clip(s))
		case err != nil:
			continue
		case t.Year() < 1900 || t.Year() > 2199:
			return "", bad("date.impossible", "年份不可能："+clip(s), "the year is impossible: "+clip(s))
		}
		return t.Format(time.DateOnly), nil
	}
	return "", bad("date.malformed", "日期有误："+clip(s)+"（如 2026年3月5日、2026-03-05，用半角数字）", "malformed date: "+clip(s)+" (2026年3月5日, 2026-03-05, in ASCII digits)")
}

// maxMade is the last copy number that has six digits.
const maxMade = 999_999

// made reads how many copies were printed.
func made(cell string) (int64, *reason) {
	s, why := clean(cell, 12)
	if why != nil || isBlank(s) {
		return 0, why
	}
	n, ok := whole(strings.TrimRight(strings.ReplaceAll(s, " ", ""), "份张个块盘件本册"), maxMade)
	if !ok || n < 1 {
		return 0, bad("made.impossible", fmt.Sprintf("印制份数有误：%s（1 至 %d）", clip(s), maxMade), fmt.Sprintf("impossible number of printed copies: %s (1 to %d)", clip(s), maxMade))
	}
	return n, nil
}

// copyRange says that a cell holds several copy numbers, and which.
func copyRange(s string) (from, to string, ok bool) {
	for _, sign := range []string{"-", "－", "—", "–", "~", "～", "至", "、", ",", "，"} {
		from, rest, found := strings.Cut(s, sign)
		if !found {
			continue
		}
		to := rest
		if i := strings.LastIndex(rest, sign); i >= 0 {
			to = rest[i+len(sign):]
		}
		from, to = strings.TrimSpace(from), strings.TrimSpace(to)
		if isDigits(from) && isDigits(to) {
			return from, to, true
		}
	}
	return "", "", false
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// printing is what the rows so far say of one document.
type printing struct {
	line  int   // of the first row that gives made
	made  int64 // as that row says
	count int64 // copies in the rows so far
}

func documentKey(r Row) string { return r.Issuer + "\x00" + r.Document }

// checkMade: no copy beyond the printed count, one printed count for one
// document, and not more copies in the list than were printed.
func (c *cells) checkMade(r Row) {
	last := r.Copy
	if _, to, ok := copyRange(strings.TrimSpace(c.raw(colCopy))); ok {
		last = to
	}
	if n, ok := whole(strings.TrimLeft(last, "0"), 1<<40); ok && r.Made > 0 && n > r.Made {
		c.fault(colCopy, bad("copy.beyond-made", fmt.Sprintf("份号 %s 超出印制份数 %d", clip(last), r.Made), fmt.Sprintf("copy number %s is beyond the %d copies printed", clip(last), r.Made)))
	}
	if r.Document == "" {
		if r.Made > 0 && r.Count > r.Made {
			c.beyond(r.Count, r.Made)
		}
		return
	}
	p := c.p.prints[documentKey(r)]
	if p == nil {
		p = &printing{}
		c.p.prints[documentKey(r)] = p
	}
	p.count += r.Count
	switch {
	case r.Made == 0:
	case p.made == 0:
		p.made, p.line = r.Made, c.rec.line
	case p.made != r.Made:
		c.fault(colMade, bad("made.differs", fmt.Sprintf("同一文件的印制份数与%s（%d）不一致", fmt.Sprintf(c.p.o.PlaceZh, p.line), p.made),
			fmt.Sprintf("%s says that %d copies of this document were printed", fmt.Sprintf(c.p.o.PlaceEn, p.line), p.made)))
		return
	}
	if p.made > 0 && p.count > p.made {
		c.beyond(p.count, p.made)
	}
}

func (c *cells) beyond(count, made int64) {
	c.fault(colCount, bad("count.beyond-made", fmt.Sprintf("本清单中该文件已有 %d 份，超出印制份数 %d", count, made), fmt.Sprintf("the list has %d copies of this document, only %d were printed", count, made)))
}

// checkEnd compares a period that ends on a day with the day of the document:
// after it, and within the longest period of the level (law of 2024, art. 20).
func (c *cells) checkEnd(r Row) {
	p, _ := custody.ParsePeriod(r.Period)
	if p.Until == "" || r.Dated == "" {
		return
	}
	end, err := time.Parse(time.DateOnly, p.Until)
	from, err2 := time.Parse(time.DateOnly, r.Dated)
	class, known := custody.ClassificationOf(r.Classification)
	if err != nil || err2 != nil || !known {
		return
	}
	col := colMark
	if !c.p.in.has(colMark) {
		col = colPeriod
	}
	switch {
	case !end.After(from):
		c.fault(col, bad("period.before-dated", "解密时间 "+r.Period+" 不晚于成文日期 "+r.Dated, "the release date "+r.Period+" is not after the document's date "+r.Dated))
	case end.After(from.AddDate(class.DefaultYears, 0, 0)):
		c.fault(col, bad("period.too-long", fmt.Sprintf("%s级保密期限自成文日期 %s 起不超过 %d 年：%s", class.Zh, r.Dated, class.DefaultYears, r.Period),
			fmt.Sprintf("the period of %s is at most %d years from %s: %s", class.En, class.DefaultYears, r.Dated, r.Period)))
	}
}
