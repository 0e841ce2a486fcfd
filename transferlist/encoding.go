package transferlist

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

var (
	bom       = []byte{0xEF, 0xBB, 0xBF}
	utf16LE   = []byte{0xFF, 0xFE}
	utf16BE   = []byte{0xFE, 0xFF}
	spreadZip = []byte("PK\x03\x04")           // xlsx, ods: a zip archive
	spreadOLE = []byte("\xD0\xCF\x11\xE0")     // xls: a compound file
	fffdGB    = []byte{0x84, 0x31, 0xA4, 0x37} // U+FFFD in GB18030
)

// decode finds the encoding and gives the text in UTF-8.
func decode(data []byte) (text, encoding string, err *FileError) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "", "", fileError(0, "list.empty", "文件是空的", "the file is empty")
	case bytes.HasPrefix(data, utf16LE), bytes.HasPrefix(data, utf16BE), looksWide(data):
		return "", "", fileError(0, "list.utf16", "文件是 UTF-16 编码；请另存为“CSV UTF-8”或“CSV”", "the file is UTF-16; save it as CSV UTF-8 or as CSV")
	case bytes.HasPrefix(data, spreadZip), bytes.HasPrefix(data, spreadOLE):
		return "", "", fileError(0, "list.spreadsheet", "这是电子表格文件；请另存为 CSV", "this is a spreadsheet; save it as CSV")
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

// looksWide says that a file without a mark is UTF-16 all the same: every other
// byte of its ASCII is zero.
func looksWide(data []byte) bool {
	head := data[:min(len(data), 4096)]
	return len(head) >= 8 && bytes.Count(head, []byte{0})*8 > len(head)
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
