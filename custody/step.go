package custody

import (
	"errors"
	"fmt"
	"slices"
)

// Step applies one record to the state in v and gives the new state of all it
// touched. It is pure and all or nothing: with an error the change is empty.
//
// Error: a *Refusal (errors.As) when the record may not happen; otherwise v
// could not answer.
func Step(v View, r Record) (Change, error) {
	if quiet[r.Kind] {
		return Change{}, nil
	}
	s := &step{v: v, r: r, carriers: map[string]Carrier{}, batches: map[string]Batch{}, things: map[Ref]Thing{}}
	if err := s.run(); err != nil {
		return Change{}, fmt.Errorf("cannot apply %s: %w", r.Kind, err)
	}
	return s.change(), nil
}

// quiet are the kinds without effect on custody.
var quiet = map[Kind]bool{
	KindInitialised: true, KindStarted: true, KindAdopted: true, KindEnrolled: true, KindMachine: true,
	KindSessionOpened: true, KindSessionLocked: true, KindRefusal: true, KindReport: true,
	KindMediaAttached: true, KindMediaRemoved: true, KindMediaViolated: true,
}

// deeds say how each kind of record is applied.
var deeds = map[Kind]func(*step) error{
	KindRegistered: (*step).register, KindReceived: (*step).receive, KindCounted: (*step).count, KindMissing: (*step).missing,
	KindFound: (*step).found, KindSealed: (*step).seal,
	KindOpened: (*step).open, KindBatchSealed: (*step).sealBatch, KindApproved: (*step).approve, KindRejected: (*step).reject,
	KindVoided: (*step).void, KindAuthorised: (*step).authorise, KindReleased: (*step).release, KindWithdrawn: (*step).withdraw,
	KindDestroyed: (*step).outcome, KindUnverified: (*step).outcome, KindDisputed: (*step).outcome, KindIndeterminate: (*step).outcome,
	KindUnfed: (*step).unfed, KindResolved: (*step).resolve, KindReconciled: (*step).reconcile, KindCompleted: (*step).complete,
	KindCertified: (*step).certify,
	KindArchived:  (*step).settle, KindTransferred: (*step).settle, KindReturned: (*step).settle, KindConsigned: (*step).settle,
	KindDeclassified: (*step).declassify, KindLost: (*step).writeOff,

	KindImported: (*step).importList, KindListCounted: (*step).countList, KindListNumbered: (*step).numberList,
	KindDocument: (*step).enterDocument, KindCircle: (*step).setCircle, KindReclassified: (*step).reclassify,
	KindRequested: (*step).openRequest, KindAudited: (*step).audit, KindRequestOK: (*step).approveRequest,
	KindRequestNo: (*step).rejectRequest, KindRequestBack: (*step).withdrawRequest, KindCopiesMade: (*step).makeCopies,
	KindMoveOpened: (*step).openMovement, KindMoveAccepted: (*step).acceptMovement, KindMoveRefused: (*step).refuseMovement,
	KindMoveReturned: (*step).returnMovement, KindMoveRenewed: (*step).renewMovement, KindMoveCancelled: (*step).cancelMovement,
	KindFirmCertified: (*step).certifyElsewhere, KindStored: (*step).store,
	KindDepartment: (*step).enterDepartment, KindPlace: (*step).enterPlace, KindFirm: (*step).enterFirm,
	KindPosted: (*step).post, KindPledged: (*step).pledge, KindLeft: (*step).leave,
	KindCampaign: (*step).openCampaign, KindProposed: (*step).propose, KindCampaignOK: (*step).approveCampaign, KindCampaignEnd: (*step).closeCampaign,
	KindInspection: (*step).openInspection, KindInspected: (*step).handIn, KindFinding: (*step).enterFinding,
	KindCorrected: (*step).correctFinding, KindFindingEnd: (*step).endFinding,
	KindIncident: (*step).reportIncident, KindIncidentEnd: (*step).closeIncident,
	KindKeyRegistered: (*step).registerKey, KindKeyRetired: (*step).retireKey, KindKeyLost: (*step).loseKey, KindKeyFound: (*step).findKey,
	KindKeyMet: (*step).meetKey, KindPortEnrolled: (*step).enrolPort, KindPortClosed: (*step).closePort,
}

// Kinds lists every kind of record that Step knows, by word.
func Kinds() []Kind {
	return slices.Sorted(func(yield func(Kind) bool) {
		for k := range quiet {
			if !yield(k) {
				return
			}
		}
		for k := range deeds {
			if !yield(k) {
				return
			}
		}
	})
}

