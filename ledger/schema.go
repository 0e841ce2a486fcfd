package ledger

// File names in the directory of a ledger.
const (
	dbName   = "ledger.db"
	walName  = "ledger.db-wal"
	headName = "head"
)

// Values in the header of the SQLite file.
const (
	applicationID = 0x53585431 // "SXT1"
	userVersion   = 1          // of schema; a ledger of another version is refused
	pageSize      = 8192
)

// schema is the ledger's own tables. Public: entry, hash, commits. Private: opening, attachment, attached, journal, journal_done.
// Derived and checked against the entries: hash, subject_head. Statements are compared text by text when a ledger is opened.
var schema = []string{
	`CREATE TABLE entry (idx INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, hash BLOB NOT NULL, leaf BLOB NOT NULL) STRICT`,
	`CREATE TABLE hash (i INTEGER PRIMARY KEY, h BLOB NOT NULL) STRICT`,
	`CREATE TABLE commits (seq INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL, chain BLOB NOT NULL, journal BLOB NOT NULL) STRICT`,
	`CREATE TABLE seal (id INTEGER PRIMARY KEY CHECK (id = 1), note TEXT NOT NULL) STRICT`,
	`CREATE TABLE subject_head (subject TEXT PRIMARY KEY, idx INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
	`CREATE TABLE opening (idx INTEGER NOT NULL, path TEXT NOT NULL, salt BLOB NOT NULL, value TEXT NOT NULL, PRIMARY KEY (idx, path)) STRICT, WITHOUT ROWID`,
	`CREATE TABLE attachment (sha256 BLOB NOT NULL UNIQUE, data BLOB NOT NULL) STRICT`,
	`CREATE TABLE attached (idx INTEGER NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (idx, sha256)) STRICT, WITHOUT ROWID`,
	`CREATE TABLE journal (run TEXT PRIMARY KEY, began INTEGER NOT NULL, procedure TEXT NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL, kind INTEGER NOT NULL, status INTEGER NOT NULL, at TEXT NOT NULL, data BLOB NOT NULL) STRICT`,
	`CREATE TABLE journal_done (run TEXT PRIMARY KEY, seq INTEGER NOT NULL, attempt INTEGER NOT NULL, digest BLOB NOT NULL) STRICT, WITHOUT ROWID`,
	`CREATE INDEX journal_done_seq ON journal_done (seq)`,
	`CREATE INDEX entry_hash ON entry (hash)`,
	`CREATE TABLE projection (name TEXT PRIMARY KEY, schema TEXT NOT NULL, tables TEXT NOT NULL) STRICT, WITHOUT ROWID`,
}

// appendOnly are the tables whose rows are never changed or removed; triggers say so to whoever tries through SQL.
var appendOnly = []string{"entry", "hash", "commits", "opening", "attachment", "attached", "journal_done"}

func coreSchema() []string {
	out := append([]string(nil), schema...)
	for _, t := range appendOnly {
		out = append(out,
			"CREATE TRIGGER "+t+"_no_update BEFORE UPDATE ON "+t+" BEGIN SELECT RAISE(ABORT, '"+t+" is append-only'); END",
			"CREATE TRIGGER "+t+"_no_delete BEFORE DELETE ON "+t+" BEGIN SELECT RAISE(ABORT, '"+t+" is append-only'); END")
	}
	return out
}
