package station

import (
	"context"
	"time"

	"sexton/custody"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
	"sexton/procedure"
)

// Book is the ledger as the station uses it; *ledger.Ledger is one.
type Book interface {
	procedure.Journal[ledger.Entry, ledger.Receipt]
	Append(ctx context.Context, entries ...ledger.Entry) ([]ledger.Receipt, error)
	Head() ledger.Head
	Leaf(ctx context.Context, index int64) ([]byte, error)
	Leaves(ctx context.Context, start, count int64) ([][]byte, error)
	ByEvent(ctx context.Context, id string) (ledger.Receipt, []byte, error)
	SubjectHead(ctx context.Context, subject string) (string, error) // "" = no leaf yet
	ProveRange(ctx context.Context, segments []leaf.Segment, size int64) ([][leaf.HashSize]byte, error)
	TlogProof(ctx context.Context, index int64) ([]byte, error)
	Openings(ctx context.Context, eventID string) ([]leaf.Opening, error)
	Attachment(ctx context.Context, sha256hex string) ([]byte, error)
}

// Register is the projections of the ledger as the station reads them. A missing row is ok = false, not an error.
type Register interface {
	Carrier(ctx context.Context, id string) (CarrierRow, bool, error)
	CarrierByNumber(ctx context.Context, number string) (CarrierRow, bool, error)
	Carriers(ctx context.Context, f CarrierFilter) (rows []CarrierRow, total int64, err error)
	Batch(ctx context.Context, id string) (BatchRow, bool, error)
	BatchByNumber(ctx context.Context, number string) (BatchRow, bool, error)
	Batches(ctx context.Context) ([]BatchRow, error)
	Members(ctx context.Context, batch string) ([]string, error)
	Listed(ctx context.Context, list string) ([]string, error)
	EverIn(ctx context.Context, batch string) ([]string, error)        // also those that left it, in manifest order
	OpenCases(ctx context.Context, batch string) ([]CarrierRow, error) // of one batch, "" = all
	Lists(ctx context.Context) ([]ListRow, error)
	List(ctx context.Context, id string) (ListRow, bool, error)
	People(ctx context.Context) ([]PersonRow, error)
	Person(ctx context.Context, person string) (PersonRow, bool, error)
	PersonByKey(ctx context.Context, key string) (PersonRow, bool, error) // 9A or 9C
	Machine(ctx context.Context) (MachineRow, bool, error)                // enrolled last
	Policy(ctx context.Context) (PolicyView, bool, error)
	Events(ctx context.Context, subject string) ([]EventRow, error) // oldest first
	Thing(ctx context.Context, ref custody.Ref) (ThingRow, bool, error)
	Things(ctx context.Context, kind custody.ThingKind) ([]ThingRow, error) // by id
	// EachCarrier gives every carrier that q selects to each, in its order.
	EachCarrier(ctx context.Context, q index.Search, each func(CarrierRow) error) error
	Time(ctx context.Context, leaf int64) (time.Time, error) // that a leaf says
	CopiesOf(ctx context.Context, document string) ([]string, error)
	Outstanding(ctx context.Context, person string) ([]string, error)
	// Knew lists who had a carrier in hand, or any copy of a document when carrier is "", oldest first.
	Knew(ctx context.Context, carrier, document string) ([]KnewRow, error)

	// Search and its siblings answer page by page and say which head of the ledger they searched.
	Search(ctx context.Context, s index.Search) (index.Found, error)
	FindThings(ctx context.Context, s index.ThingSearch) (index.FoundThings, error)
	ThingByNumber(ctx context.Context, kind custody.ThingKind, number string) (ThingRow, bool, error)
	Names(ctx context.Context, kind custody.ThingKind, part string) ([]index.Name, error) // in Chinese collation
	KnewBy(ctx context.Context, person string) ([]KnewRow, error)                         // all a person had in hand, oldest first
	Marks(ctx context.Context, subject string) ([]index.Mark, error)                      // oldest first
	Period(ctx context.Context, from, to time.Time) ([]index.Count, error)                // whole hours
	Holdings(ctx context.Context) ([]index.Holding, error)                                // now
	Reports(ctx context.Context) ([]index.Report, error)                                  // newest first
}

// KnewRow is one line of who-knew.
type KnewRow struct {
	custody.Knew
	Index int64 // of the leaf
}

// ThingRow is one thing of the register with the leaf that entered it, the newest where it can be entered anew.
type ThingRow struct {
	Thing custody.Thing
	Event string // event id of that leaf: its openings
	Index int64
}

// CarrierRow is one carrier with the leaf that registered it.
type CarrierRow struct {
	custody.Carrier
	Registered string // leaf hash
	Event      string // event id of the registration: its openings
	LeafIndex  int64  // of the registration
}

// BatchRow is one batch.
type BatchRow struct {
	custody.Batch
	Certificate string // number of the certificate issued last, "" = none
}

// ListRow is one transfer list.
type ListRow struct {
	List     string
	Event    string // of list.imported
	Index    int64
	SHA256   string
	Encoding string
	Rows     int64
	Skipped  int64
	Carriers int64  // registered from it
	Receiver string // "" = not received
}

// PersonRow is one enrolled person.
type PersonRow struct {
	leaf.Enrolled
	Event string
	Index int64
}

// MachineRow is the enrolled machine.
type MachineRow struct {
	leaf.Machine
	Index int64
}

// EventRow is one leaf of a subject.
type EventRow struct {
	Index int64
	Hash  string
	ID    string
	Kind  leaf.Kind
}
