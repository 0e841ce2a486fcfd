package custody

// to lists where a state goes on an event.
type to map[Event]State

// row decides one state: the events it takes, and why it refuses all others.
// A reason of its own in because comes first, then refuse, then that the step
// was taken already (see passed), then what the event itself needs (see needs).
type row struct {
	on      to
	because map[Event]Key
	refuse  Key
}

// transitions is the one table of a carrier's life. Apply, the diagram in the
// package comment and the tests all read it.
var transitions = [endOfStates]row{
	Unknown:    {refuse: KeyUnregistered, on: to{Register: Registered, EnterCopy: Received}},
	Registered: {on: to{Receive: Received, ReportMissing: Missing, Remark: Registered}},
	Received: {on: to{Count: Counted, ReportMissing: Missing, Archive: Archived, Transfer: Transferred, Return: Returned,
		Declassify: Declassified, Move: Received, Remark: Received, Consign: Consigned}},
	// A second count is allowed: a carrier that comes back from a voided
	// batch is counted again into the next one.
	Counted: {on: to{Count: Counted, ReportMissing: Missing, Seal: Sealed, Archive: Archived, Transfer: Transferred, Return: Returned,
		Declassify: Declassified, Move: Counted, Remark: Counted, Consign: Consigned}},
	// Nothing but finding it or writing it off ends Missing: a count that
	// turns it up is first recorded as Find, by name. A new mark holds for it too.
	Missing:    {refuse: KeyMissing, on: to{Find: Received, WriteOff: Lost, Remark: Missing}},
	Sealed:     {because: inBatch, on: to{Approve: Approved, Reject: Counted, Void: Counted}},
	Approved:   {because: inBatch, on: to{Authorise: Authorised, Void: Counted}},
	Authorised: {because: inBatch, on: to{Release: Released, Void: Counted}},
	// Released is left by an outcome only. Withdrawal stops the machine, not
	// the carrier: what is in the cutter finishes, so its outcome may come
	// after the withdrawal. A resumed permission changes nothing either.
	Released: {refuse: KeyMayBeFed, on: to{Release: Released, Withdraw: Released,
		ConfirmDestroyed: Destroyed, MarkUnverified: Unverified, MarkDisputed: Disputed,
		MarkIndeterminate: Indeterminate, LeaveUnfed: Counted}},
	Destroyed:     {refuse: KeyFinal, on: to{Certify: Certified}},
	Unverified:    {refuse: KeyOpenCase, on: resolve},
	Disputed:      {refuse: KeyOpenCase, on: resolve},
	Indeterminate: {refuse: KeyOpenCase, on: resolve},
	Resolved:      {refuse: KeyFinal, on: to{Certify: Certified}},
	Certified:     {refuse: KeyFinal},
	Archived:      {refuse: KeyFinal},
	Transferred:   {refuse: KeyFinal},
	Returned:      {refuse: KeyFinal},
	Declassified:  {refuse: KeyFinal},
	Lost:          {refuse: KeyFinal},
	// What was consigned is not ours any more; a certificate of the body that
	// took it can still say what became of it.
	Consigned:          {refuse: KeyFinal, on: to{CertifyElsewhere: DestroyedElsewhere}},
	DestroyedElsewhere: {refuse: KeyFinal},
}

// resolve closes an open case; nothing else does.
var resolve = to{ResolveDestroyed: Resolved, ResolveHeld: Counted, ResolveLost: Lost}

// inBatch is why a carrier of a sealed manifest takes no other road.
var inBatch = map[Event]Key{
	Count: KeyInBatch, ReportMissing: KeyInBatch, Seal: KeyInBatch, Archive: KeyInBatch, Transfer: KeyInBatch,
	Return: KeyInBatch, Declassify: KeyInBatch, WriteOff: KeyInBatch, Move: KeyInBatch, Remark: KeyInBatch, Consign: KeyInBatch,
}

// needs is why an event is refused where the state has no stronger reason.
var needs = [endOfEvents]Key{
	Register: KeyKnown, Receive: KeyUnregistered, Count: KeyNotReceived, ReportMissing: KeyNotReceived, Find: KeyNotMissing,
	Seal: KeyNotCounted, Approve: KeyNotSealed, Reject: KeyNotSealed, Void: KeyNotSealed,
	Authorise: KeyNotApproved, Release: KeyNotAuthorised, Withdraw: KeyNotReleased,
	ConfirmDestroyed: KeyNotReleased, MarkUnverified: KeyNotReleased, MarkDisputed: KeyNotReleased,
	MarkIndeterminate: KeyNotReleased, LeaveUnfed: KeyNotReleased,
	ResolveDestroyed: KeyNoCase, ResolveHeld: KeyNoCase, ResolveLost: KeyNoCase,
	Certify: KeyNotDestroyed, WriteOff: KeyNotMissing,
	Archive: KeyNotReceived, Transfer: KeyNotReceived, Return: KeyNotReceived, Declassify: KeyNotReceived,
	EnterCopy: KeyKnown, Move: KeyNotReceived, Remark: KeyUnregistered, Consign: KeyNotReceived, CertifyElsewhere: KeyNotConsigned,
}

// passed is the state from which on an event of the ordinary way lies behind.
var passed = map[Event]State{
	Receive: Received, Seal: Sealed, Approve: Approved, Reject: Approved, Authorise: Authorised, Release: Released,
}

// batchTo lists where a batch goes on an event.
type batchTo map[BatchEvent]BatchState

// batchRow decides one state of a batch, like row.
type batchRow struct {
	on     batchTo
	refuse Key
}

