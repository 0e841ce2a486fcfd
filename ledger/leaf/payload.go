package leaf

import (
	"time"
)

// Schema is the payload schema this package reads and writes. A payload of
// another schema is refused, never guessed at.
const Schema = "sexton/event/v2"

// PayloadType is the DSSE payload type of every leaf (DSSE v1, section
// "Protocol": it is covered by the signature through PAE).
const PayloadType = "application/vnd.sexton.event+json"

// Payload is the signed content of one leaf: who did what to which subjects,
// when, having seen which head of the ledger, under which rules.
type Payload struct {
	Schema   string            `json:"schema"`
	ID       string            `json:"id"`       // UUIDv7, unique in the ledger
	Station  string            `json:"station"`  // origin of the log
	Kind     Kind              `json:"kind"`     // decides the shape of Body
	At       time.Time         `json:"at"`       // UTC, milliseconds
	Clock    Clock             `json:"clock"`    //
	Actors   []Actor           `json:"actors"`   // may be empty: the station itself
	Subjects []string          `json:"subjects"` // see CarrierSubject and its siblings
	Prev     map[string]string `json:"prev"`     // subject -> lower hex hash of its previous leaf
	Seen     Seen              `json:"seen"`     // head the writer had seen
	Policy   PolicyRef         `json:"policy"`   //
	Body     any               `json:"body"`     // pointer to the body type of Kind
}

// Clock says how far At may be trusted.
type Clock struct {
	Source string `json:"source"`  // "system", "rtc", "imported", "bench"
	Boot   string `json:"boot"`    // random id of the host's boot
	MonoMS int64  `json:"mono_ms"` // milliseconds since that boot
}

// Actor is one person in one role; Credential is the key identifier of the
// credential used (lower hex SHA-256 of the SubjectPublicKeyInfo): slot 9C in
// signed leaves, slot 9A in leaves that only assert a login.
type Actor struct {
	Person     string `json:"person"`
	Role       Role   `json:"role"`
	Credential string `json:"credential"`
}

// Seen is the ledger head the writer had seen; root is lower hex.
type Seen struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// PolicyRef names the rules in force.
type PolicyRef struct {
	Profile string   `json:"profile"`
	Version string   `json:"version"`
	Rows    []string `json:"rows"`
}

// Role is what an actor did in one event.
type Role string

// Roles. The Chinese terms are those of the forms.
const (
	RoleAdmin      Role = "admin"           // 管理员
	RoleReceiver   Role = "receiver"        // 接收人 (signs for)
	RoleCounter    Role = "counter"         // 清点人
	RoleRecounter  Role = "second-counter"  // 复核人
	RoleApplicant  Role = "applicant"       // 申请人
	RoleApprover   Role = "approver"        // 批准人
	RoleDestroyer  Role = "destroyer"       // 销毁人
	RoleAttestor   Role = "attestor"        // 监销人
	RoleKeeper     Role = "keeper"          // 保管人
	RoleInspector  Role = "inspector"       // 检查员
	RoleOperator   Role = "operator"        // 操作员
	RoleSecrecy    Role = "secrecy-officer" // 保密员
	RoleAuditor    Role = "auditor"         // 审核人
	RoleClassifier Role = "classifier"      // 定密责任人

	// Parts a person plays in one event without holding a role.
	RoleExplaining Role = "explaining" // explains a difference by name
	RoleAccepting  Role = "accepting"  // 接收人 of a movement
	RolePledging   Role = "pledging"   // 承诺人
	RoleAnswering  Role = "answering"  // 整改责任人
	RoleReporting  Role = "reporting"  // 报告人
)

// Parts are the roles that nobody holds: anybody enrolled can play them.
func Parts() []Role {
	return []Role{RoleExplaining, RoleAccepting, RolePledging, RoleAnswering, RoleReporting}
}

// Commitment is "c1:" and the lower hex SHA-256 that hides one secret value:
// see Commit. The empty string means the value itself is empty.
type Commitment string

// Subjects are typed identifiers.
const (
	CarrierSubject = "carrier/" // + UUID
	BatchSubject   = "batch/"   // + UUID
	ListSubject    = "list/"    // + UUID
	PersonSubject  = "person/"  // + person id
	MachineSubject = "machine/" // + machine id
	PolicySubject  = "policy/"  // + profile name
	StationSubject = "station/" // + origin

	DocumentSubject   = "document/"   // + UUID
	RequestSubject    = "request/"    // + UUID
	MovementSubject   = "movement/"   // + UUID
	DepartmentSubject = "department/" // + the unit's id
	PlaceSubject      = "place/"      // + the unit's id
	FirmSubject       = "firm/"       // + the unit's id
	CampaignSubject   = "campaign/"   // + UUID
	InspectionSubject = "inspection/" // + UUID
	FindingSubject    = "finding/"    // + UUID
	IncidentSubject   = "incident/"   // + UUID
	ReportSubject     = "report/"     // + UUID
	KeySubject        = "key/"        // + the unit's number of a USB key
	PortSubject       = "port/"       // + path of a USB port
)
