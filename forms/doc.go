// Package forms holds the registers, lists, slips, labels and reports of a
// secrecy office as data: title, columns in order, signers, copies, retention.
//
//	data/*.toml ──► Load ◄── a unit's own wording (renames, hides, orders, adds)
//	                 │
//	             *Catalogue ──► *Form ──► Fill(values) ──► *Sheet ──► HTML, CSV, JSON
//	                                                         └──────► forms/xlsx
//
// The columns are those of forms in use. Where several words are in use, the
// sheet takes the law's (law of 2024, art. 20 to 22): 密级 for a carrier, 知悉范围
// for the circle of persons. A form whose columns were composed from rules and
// custom says so (Unconfirmed). The law wants distribution, use, clear-out and
// destruction entered, approved and kept; a column or a signer without which a
// sheet would not show that is mandatory: a unit may rename it, not hide it.
//
// Keys are one vocabulary across all forms (Vocabulary): a register fills any
// form from one map of values per carrier. Keys never change; headings do.
//
// Fill checks everything: a key the form does not have, a number that is none,
// a day that does not exist and a character that cannot be seen are errors, so
// that nothing is lost between register and paper. Figures that follow from
// others (what is missing, the closing balance, sums by carrier kind) are
// computed and never taken.
//
// Units: days are 2006-01-02, times 2006-01-02 15:04 in the station's zone;
// numbers are decimal with at most 15 digits; masses in kilograms.
//
// Failure modes: Load reports every fault of a unit's wording (*WordingError),
// Fill every bad cell (*FillError), both in Chinese and English.
//
// What it does not do: it does not know the register, checks no rule of policy,
// signs nothing, and draws no seal: a sheet has a place for one.
package forms
