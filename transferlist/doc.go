// Package transferlist reads and writes the list of carriers that a registry
// office sends with them: a CSV file with Chinese headings, as spreadsheets
// save it.
//
//	bytes ──► encoding ──► records ──► heading ──► rows ──► whole list
//	           UTF-8, BOM,   quotes,     columns     marks,    numbers twice,
//	           GB18030       lines       by name     extents   gaps, total
//
// The columns are those of the forms for registration, clear-out and
// destruction (文件资料名称, 载体类别, 文号, 份号, 密级, 页数或容量, 份数或数量, 成文日期,
// 印制份数, 知悉范围, 存放地点 and their usual other names). Marks follow the
// secrecy law of 2024, art. 20 and 22, and GB/T 9704-2012, 7.2.1 and 7.2.2:
// level, star, period; no star on anything that is no state secret; six-digit
// copy numbers, none beyond the printed count.
//
// Every bad row is reported with line, column and a reason in Chinese and
// English; whether the good rows are imported all the same is the caller's
// decision. Nothing is guessed: a cell that could mean two things is bad.
//
// A title line above the heading, empty lines, and a sum row (合计) with what
// follows it are understood; the sum is checked.
//
// Encodings: UTF-8 with or without byte order mark; otherwise GB18030 (which
// includes GBK and GB2312), if every byte of the file is valid in it. A file
// whose lines are in two encodings is refused, naming the lines.
//
// Write makes such a list from rows, and Parse reads it back to the same rows.
// A cell that a spreadsheet would evaluate is written with an apostrophe in
// front, and Parse takes that away; without it such a cell is bad. Check judges
// rows from elsewhere by the rules of a list.
//
//	rows ──► cells ──► guard ──► read back ──► UTF-8 with BOM, GB18030
//
// Limits: Options.MaxBytes (32 MiB) and Options.MaxRows (200,000) bound memory,
// which is a small multiple of the file; Options.MaxErrors bounds the report.
//
// A file that is no text is refused by its first 4 KiB, a larger one after its
// limit; nothing packed is ever unpacked.
//
// Failure modes: *FileError when the file as a whole cannot be read, with the
// row errors found before; otherwise the list with its row errors. *WriteError
// when a row would not come back as it is; then nothing is written.
//
// What it does not do: it reads no spreadsheets, does not know which numbers
// are registered already, and never evaluates a cell. A spreadsheet that opens
// and saves a list may still turn 000001 into 1 and a long number into 1.2E+15;
// Parse refuses what comes of it.
package transferlist
