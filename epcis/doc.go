// Package epcis reads and writes what happened to carriers as documents of
// EPCIS 2.0, with the words of the Core Business Vocabulary 2.0, in JSON-LD. It
// is how other systems hand over their lists, and how they get the register's
// events without knowing the ledger.
//
//	text ──► JSON ──► context ──► events ──► Rows ──► rows for registration
//	          bounded   known      checked
//	Happening ◄──── one table ────► Event ──► text
//
// The checks are our own. GS1's schema is no open text, and one that takes
// formats for annotations lets misspelt steps, bare identifiers and bare
// extension names pass; here every word must be in its list or be a URI, every
// URI absolute or under a declared prefix (RFC 3986), every time with its zone
// (RFC 3339), every extension under a prefix, every key unique (RFC 8259). What
// the standard allows and a register can do nothing with is refused: an event
// about no item, master data (epcisHeader), a context other than the known one.
// No context is ever fetched.
//
// Parse gathers all that is wrong with a document, with event, JSON pointer
// (RFC 6901), line, column and a sentence in Chinese and English, and gives no
// event of a document that has any fault. Rows names every event that brings in
// no carrier, and why. Write gives the same bytes for the same document, and
// only documents that Parse takes.
//
// A Happening holds IDs, codes, numbers of carriers and measurements. Titles,
// names and numbers of documents are written only when Entry.Clear asks for it,
// or under sexton: in Extra. FORMAT.md says what other systems write and read.
// The table of mapping.go says which of our words are which of theirs; for what
// the vocabulary has no word for, the step is ours.
//
// Units: masses are in kilograms (KGM), energies in joules (JOU), currents in
// amperes (AMP) in the text, and in mg, J and mA here. Extents are pages or
// bytes.
//
// Limits: Options.MaxBytes (128 MiB), Options.MaxEvents (200,000),
// Options.MaxProblems (1000); one event holds at most 200,000 values, nested 24
// deep, with strings of 8 KiB. The text is held once, and one event at a time
// as a tree.
//
// Failure modes: *Error with what is wrong; the reader's or writer's own error.
//
// What it does not do: it reads no XML and no master data, asks no other system
// anything, does not keep the identifiers other systems give to carriers, and
// does not judge whether what an event says is true.
package epcis
