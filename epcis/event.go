package epcis

import (
	"strconv"
	"time"
)

// Document is an EPCIS document: what it says of itself, and its events.
type Document struct {
	ID       string // "id"; "" = none
	Version  string // schemaVersion: "2.0", or "2.0.x"
	Created  time.Time
	Instance string            // instanceIdentifier; "" = none
	Sender   string            // "" = none
	Receiver string            // "" = none
	Prefixes map[string]string // declared beside the context, ours always among them when written
	Extra    []Field           // fields under a prefix
	Events   []Event
}

// Type is one of the five types of event of EPCIS 2.0.
type Type string

// Types of event.
const (
	ObjectEvent         Type = "ObjectEvent"         // something happened to things
	AggregationEvent    Type = "AggregationEvent"    // things were put into a parent, or taken out
	TransactionEvent    Type = "TransactionEvent"    // things were tied to a business transaction
	TransformationEvent Type = "TransformationEvent" // inputs were used up, outputs came of them
	AssociationEvent    Type = "AssociationEvent"    // things were attached to a parent that stays what it is
)

// Action says whether an event begins, shows or ends what it tells.
type Action string

// Actions.
const (
	Add     Action = "ADD"
	Observe Action = "OBSERVE"
	Delete  Action = "DELETE"
)

// Event is one event of any type. Fields that its type does not have are zero.
// Words of the vocabularies are bare; anything else there is a URI.
type Event struct {
	Type     Type
	ID       string // eventID, a URI; we always write urn:uuid:
	Time     time.Time
	Offset   string    // eventTimeZoneOffset, as +08:00
	Recorded time.Time // recordTime; zero = not given
	Action   Action    // "" for a TransformationEvent

	Parent           string   // parentID
	EPCs             []string // epcList, childEPCs or inputEPCList
	Quantities       []Quantity
	OutputEPCs       []string // TransformationEvent
	OutputQuantities []Quantity
	TransformationID string

	BizStep      string
	Disposition  string
	Set, Unset   []string // persistentDisposition
	ReadPoint    Location
	BizLocation  Location
	Transactions []Typed // bizTransactionList
	Sources      []Typed
	Destinations []Typed
	Sensors      []SensorElement
	Certificates []string // certificationInfo
	ILMD         []Field  // instance and lot master data
	Error        *ErrorDeclaration
	Extra        []Field // fields under a prefix

	// Line and Column are where the event begins in the text it was read from;
	// 0 = not read from text. They are not written.
	Line, Column int
}

// Quantity is an amount of a class of things that are not told apart.
type Quantity struct {
	Class  string
	Amount Number // "" = not given
	Unit   string // UN/ECE code; "" = pieces
}

// Location is a place.
type Location struct {
	ID    string
	Extra []Field
}

// Typed is a business transaction, a source or a destination.
type Typed struct {
	Type string // "" only for a transaction
	ID   string
}

// ErrorDeclaration says that the event it stands in was wrong. The event is
// repeated with it; nothing is ever changed.
type ErrorDeclaration struct {
	Time        time.Time
	Reason      string // "" = not given
	Corrections []string
	Extra       []Field
}

// SensorElement is a group of measurements.
type SensorElement struct {
	Metadata SensorMetadata
	Reports  []SensorReport
	Extra    []Field
}

// SensorMetadata says when and with what was measured.
type SensorMetadata struct {
	Time, Start, End                time.Time
	Device, DeviceMetadata, RawData string
	ProcessingMethod, BizRules      string
	Extra                           []Field
}

// SensorReport is one measurement.
type SensorReport struct {
	Type                                                              string
	Exception                                                         string
	Time                                                              time.Time
	Device, DeviceMetadata, RawData, ProcessingMethod                 string
	Microorganism, Substance, Component, CoordinateSystem             string
	Value, Min, Max, Mean, Deviation, PercentileRank, PercentileValue Number
	Text, URI, Hex                                                    string
	Bool                                                              Tristate
	Unit                                                              string // UN/ECE code
	Extra                                                             []Field
}

// Number is a JSON number as written; "" = not given.
type Number string

// Integer writes a whole number.
func Integer(n int64) Number { return Number(strconv.FormatInt(n, 10)) }

// Tristate is a boolean that may be lacking.
type Tristate int8

// Values of Tristate.
const (
	Unknown Tristate = iota
	False
	True
)

// Truth gives the Tristate of a boolean.
func Truth(b bool) Tristate {
	if b {
		return True
	}
	return False
}

// Field is an extension: a name under a prefix, and its value.
type Field struct {
	Name  string
	Value Value
}

// ValueKind is what an extension holds.
type ValueKind byte

// Kinds of value.
const (
	TextValue ValueKind = iota + 1
	NumberValue
	BoolValue
	ListValue
	ObjectValue
)

// Value is the value of an extension.
type Value struct {
	Kind   ValueKind
	Text   string // a text; a number or a truth value as written
	Items  []Value
	Fields []Field // sorted by name
}

// TextOf, NumberOf and BoolOf make values.
func TextOf(s string) Value { return Value{Kind: TextValue, Text: s} }

// NumberOf makes a number.
func NumberOf(n Number) Value { return Value{Kind: NumberValue, Text: string(n)} }

// BoolOf makes a truth value.
func BoolOf(b bool) Value { return Value{Kind: BoolValue, Text: strconv.FormatBool(b)} }
