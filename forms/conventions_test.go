package forms_test

import (
	"testing"
	"time"

	"sexton/custody"
	"sexton/forms"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		got  func() (string, error)
		want string // "" = refused
	}{
		{func() (string, error) { return forms.CopyNumber(1) }, "000001"},
		{func() (string, error) { return forms.CopyNumber(999_999) }, "999999"},
		{func() (string, error) { return forms.CopyNumber(0) }, ""},
		{func() (string, error) { return forms.CopyNumber(1_000_000) }, ""},
		{func() (string, error) { return forms.DocumentNumber("云财", 2026, 12) }, "云财〔2026〕12号"},
		{func() (string, error) { return forms.DocumentNumber("云财", 26, 12) }, ""},
		{func() (string, error) { return forms.DocumentNumber("", 2026, 12) }, ""},
		{func() (string, error) { return forms.SeriesNumber(2026, "密收", 1) }, "2026-密收-0001"},
		{func() (string, error) { return forms.SeriesNumber(2026, "密收", 12345) }, "2026-密收-12345"},
		{func() (string, error) { return forms.SeriesNumber(2026, "密收", 0) }, ""},
		{func() (string, error) { return forms.DayZh(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)), nil }, "2026年3月5日"},
	} {
		got, err := c.got()
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("got %q, %v; want %q", got, err, c.want)
		}
	}
}

func TestExtent(t *testing.T) {
	for _, c := range []struct {
		value int64
		unit  string
		want  string
	}{
		{12, "page", "12页"}, {4_700_000_000, "byte", "4.7GB"}, {16_000_000_000, "byte", "16GB"}, {2_000_000_000_000, "byte", "2TB"},
		{512_000_000, "byte", "512MB"}, {1_000_000, "byte", "1MB"}, {64_023_257_088, "byte", "64023257.088KB"}, {999, "byte", "999B"}, {1_001, "byte", "1.001KB"}, {0, "", ""},
	} {
		if got := forms.Extent(custody.Extent{Value: c.value, Unit: c.unit}); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

func TestReference(t *testing.T) {
	for _, c := range []struct {
		id   forms.Identity
		want string
	}{
		{forms.Identity{Document: "云财〔2026〕12号", Number: "YZCZ-Z-2026-000123"}, "云财〔2026〕12号"},
		{forms.Identity{Secrecy: "YZCZ-U-JM-2026-0007", Serial: "0703"}, "YZCZ-U-JM-2026-0007\n0703"},
		{forms.Identity{Device: "YZCZ-J-011", Secrecy: "YZCZ-P-1", Serial: "WD-1"}, "YZCZ-J-011\nWD-1"},
		{forms.Identity{Serial: "WD-1", Number: "N"}, "WD-1"},
		{forms.Identity{Secrecy: "YZCZ-U-1", Number: "N"}, "YZCZ-U-1"},
		{forms.Identity{Number: "YZCZ-Z-2026-000123"}, "YZCZ-Z-2026-000123"},
	} {
		if got := c.id.Reference(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.id, got, c.want)
		}
	}
}

func TestMeasureWords(t *testing.T) {
	for kind, want := range map[string]string{"纸介质": "份", "光盘": "张", "U盘": "个", "机械硬盘": "块", "固态硬盘": "块", "磁带": "盘", "手机": "部", "便携式计算机": "台", "袋": "袋", "石碑": "件"} {
		if got := forms.Measure(kind); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
