package index

// schema is every table and index of the projection. Hashes are blobs of 32
// bytes, times RFC 3339 text in UTC, states and kinds their stable words.
var schema = []string{
	// One row a carrier. Paging runs over number; the other indexes end in
	// number so that a filtered page needs no sort.
	`CREATE TABLE ix_carrier (
		id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, list TEXT NOT NULL, line INTEGER NOT NULL,
		kind TEXT NOT NULL, medium TEXT NOT NULL, classification TEXT NOT NULL, period TEXT NOT NULL,
		extent INTEGER NOT NULL, unit TEXT NOT NULL, count INTEGER NOT NULL, must_return INTEGER NOT NULL,
		state TEXT NOT NULL, batch TEXT NOT NULL, place INTEGER NOT NULL, item BLOB, counters TEXT NOT NULL,
		verdict TEXT NOT NULL, outcome BLOB, open_case BLOB,
		document TEXT NOT NULL, parent TEXT NOT NULL, request TEXT NOT NULL, spoiled INTEGER NOT NULL, dated TEXT NOT NULL,
		level TEXT NOT NULL, term TEXT NOT NULL, whereabouts TEXT NOT NULL, keeper TEXT NOT NULL, shelf TEXT NOT NULL, holder TEXT NOT NULL,
		movement TEXT NOT NULL, due TEXT NOT NULL, campaign TEXT NOT NULL, fate TEXT NOT NULL, since TEXT NOT NULL,
		registered BLOB NOT NULL, event TEXT NOT NULL, idx INTEGER NOT NULL, changed INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX ix_carrier_state ON ix_carrier (state, number)`,
	`CREATE INDEX ix_carrier_list ON ix_carrier (list, line)`,
	`CREATE INDEX ix_carrier_batch ON ix_carrier (batch, place) WHERE batch <> ''`,
	`CREATE INDEX ix_carrier_class ON ix_carrier (classification, kind, state)`,
	`CREATE INDEX ix_carrier_case ON ix_carrier (number) WHERE open_case IS NOT NULL`,

	`CREATE INDEX ix_carrier_document ON ix_carrier (document, number) WHERE document <> ''`,
	`CREATE INDEX ix_carrier_keeper ON ix_carrier (keeper, number) WHERE keeper <> ''`,
	`CREATE INDEX ix_carrier_holder ON ix_carrier (holder, number) WHERE holder <> ''`,

	// Everything that is neither carrier nor batch: data is the custody.Thing as
	// JSON.
	`CREATE TABLE ix_thing (
		kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, event TEXT NOT NULL, idx INTEGER NOT NULL, changed INTEGER NOT NULL,
		PRIMARY KEY (kind, id)
	) STRICT, WITHOUT ROWID`,
	// Who had which carrier in hand.
	`CREATE TABLE ix_knew (
		carrier TEXT NOT NULL, person TEXT NOT NULL, idx INTEGER NOT NULL, document TEXT NOT NULL, act TEXT NOT NULL, at TEXT NOT NULL,
		leaf BLOB NOT NULL, PRIMARY KEY (carrier, person, idx)
	) STRICT, WITHOUT ROWID`,

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
	`CREATE INDEX ix_certificate_batch ON ix_certificate (batch)`,
	`CREATE TABLE ix_refusal (
		idx INTEGER PRIMARY KEY, act TEXT NOT NULL, code TEXT NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL
	) STRICT`,
	`CREATE TABLE ix_station (
		id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, log_key TEXT NOT NULL, event_key TEXT NOT NULL,
		bench INTEGER NOT NULL, anchors TEXT NOT NULL, event TEXT NOT NULL, hash BLOB NOT NULL
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
	"ix_carrier", "ix_thing", "ix_knew", "ix_batch", "ix_member", "ix_list", "ix_person", "ix_key", "ix_machine", "ix_window", "ix_policy", "ix_certificate",
	"ix_refusal", "ix_station", "ix_event", "ix_subject",
}
