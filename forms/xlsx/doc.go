// Package xlsx writes a filled sheet as an Office Open XML workbook (ECMA-376,
// ISO/IEC 29500).
//
//	*forms.Sheet ──► Write ──► worksheet 1: title, boxes, first table, sum, signers, foot
//	                           worksheet 2…: one for each further table
//
// Text cells are text, also where they look like a number, a day or a formula;
// numbers are numbers, days are days; there is not one formula, link or macro
// in the file. The heading row is frozen and printed on every page, the paper is
// that of the form, scaled to its width. Column widths are those of the print,
// a stacked record is laid out flat on A3.
//
// Units: numbers are IEEE 754 binary64 as the format demands, which holds the
// 15 digits a sheet allows without loss; days count from 1899-12-30.
//
// The same sheet gives the same bytes: the library sorts its parts and stamps
// no time, and a test holds it to that. Nothing is written to temporary files.
//
// Failure modes: a sheet of more than MaxRows rows is refused (export CSV); a
// failure of the library comes back wrapped.
//
// What it does not do: it reads no workbooks, and a workbook is no evidence:
// anybody can change it.
package xlsx
