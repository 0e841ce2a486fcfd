// Package policy answers one question from data: may a carrier of this kind and
// classification be destroyed in this way on this machine, by how many persons
// and on whose authority?
//
// A profile is one TOML file. It has approval rows (classification -> persons,
// authority, retention) and method rows (classification and category of carrier
// -> method, least security level of ISO/IEC 21964, largest particle). Each row
// says on what law or standard it rests, in which document, since when, and how
// sure we are:
//
//	confirmed     the number was compared with its source
//	unconfirmed   commonly charted, not yet compared: allowed, and named in the answer
//	empty         the source is not public: refused, with who has to fill it in
//
//	Query ──► approval row ──► method row ──► machine's level ──► Decision
//	            │ none, empty     │ none, empty    │ none, too low
//	            └─────────────────┴────────────────┴──► *Refusal (zh, en, row)
//
// Three profiles are built in: cn-state-secrets, whose technical rows are empty
// because their standard (BMB21) is a controlled text, nist-800-88 and
// iso-21964. A unit fills empty rows in a supplement, a profile of its own name
// and version that names the profile it extends and that profile's version. It
// can fill only what is empty: it never loosens a row that is filled.
//
// An inspector calls the same code with the exact bytes of the profile and the
// time of the manifest; the answer depends on nothing else, save that a
// supplement refers to a built-in profile by name and version, and built-in
// versions are never changed, only added.
//
// Units: particle area mm2, width mm; dates are days in UTC.
//
// Failure modes: Parse refuses unknown keys, unknown words, overlapping rows
// and rows without a legal basis. Decide returns *Refusal (errors.As).
//
// What it does not do: it does not know who is present (custody does), nor
// whether a machine's level is true (its enrolment says so), and only the act
// "destroy" has rows today.
package policy
