package index

// schema is every table and index of the projection. Hashes are blobs of 32
// bytes, times RFC 3339 text in UTC, states and kinds their stable words.
var schema = []string{
	// One row a carrier; n counts them from 0 as they were entered.
	`CREATE TABLE ix_carrier (
		n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, number TEXT NOT NULL UNIQUE, list TEXT NOT NULL, line INTEGER NOT NULL,
		kind TEXT NOT NULL, medium TEXT NOT NULL, classification TEXT NOT NULL, period TEXT NOT NULL,
		extent INTEGER NOT NULL, unit TEXT NOT NULL, count INTEGER NOT NULL, must_return INTEGER NOT NULL,
		state TEXT NOT NULL, batch TEXT NOT NULL, place INTEGER NOT NULL, item BLOB, counters TEXT NOT NULL,
		verdict TEXT NOT NULL, outcome BLOB, open_case BLOB,
		document TEXT NOT NULL, parent TEXT NOT NULL, request TEXT NOT NULL, spoiled INTEGER NOT NULL, dated TEXT NOT NULL,
		level TEXT NOT NULL, term TEXT NOT NULL, whereabouts TEXT NOT NULL, keeper TEXT NOT NULL, shelf TEXT NOT NULL, holder TEXT NOT NULL,
		movement TEXT NOT NULL, due TEXT NOT NULL, campaign TEXT NOT NULL, fate TEXT NOT NULL, since TEXT NOT NULL,
		registered BLOB NOT NULL, event TEXT NOT NULL, idx INTEGER NOT NULL, changed INTEGER NOT NULL
	) STRICT`,
	`CREATE INDEX ix_carrier_list ON ix_carrier (list, line)`,
	`CREATE INDEX ix_carrier_batch ON ix_carrier (batch, place) WHERE batch <> ''`,
	`CREATE INDEX ix_carrier_document ON ix_carrier (document) WHERE document <> ''`,
	`CREATE INDEX ix_carrier_parent ON ix_carrier (parent) WHERE parent <> ''`,
	`CREATE INDEX ix_carrier_due ON ix_carrier (due) WHERE due <> ''`,

	// Everything that is neither carrier nor batch: data is the custody.Thing as
	// JSON; n counts those of a kind from 0.
	`CREATE TABLE ix_thing (
		kind TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL, due TEXT NOT NULL, data TEXT NOT NULL,
		event TEXT NOT NULL, idx INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (kind, id)
	) STRICT, WITHOUT ROWID`,
	`CREATE UNIQUE INDEX ix_thing_n ON ix_thing (kind, n)`,
	`CREATE INDEX ix_thing_due ON ix_thing (kind, due, n) WHERE due <> ''`,
	// Numbers the unit gave to things: each once.
	`CREATE TABLE ix_number (
		kind TEXT NOT NULL, number TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, number)
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_number_id ON ix_number (kind, id)`,

	// Which carriers (space "carrier") and things (space is their kind) have a
	// property, by n, in blocks: see sets.go.
	`CREATE TABLE ix_set (
		space TEXT NOT NULL, tag TEXT NOT NULL, value TEXT NOT NULL, block INTEGER NOT NULL, bits BLOB NOT NULL,
		PRIMARY KEY (space, tag, value, block)
	) STRICT, WITHOUT ROWID`,
	// What openings say, for searching and for lists. Private, as the openings
	// are: space "carrier" or "document".
	`CREATE TABLE ix_text (
		space TEXT NOT NULL, n INTEGER NOT NULL, title TEXT NOT NULL, number TEXT NOT NULL, copy TEXT NOT NULL, issuer TEXT NOT NULL,
		serial TEXT NOT NULL, PRIMARY KEY (space, n)
	) STRICT, WITHOUT ROWID`,
	// The same in order: title by Chinese collation, number and serial folded.
	`CREATE TABLE ix_order (
		space TEXT NOT NULL, field TEXT NOT NULL, key BLOB NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (space, field, key, n)
	) STRICT, WITHOUT ROWID`,
	// Which texts have a run of runes, in blocks like ix_set. It is written for
	// full runs of ordinals only; the newest are looked through.
	`CREATE TABLE ix_gram (
		space TEXT NOT NULL, field TEXT NOT NULL, gram TEXT NOT NULL, block INTEGER NOT NULL, bits BLOB NOT NULL,
		PRIMARY KEY (space, field, gram, block)
	) STRICT, WITHOUT ROWID`,
	// Names of persons, departments, places, firms and lists, as they are now.
	`CREATE TABLE ix_name (
		kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (kind, id)
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_name_key ON ix_name (kind, key, id)`,

	// Marks that took the place of the registered one; of documents all.
	`CREATE TABLE ix_mark (
		subject TEXT NOT NULL, idx INTEGER NOT NULL, level TEXT NOT NULL, term TEXT NOT NULL, PRIMARY KEY (subject, idx)
	) STRICT, WITHOUT ROWID`,
	// What happened in each hour, and how many carriers there are of each sort.
	`CREATE TABLE ix_hour (
		hour TEXT NOT NULL, what TEXT NOT NULL, level TEXT NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (hour, what, level, kind)
	) STRICT, WITHOUT ROWID`,
	`CREATE TABLE ix_stock (
		level TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, whereabouts TEXT NOT NULL, n INTEGER NOT NULL,
		PRIMARY KEY (level, kind, state, whereabouts)
	) STRICT, WITHOUT ROWID`,

	// Who had which carrier in hand.
	`CREATE TABLE ix_knew (
		carrier TEXT NOT NULL, person TEXT NOT NULL, idx INTEGER NOT NULL, document TEXT NOT NULL, act TEXT NOT NULL, at TEXT NOT NULL,
		leaf BLOB NOT NULL, PRIMARY KEY (carrier, idx, person)
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_knew_document ON ix_knew (document, idx) WHERE document <> ''`,
	`CREATE INDEX ix_knew_person ON ix_knew (person, idx)`,

	// data is the whole custody.Batch as JSON.
	`CREATE TABLE ix_batch (
		id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, list TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL,
		idx INTEGER NOT NULL, changed INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_batch_idx ON ix_batch (idx)`,

	// Who was in a batch, kept after the carrier left it. place -1: counted or
	// missing, but in no manifest.
	`CREATE TABLE ix_member (
		batch TEXT NOT NULL, carrier TEXT NOT NULL, place INTEGER NOT NULL, missing INTEGER NOT NULL,
		verdict TEXT NOT NULL, outcome BLOB, PRIMARY KEY (batch, carrier)
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_member_place ON ix_member (batch, place)`,
	`CREATE INDEX ix_member_carrier ON ix_member (carrier)`,

	`CREATE TABLE ix_list (
		id TEXT PRIMARY KEY, source BLOB NOT NULL, encoding TEXT NOT NULL, rows INTEGER NOT NULL, skipped INTEGER NOT NULL,
		carriers INTEGER NOT NULL, received BLOB, receiver TEXT NOT NULL, event TEXT NOT NULL, hash BLOB NOT NULL, idx INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_list_idx ON ix_list (idx)`,

	`CREATE TABLE ix_person (
		id TEXT PRIMARY KEY, roles TEXT NOT NULL, guid TEXT NOT NULL, serial INTEGER NOT NULL, data TEXT NOT NULL,
		event TEXT NOT NULL, hash BLOB NOT NULL, idx INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	// Every key that was ever enrolled, so that none is given to another
	// person and old signatures still name their enrolment.
	`CREATE TABLE ix_key (
		key TEXT PRIMARY KEY, person TEXT NOT NULL, slot TEXT NOT NULL, current INTEGER NOT NULL,
		event TEXT NOT NULL, hash BLOB NOT NULL, idx INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_key_person ON ix_key (person)`,

	`CREATE TABLE ix_machine (
		id TEXT PRIMARY KEY, data TEXT NOT NULL, event TEXT NOT NULL, hash BLOB NOT NULL, idx INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	// How far the evidence of each start of a machine is used up.
	`CREATE TABLE ix_window (
		machine TEXT NOT NULL, boot INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (machine, boot)
	) STRICT, WITHOUT ROWID`,
	`CREATE TABLE ix_policy (
		idx INTEGER PRIMARY KEY, profile TEXT NOT NULL, version TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL,
		event TEXT NOT NULL, hash BLOB NOT NULL
	) STRICT`,
	`CREATE TABLE ix_certificate (
		number TEXT PRIMARY KEY, batch TEXT NOT NULL, statement TEXT NOT NULL, event TEXT NOT NULL, hash BLOB NOT NULL, idx INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_certificate_batch ON ix_certificate (batch, idx)`,
	`CREATE TABLE ix_refusal (
		idx INTEGER PRIMARY KEY, act TEXT NOT NULL, code TEXT NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL
	) STRICT`,
	`CREATE TABLE ix_station (
		id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, log_key TEXT NOT NULL, event_key TEXT NOT NULL,
		bench INTEGER NOT NULL, anchors TEXT NOT NULL, event TEXT NOT NULL, hash BLOB NOT NULL
	) STRICT`,

	`CREATE TABLE ix_report (
		idx INTEGER PRIMARY KEY, id TEXT NOT NULL, data TEXT NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL
	) STRICT`,

	// Events by subject. The newest is the subject's head.
	`CREATE TABLE ix_event (
		idx INTEGER PRIMARY KEY, id TEXT NOT NULL, hash BLOB NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL
	) STRICT`,
	`CREATE TABLE ix_subject (
		subject TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (subject, idx)
	) STRICT, WITHOUT ROWID`,
}

// tables are the tables of schema, in the same order.
var tables = []string{
	"ix_carrier", "ix_thing", "ix_number", "ix_set", "ix_text", "ix_order", "ix_gram", "ix_name", "ix_mark", "ix_hour", "ix_stock", "ix_knew", "ix_batch", "ix_member", "ix_list", "ix_person", "ix_key", "ix_machine", "ix_window", "ix_policy", "ix_certificate",
	"ix_refusal", "ix_station", "ix_report", "ix_event", "ix_subject",
}
