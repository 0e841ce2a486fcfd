package transferlist

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

var (
	bom     = []byte{0xEF, 0xBB, 0xBF}
	utf16LE = []byte{0xFF, 0xFE}
	utf16BE = []byte{0xFE, 0xFF}
	fffdGB  = []byte{0x84, 0x31, 0xA4, 0x37} // U+FFFD in GB18030
)

// magic is how files begin that are often offered in place of a list. None of
// them is opened: nothing that could be packed small and unpack large is ever
// unpacked.
var magic = []struct {
	begins string
	code   string
}{
	{"PK\x03\x04", "list.spreadsheet"}, {"PK\x05\x06", "list.spreadsheet"}, // zip: xlsx, ods
	{"\xD0\xCF\x11\xE0", "list.spreadsheet"}, // compound file: xls
	{"\x1F\x8B", "list.packed"}, {"BZh", "list.packed"}, {"\xFD7zXZ\x00", "list.packed"}, {"\x28\xB5\x2F\xFD", "list.packed"}, {"7z\xBC\xAF\x27\x1C", "list.packed"}, {"Rar!\x1A\x07", "list.packed"},
	{"%PDF-", "list.binary"}, {"\x89PNG", "list.binary"}, {"\xFF\xD8\xFF", "list.binary"}, {"\x7FELF", "list.binary"}, {"SQLite format 3\x00", "list.binary"},
}

// foreign says of the first bytes that this is no list at all.
func foreign(first []byte) *FileError {
	for _, m := range magic {
		if bytes.HasPrefix(first, []byte(m.begins)) {
			return refusals[m.code]()
		}
	}
	if bytes.HasPrefix(first, utf16LE) || bytes.HasPrefix(first, utf16BE) || looksWide(first) {
		return fileError(0, "list.utf16", "文件是 UTF-16 编码；请另存为“CSV UTF-8”或“CSV”", "the file is UTF-16; save it as CSV UTF-8 or as CSV")
	}
	// A control character alone is damage in one cell; many are another kind of
	// file.
	n := 0
	for _, c := range first {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			n++
		}
	}
	if n >= 8 && n*20 > len(first) {
		return refusals["list.binary"]()
	}
	return nil
}

var refusals = map[string]func() *FileError{
	"list.spreadsheet": func() *FileError {
		return fileError(0, "list.spreadsheet", "这是电子表格或压缩文件；请打开后另存为 CSV", "this is a spreadsheet or a zip file; open it and save it as CSV")
	},
	"list.packed": func() *FileError {
		return fileError(0, "list.packed", "这是压缩文件；请解压后导入其中的 CSV", "this is a compressed file; unpack it and import the CSV inside")
	},
	"list.binary": func() *FileError {
		return fileError(0, "list.binary", "这不是文本文件；请导入 CSV 清单", "this is no text file; import a list saved as CSV")
	},
}

// decode finds the encoding and gives the text in UTF-8.
func decode(data []byte) (text, encoding string, err *FileError) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "", "", fileError(0, "list.empty", "文件是空的", "the file is empty")
	case bytes.HasPrefix(data, bom):
		if rest := data[len(bom):]; utf8.Valid(rest) {
			return string(rest), "utf-8-bom", nil
		}
		if e := diagnose(data[len(bom):]); e != nil {
			return "", "", e
		}
		return "", "", brokenEncoding(0)
	case utf8.Valid(data):
		return string(data), "utf-8", nil
	}
	if e := diagnose(data); e != nil {
		return "", "", e
	}
	out, ok := fromGB18030(data)
	if !ok {
		return "", "", brokenEncoding(0)
	}
	return string(out), "gb18030", nil
}

// fromGB18030 decodes; false when a byte is not valid in it.
func fromGB18030(data []byte) ([]byte, bool) {
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	return out, err == nil && bytes.Count(out, []byte("\uFFFD")) == bytes.Count(data, fffdGB)
}

func brokenEncoding(line int) *FileError {
	return fileError(line, "list.encoding", "此处既不是 UTF-8 也不是 GB18030，文件可能已损坏", "this is neither UTF-8 nor GB18030; the file may be damaged")
}

// looksWide says that a file without a mark is UTF-16 all the same: its ASCII
// has a zero at every other byte, and hardly any between.
func looksWide(data []byte) bool {
	first := data[:min(len(data), head)]
	var zeros [2]int
	for i, c := range first {
		if c == 0 {
			zeros[i%2]++
		}
	}
	return len(first) >= 8 && max(zeros[0], zeros[1])*8 > len(first) && min(zeros[0], zeros[1])*8 < max(zeros[0], zeros[1])
}

// diagnose finds a line that is in neither encoding, or lines of Chinese in
// UTF-8 beside lines that are not UTF-8. Three characters in a row that are
// well-formed Han in UTF-8 hardly occur by chance in GB18030, where they would
// be nine bytes of four and a half characters.
func diagnose(data []byte) *FileError {
	var other, han []int
	for i, line := range bytes.Split(data, []byte("\n")) {
		if utf8.Valid(line) {
			if hanInUTF8(line) {
				han = append(han, i+1)
			}
			continue
		}
		if _, ok := fromGB18030(line); !ok {
			return brokenEncoding(i + 1)
		}
		other = append(other, i+1)
	}
	if len(other) == 0 || len(han) == 0 {
		return nil
	}
	line := other[0]
	if len(other) > len(han) {
		line = han[0]
	}
	return fileError(line, "list.mixed-encoding",
		fmt.Sprintf("文件混用了两种编码：UTF-8 %d 行，其他 %d 行；请统一后重新导出", len(han), len(other)),
		fmt.Sprintf("the file mixes two encodings: %d lines are UTF-8, %d are not; export it again in one", len(han), len(other)))
}

// hanInUTF8 says that all that is not ASCII in the line is common Chinese, with
// a run of three characters at least.
func hanInUTF8(line []byte) bool {
	longest, run := 0, 0
	for _, r := range string(line) {
		switch {
		case r < utf8.RuneSelf:
			run = 0
		case r >= 0x4E00 && r <= 0x9FFF, strings.ContainsRune("（）《》〔〕、，。；：“”★　", r):
			run++
			longest = max(longest, run)
		default:
			return false
		}
	}
	return longest >= 3
}
