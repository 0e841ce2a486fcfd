// Package policy answers from data: what does an act on a carrier of this kind
// and classification demand, and may it be destroyed in this way on this
// machine?
//
// A profile is one TOML file, specified in PROFILE.md. It has rules (act and classification -> approval,
// auditor, approver, authority, persons, channels, escorts, days, places,
// readers on record, fit persons, qualification, retention) and method rows
// (classification and category of carrier -> method, least security level of
// ISO/IEC 21964, largest particle). Each row says on what law or standard it
// rests, in which document, since when, and how sure we are:
//
//	confirmed     its demands were compared with the source
//	unconfirmed   commonly charted, or the station's default where the source
//	              leaves it to the unit: allowed, and named in the answer
//	empty         the source is not public: refused, with who has to fill it in
//
//	ActQuery ──► rule ──► (destroy: method row) ──► ActDecision      [Profile.DecideAct]
//	Query ─────► rule ──► method row ──► machine's level ──► Decision  [Profile.Decide]
//	              │ none, empty    │ none, empty    │ none, too low
//	              └────────────────┴────────────────┴──► *Refusal (zh, en, row, who)
//
// Three profiles are built in: cn-state-secrets, whose technical rows are empty
// because their standard (BMB21) is a controlled text, nist-800-88 and
// iso-21964. A unit fills empty rows in a supplement, a profile of its own name
// and version that names the profile it extends and that profile's version. It
// can fill only what is empty: it never loosens a row that is filled.
//
// Files of the format sexton-policy/1 are read as before: they decide the act
// "destroy" only.
//
// An inspector calls the same code with the exact bytes of the profile and the
// time of the manifest; the answer depends on nothing else, save that a
// supplement refers to a built-in profile by name and version, and built-in
// versions are never changed, only added.
//
// Units: particle area mm2, width mm; dates are days in UTC.
//
// Failure modes: Parse refuses unknown keys, unknown words, overlapping rows,
// rows without a legal basis, and rows that lack what their act needs. Decide
// and DecideAct return *Refusal (errors.As).
//
// What it does not do: it does not know who is present (custody does), nor
// whether a machine's level or a firm's qualification is true (their enrolment
// says so).
package policy