// step is one run of Step: the view with the changes so far laid over it.
type step struct {
	v View
	r Record

	carriers     map[string]Carrier
	batches      map[string]Batch
	things       map[Ref]Thing
	carrierOrder []string
	batchOrder   []string
	thingOrder   []Ref
	knew         []Knew
}

func (s *step) run() error {
	if !isHash(s.r.Hash) {
		return refuse(KeyRecord, "", "leaf hash %q", s.r.Hash)
	}
	do, ok := deeds[s.r.Kind]
	if !ok {
		return refuse(KeyRecord, "", "unknown kind %q", s.r.Kind)
	}
	if err := s.onPost(); err != nil {
		return err
	}
	return do(s)
}

// change collects what was put, in the order of the first put.
func (s *step) change() Change {
	var c Change
	for _, id := range s.carrierOrder {
		c.Carriers = append(c.Carriers, s.carriers[id])
	}
	for _, id := range s.batchOrder {
		c.Batches = append(c.Batches, s.batches[id])
	}
	for _, ref := range s.thingOrder {
		c.Things = append(c.Things, s.things[ref])
	}
	c.Knew = s.knew
	return c
}

// carrier reads a carrier; an unregistered one has the zero state.
func (s *step) carrier(id string) (Carrier, error) {
	if c, ok := s.carriers[id]; ok {
		return c, nil
	}
	if id == "" {
		return Carrier{}, refuse(KeyRecord, "", "no carrier named")
	}
	c, ok, err := s.v.Carrier(id)
	if err != nil {
		return Carrier{}, fmt.Errorf("cannot read carrier %s: %w", id, err)
	}
	if !ok {
		return Carrier{ID: id, Index: -1}, nil
	}
	return c, nil
}

// batch reads a batch; one never opened has the zero state.
func (s *step) batch(id string) (Batch, error) {
	if b, ok := s.batches[id]; ok {
		return b, nil
	}
	if id == "" {
		return Batch{}, refuse(KeyRecord, "", "no batch named")
	}
	b, ok, err := s.v.Batch(id)
	if err != nil {
		return Batch{}, fmt.Errorf("cannot read batch %s: %w", id, err)
	}
	if !ok {
		return Batch{ID: id}, nil
	}
	return b, nil
}

func (s *step) put(c Carrier) {
	if _, ok := s.carriers[c.ID]; !ok {
		s.carrierOrder = append(s.carrierOrder, c.ID)
	}
	s.carriers[c.ID] = c
}

func (s *step) putBatch(b Batch) {
	if _, ok := s.batches[b.ID]; !ok {
		s.batchOrder = append(s.batchOrder, b.ID)
	}
	s.batches[b.ID] = b
}

// move applies one event to a carrier value.
func move(c *Carrier, e Event) error {
	next, err := Apply(c.State, e)
	if err != nil {
		return at("carrier/"+c.ID, err)
	}
	c.State = next
	return nil
}

// moveBatch applies one event to a batch value.
func moveBatch(b *Batch, e BatchEvent) error {
	next, err := ApplyBatch(b.State, e)
	if err != nil {
		return at("batch/"+b.ID, err)
	}
	b.State = next
	return nil
}

// at names the subject in a refusal that does not know it.
func at(subject string, err error) error {
	var r *Refusal
	if errors.As(err, &r) && r.Subject == "" {
		r.Subject = subject
	}
	return err
}

// members gives the batch's carriers that have a place in its manifest, by
// place, and the others.
func (s *step) members(b Batch) (sealed, others []Carrier, err error) {
	ids, err := s.v.Members(b.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot list the members of batch %s: %w", b.ID, err)
	}
	for _, id := range ids {
		c, err := s.carrier(id)
		if err != nil {
			return nil, nil, err
		}
		if c.Batch != b.ID {
			continue
		}
		if c.Index < 0 {
			others = append(others, c)
			continue
		}
		if c.Index != int64(len(sealed)) {
			return nil, nil, refuse(KeyManifest, "carrier/"+c.ID, "at place %d, expected %d", c.Index, len(sealed))
		}
		sealed = append(sealed, c)
	}
	if int64(len(sealed)) != b.Members {
		return nil, nil, refuse(KeyManifest, "batch/"+b.ID, "%d carriers, manifest of %d", len(sealed), b.Members)
	}
	return sealed, others, nil
}

// unbatch takes a carrier out of its batch.
func unbatch(c *Carrier) {
	c.Batch, c.Index, c.Item = "", -1, ""
	c.Verdict, c.Outcome = VerdictUnknown, ""
}
