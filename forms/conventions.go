package forms

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"sexton/custody"
)

// CopyNumber is a copy's own number: six digits (GB/T 9704-2012, 7.2.1).
func CopyNumber(n int) (string, error) {
	if n < 1 || n > 999_999 {
		return "", fmt.Errorf("cannot number copy %d: 1 to 999999", n)
	}
	return fmt.Sprintf("%06d", n), nil
}

// DocumentNumber is 发文字号: short name of the agency, year in hexagonal
// brackets, running number without leading zeros (GB/T 9704-2012, 7.2.5).
func DocumentNumber(agency string, year, n int) (string, error) {
	if agency == "" || year < 1949 || year > 9999 || n < 1 {
		return "", fmt.Errorf("cannot number document %q %d %d", agency, year, n)
	}
	return fmt.Sprintf("%s〔%d〕%d号", agency, year, n), nil
}

// SeriesNumber is a number of a register that restarts each 1 January:
// 2026-密收-0001.
func SeriesNumber(year int, series string, n int) (string, error) {
	if series == "" || year < 1949 || year > 9999 || n < 1 {
		return "", fmt.Errorf("cannot number %q %d %d", series, year, n)
	}
	return fmt.Sprintf("%d-%s-%04d", year, series, n), nil
}

// DayZh is a day as documents and certificates write it: 2026年3月5日.
func DayZh(t time.Time) string { return t.Format("2006年1月2日") }

// Extent is what stands in the column 页数或容量: 12页, 4.7GB. Units are decimal,
// as makers print them; the figure is exact.
func Extent(e custody.Extent) string {
	switch e.Unit {
	case "page":
		return fmt.Sprintf("%d页", e.Value)
	case "byte":
		for _, u := range []struct {
			name string
			size int64
		}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
			if e.Value < u.size {
				continue
			}
			s := strings.TrimRight(strings.TrimRight(big.NewRat(e.Value, u.size).FloatString(3), "0"), ".")
			if r, ok := new(big.Rat).SetString(s); ok && r.Cmp(big.NewRat(e.Value, u.size)) == 0 {
				return s + u.name
			}
		}
		return fmt.Sprintf("%dB", e.Value)
	}
	return ""
}

// Identity is what tells one carrier from another.
type Identity struct {
	Document string // 发文字号
	Secrecy  string // 保密编号, the unit's own number of a medium
	Serial   string // 序列号
	Device   string // 所属设备编号, asset number of the computer a disk sits in
	Number   string // 载体编号, the register's own
}

// Reference is what stands in the column 文号或编号: a document's number; for a
// medium its secrecy number and its serial; for a computer's disk the number of
// the computer and the disk's serial; failing all, the register's number.
func (i Identity) Reference() string {
	first := i.Document
	if first == "" {
		first = orElse(i.Device, i.Secrecy)
	}
	switch {
	case first == "" && i.Serial == "":
		return i.Number
	case first == "" || i.Serial == "" || i.Document != "":
		return orElse(first, i.Serial)
	}
	return first + "\n" + i.Serial
}

// Measure is the measure word of a carrier kind by its Chinese term; 件 for
// anything that has none of its own.
func Measure(kind string) string {
	for _, k := range custody.CarrierKinds() {
		if k.Zh == kind {
			return k.Measure
		}
	}
	if m, ok := measures[kind]; ok {
		return m
	}
	return "件"
}

// measures of kinds that are no carriers of their own in the register.
var measures = map[string]string{
	"文件": "份", "资料": "份", "刊物": "本", "图纸": "张", "照片": "张", "电报": "份", "软盘": "张", "打印机硬盘": "块", "智能卡": "张", "芯片": "个", "主板": "块", "硒鼓": "个",
	"计算机": "台", "便携式计算机": "台", "打印机": "台", "平板": "台", "手机": "部", "袋": "袋", "箱": "箱",
}

// kindEn is the English of a carrier kind's Chinese term, "" for an unknown.
func kindEn(kind string) string {
	for _, k := range custody.CarrierKinds() {
		if k.Zh == kind {
			return k.En
		}
	}
	return ""
}