// batchTransitions is the one table of a batch's life.
var batchTransitions = [endOfBatchStates]batchRow{
	BatchUnknown:  {refuse: KeyNoBatch, on: batchTo{OpenBatch: Opened}},
	Opened:        {on: batchTo{SealBatch: BatchSealed, VoidBatch: BatchVoid}},
	BatchSealed:   {on: batchTo{ApproveBatch: BatchApproved, RejectBatch: BatchVoid, VoidBatch: BatchVoid}},
	BatchApproved: {on: batchTo{AuthoriseBatch: BatchAuthorised, VoidBatch: BatchVoid}},
	// Taking back a permission is always allowed while one may exist: a crash
	// can lie between the machine's release and its leaf.
	BatchAuthorised: {on: batchTo{ReleaseBatch: BatchReleased, WithdrawBatch: BatchAuthorised, VoidBatch: BatchVoid}},
	BatchReleased:   {on: batchTo{WithdrawBatch: BatchWithdrawn, ReconcileBatch: BatchReconciled}},
	BatchWithdrawn:  {on: batchTo{ReleaseBatch: BatchReleased, WithdrawBatch: BatchWithdrawn, ReconcileBatch: BatchReconciled}},
	BatchReconciled: {on: batchTo{CompleteBatch: BatchCompleted}},
	BatchCompleted:  {on: batchTo{CertifyBatch: BatchCertified}},
	// A case that is resolved as destroyed later gets a supplementary
	// certificate of the same batch.
	BatchCertified: {on: batchTo{CertifyBatch: BatchCertified}},
	BatchVoid:      {refuse: KeyBatchVoid},
}

// batchNeeds is why a batch event is refused where the state has no stronger
// reason.
var batchNeeds = [endOfBatchEvents]Key{
	OpenBatch: KeyBatchKnown, SealBatch: KeyBatchNotOpen, ApproveBatch: KeyBatchNotSealed, RejectBatch: KeyBatchNotSealed,
	VoidBatch: KeyBatchStarted, AuthoriseBatch: KeyNotApproved, ReleaseBatch: KeyNotAuthorised, WithdrawBatch: KeyNotReleased,
	ReconcileBatch: KeyNotReleased, CompleteBatch: KeyNotReconciled, CertifyBatch: KeyNotCompleted,
}

// batchPassed is the state from which on an event lies behind.
var batchPassed = map[BatchEvent]BatchState{
	SealBatch: BatchSealed, ApproveBatch: BatchApproved, RejectBatch: BatchApproved, AuthoriseBatch: BatchAuthorised,
	ReleaseBatch: BatchReleased, WithdrawBatch: BatchReconciled, ReconcileBatch: BatchReconciled, CompleteBatch: BatchCompleted,
}

// Apply answers one cell of the table: the state after e, or a *Refusal.
func Apply(s State, e Event) (State, error) {
	if s < 0 || s >= endOfStates || e <= UnknownEvent || e >= endOfEvents {
		return Unknown, refuse(KeyInvalid, "", "%s on %s", e, s)
	}
	r := transitions[s]
	if next, ok := r.on[e]; ok {
		return next, nil
	}
	key := needs[e]
	if from, ok := passed[e]; ok && s >= from {
		key = KeyPassed
	}
	if r.refuse != "" {
		key = r.refuse
	}
	if k, ok := r.because[e]; ok {
		key = k
	}
	return Unknown, refuse(key, "", "%s on %s", e, s)
}

// ApplyBatch answers one cell of the batch table, like Apply.
func ApplyBatch(s BatchState, e BatchEvent) (BatchState, error) {
	if s < 0 || s >= endOfBatchStates || e <= UnknownBatchEvent || e >= endOfBatchEvents {
		return BatchUnknown, refuse(KeyInvalid, "", "%s on %s", e, s)
	}
	r := batchTransitions[s]
	if next, ok := r.on[e]; ok {
		return next, nil
	}
	key := batchNeeds[e]
	if from, ok := batchPassed[e]; ok && s >= from {
		key = KeyPassed
	}
	if r.refuse != "" {
		key = r.refuse
	}
	return BatchUnknown, refuse(key, "", "%s on batch %s", e, s)
}

// dispositions is the final outcome each state stands for.
var dispositions = [endOfStates]Disposition{
	Destroyed: DispositionDestroyed, Resolved: DispositionDestroyed, Certified: DispositionDestroyed,
	Archived: DispositionArchived, Transferred: DispositionTransferred, Returned: DispositionReturned,
	Declassified: DispositionDeclassified, Lost: DispositionWrittenOff,
	Consigned: DispositionConsigned, DestroyedElsewhere: DispositionDestroyedElsewhere,
}

// Disposition is the final outcome the state stands for; DispositionNone while
// the carrier is held, missing or an open case.
func (s State) Disposition() Disposition {
	if s < 0 || s >= endOfStates {
		return DispositionNone
	}
	return dispositions[s]
}

// Terminal says that this unit holds the carrier no more. A terminal state may
// still be certified, which keeps its disposition; and what was consigned may
// turn out to be destroyed elsewhere.
func (s State) Terminal() bool { return s.Disposition() != DispositionNone }

// Open says that the carrier is an open case: fed or perhaps fed, and not
// shown to be destroyed.
func (s State) Open() bool { return s == Unverified || s == Disputed || s == Indeterminate }

// Terminal says that nothing but a supplementary certificate can follow.
func (s BatchState) Terminal() bool { return s == BatchCertified || s == BatchVoid }
