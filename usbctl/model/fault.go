package model

// Fault is one way in which a device breaks its word.
type Fault string

// Faults of the transport (BOT 1.0, 6), by what the host sees.
const (
	WrongTag       Fault = "csw-wrong-tag"
	BadSignature   Fault = "csw-bad-signature"
	PhaseError     Fault = "csw-phase-error"
	BadStatus      Fault = "csw-status-7f"
	ResidueTooBig  Fault = "csw-residue-above-request"
	ResidueMinus   Fault = "csw-residue-minus-one"
	ShortStatus    Fault = "csw-12-bytes"
	LongStatus     Fault = "csw-64-bytes"
	StatusStall    Fault = "csw-stall"
	StatusStuck    Fault = "csw-stall-stuck" // the halt cannot be cleared
	StatusNever    Fault = "csw-never"
	StatusZLP      Fault = "csw-after-zlp"
	StatusZLPs     Fault = "csw-zlp-storm"
	StatusFirst    Fault = "csw-before-data"
	DataAfter      Fault = "data-after-csw"
	ShortHonest    Fault = "data-short-honest"
	ShortLie       Fault = "data-short-lie"
	DataStall      Fault = "data-stall"
	DataNever      Fault = "data-never"
	OutNever       Fault = "out-never" // NAK on OUT for ever
	Babble         Fault = "data-babble"
	Yank           Fault = "yank" // gone in the data phase
	YankStatus     Fault = "yank-status"
	ResetIgnored   Fault = "reset-ignored"
	ResetStall     Fault = "reset-stall" // control endpoint stalls
	WrapperRefused Fault = "cbw-stall"
	Trickle        Fault = "data-trickle" // one byte a transfer
)

// Faults of what it says of itself.
const (
	Capacity10Max    Fault = "rc10-ffffffff-no-rc16"
	Capacity16Less   Fault = "rc16-less-than-rc10"
	CapacityChanges  Fault = "capacity-changes"
	InquiryChanges   Fault = "inquiry-changes"
	StaleAnswers     Fault = "inquiry-stale-buffer"
	NotReadyForever  Fault = "not-ready-forever"
	SenseNothing     Fault = "sense-says-nothing"
	CheckForever     Fault = "check-condition-forever"
	AttentionForever Fault = "unit-attention-forever"
	MaxLUNStall      Fault = "maxlun-stall"
	MaxLUN255        Fault = "maxlun-255"
	SwapAtReset      Fault = "identity-swap-at-reset"
	StringChanges    Fault = "string-changes" // at every read
	ConfigChanges    Fault = "configuration-changes"
	ControlNever     Fault = "control-never" // NAK on the control endpoint
)

// Faults of the storage.
const (
	WriteLost        Fault = "write-lost"        // accepted, not done
	WriteLostCached  Fault = "write-lost-cached" // reads back right until reset or replug
	WriteProtected   Fault = "write-protected"   //
	ProtectToggles   Fault = "write-protect-toggles"
	SyncIgnored      Fault = "sync-ignored" // cache lost at a yank
	ReadsDiffer      Fault = "reads-differ"
	ReadError        Fault = "read-error" // medium error at BadBlock
	SanitizeInstant  Fault = "sanitize-instant-lie"
	ProgressBackward Fault = "sanitize-progress-backward"
	UnmapKeeps       Fault = "unmap-keeps-data"
)

// Faults lists every fault, in the order of this file.
func Faults() []Fault {
	return []Fault{
		WrongTag, BadSignature, PhaseError, BadStatus, ResidueTooBig, ResidueMinus, ShortStatus, LongStatus, StatusStall, StatusStuck,
		StatusNever, StatusZLP, StatusZLPs, StatusFirst, DataAfter, ShortHonest, ShortLie, DataStall, DataNever, OutNever, Babble, Yank,
		YankStatus, ResetIgnored, ResetStall, WrapperRefused, Trickle,
		Capacity10Max, Capacity16Less, CapacityChanges, InquiryChanges, StaleAnswers, NotReadyForever, SenseNothing, CheckForever,
		AttentionForever, MaxLUNStall, MaxLUN255, SwapAtReset, StringChanges, ConfigChanges, ControlNever,
		WriteLost, WriteLostCached, WriteProtected, ProtectToggles, SyncIgnored, ReadsDiffer, ReadError, SanitizeInstant, ProgressBackward,
		UnmapKeeps,
	}
}
