package custody

import "maps"

// open starts a batch.
func (s *step) open() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	if err := moveBatch(&b, OpenBatch); err != nil {
		return err
	}
	if s.r.Act != "destroy" || s.r.Number == "" {
		return refuse(KeyRecord, "batch/"+b.ID, "act %q, number %q", s.r.Act, s.r.Number)
	}
	b.Number, b.List = s.r.Number, s.r.List
	s.putBatch(b)
	return nil
}

// sealBatch: the applicant signs the manifest over the carriers sealed so far.
// Carriers that were counted but not sealed leave the batch and stay held.
func (s *step) sealBatch() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, SealBatch); err != nil {
		return err
	}
	applicant, err := one(s.r, RoleApplicant)
	if err != nil {
		return at(subject, err)
	}
	sealed, others, err := s.members(b)
	if err != nil {
		return err
	}
	if len(sealed) == 0 {
		return refuse(KeyNothing, subject, "empty manifest")
	}
	if err := s.checkManifest(b, sealed); err != nil {
		return at(subject, err)
	}
	for _, c := range others {
		if c.State == Missing {
			continue // stays visible as missing from this batch
		}
		unbatch(&c)
		s.put(c)
	}
	b.ItemsRoot, b.Method, b.Machine, b.NotAfter = s.r.ItemsRoot, s.r.Method, s.r.Machine, s.r.NotAfter
	b.Applicant, b.ApplicantKey, b.SealLeaf = applicant.Person, applicant.Credential, s.r.Hash
	s.putBatch(b)
	return nil
}

// checkManifest compares what is signed with the members.
func (s *step) checkManifest(b Batch, sealed []Carrier) error {
	items := make([]string, len(sealed))
	kinds, levels := map[string]int64{}, map[string]int64{}
	for i, c := range sealed {
		items[i] = c.Item
		kinds[c.Kind]++
		levels[c.Level]++
	}
	want, err := root(items)
	if err != nil {
		return err
	}
	switch {
	case s.r.ItemsRoot != want:
		return refuse(KeyManifest, "", "items root %s, expected %s", s.r.ItemsRoot, want)
	case s.r.Items != int64(len(sealed)) || s.r.Number != b.Number:
		return refuse(KeyManifest, "", "%d items of batch number %q", s.r.Items, s.r.Number)
	case !maps.Equal(s.r.Kinds, kinds) || !maps.Equal(s.r.Levels, levels):
		return refuse(KeyManifest, "", "totals by kind or level differ")
	case s.r.Method == "" || s.r.Machine == "":
		return refuse(KeyRecord, "", "manifest without method or machine")
	case !s.r.NotAfter.After(s.r.At):
		return refuse(KeyExpired, "", "manifest until %s", s.r.NotAfter)
	}
	return nil
}

// approve: the leader agrees by card, or two persons enter his paper.
func (s *step) approve() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, ApproveBatch); err != nil {
		return err
	}
	if s.r.Manifest != b.SealLeaf {
		return refuse(KeyReference, subject, "manifest %s", s.r.Manifest)
	}
	if s.r.At.After(b.NotAfter) {
		return refuse(KeyExpired, subject, "manifest until %s", b.NotAfter)
	}
	if !authority(s.r.Authority) {
		return refuse(KeyRecord, subject, "authority %q", s.r.Authority)
	}
	if s.r.PaperNumber != "" || s.r.PaperSHA256 != "" {
		err = s.approvePaper(&b)
	} else {
		err = s.approveCard(&b)
	}
	if err != nil {
		return at(subject, err)
	}
	b.ApprovalLeaf = s.r.Hash
	s.putBatch(b)
	return s.moveSealed(b, Approve)
}

func (s *step) approveCard(b *Batch) error {
	a, err := one(s.r, RoleApprover)
	if err != nil {
		return err
	}
	if a.Person == b.Applicant || a.Credential == b.ApplicantKey {
		return refuse(KeyOwnApproval, "", "%s", a.Person)
	}
	b.Approver, b.ApproverKey = a.Person, a.Credential
	return nil
}

func (s *step) approvePaper(b *Batch) error {
	if s.r.PaperNumber == "" || !isHash(s.r.PaperSHA256) {
		return refuse(KeyRecord, "", "paper approval without number or scan")
	}
	if err := two(s.r); err != nil {
		return err
	}
	for _, a := range s.r.Actors {
		if a.Role == RoleApprover {
			return refuse(KeyActors, "", "a paper approval is entered, not given, by the persons present")
		}
	}
	b.PaperNumber = s.r.PaperNumber
	return nil
}

// moveSealed applies e to every carrier of the manifest.
func (s *step) moveSealed(b Batch, e Event) error {
	sealed, _, err := s.members(b)
	if err != nil {
		return err
	}
	for _, c := range sealed {
		if err := move(&c, e); err != nil {
			return err
		}
		s.put(c)
	}
	return nil
}

// reject ends the batch by the approver's word; its carriers stay held.
func (s *step) reject() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, RejectBatch); err != nil {
		return err
	}
	if s.r.Manifest != b.SealLeaf {
		return refuse(KeyReference, subject, "manifest %s", s.r.Manifest)
	}
	if err := s.approveCard(&b); err != nil {
		return at(subject, err)
	}
	return s.dissolve(b, Reject)
}

// void ends the batch before anything was fed.
func (s *step) void() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	if err := moveBatch(&b, VoidBatch); err != nil {
		return err
	}
	return s.dissolve(b, Void)
}

// dissolve sends every carrier of the batch back to the shelf.
func (s *step) dissolve(b Batch, e Event) error {
	sealed, others, err := s.members(b)
	if err != nil {
		return err
	}
	for _, c := range sealed {
		if err := move(&c, e); err != nil {
			return err
		}
		unbatch(&c)
		s.put(c)
	}
	for _, c := range others {
		unbatch(&c)
		s.put(c)
	}
	b.Members = 0
	s.putBatch(b)
	return nil
}

// authorise: destroyer and attestor sign the manifest and its approval.
func (s *step) authorise() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, AuthoriseBatch); err != nil {
		return err
	}
	destroyer, attestor, err := team(s.r)
	if err != nil {
		return at(subject, err)
	}
	for _, a := range []Actor{destroyer, attestor} {
		if a.Person == b.Approver || a.Credential == b.ApproverKey {
			return refuse(KeyApproverActs, subject, "%s", a.Person)
		}
	}
	if attestor.Person == b.Applicant || attestor.Credential == b.ApplicantKey {
		return refuse(KeyAttestorApplied, subject, "%s", attestor.Person)
	}
	switch {
	case s.r.Manifest != b.SealLeaf || s.r.Approval != b.ApprovalLeaf:
		return refuse(KeyReference, subject, "manifest %s, approval %s", s.r.Manifest, s.r.Approval)
	case s.r.ItemsRoot != b.ItemsRoot:
		return refuse(KeyManifest, subject, "items root %s", s.r.ItemsRoot)
	case s.r.Machine != b.Machine:
		return refuse(KeyMachine, subject, "%s", s.r.Machine)
	case s.r.At.After(b.NotAfter) || !s.r.NotAfter.After(s.r.At) || s.r.NotAfter.After(b.NotAfter):
		return refuse(KeyExpired, subject, "authorisation until %s, manifest until %s", s.r.NotAfter, b.NotAfter)
	}
	b.Authorisers = []string{destroyer.Person, attestor.Person}
	b.AuthoriserKeys = []string{destroyer.Credential, attestor.Credential}
	b.AuthorisationLeaf, b.Expires = s.r.Hash, s.r.NotAfter
	s.putBatch(b)
	return s.moveSealed(b, Authorise)
}

// release: the machine has, or may have, a permission.
func (s *step) release() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject, resumes := "batch/"+b.ID, b.State == BatchWithdrawn
	if err := moveBatch(&b, ReleaseBatch); err != nil {
		return err
	}
	switch {
	case s.r.Authorisation != b.AuthorisationLeaf:
		return refuse(KeyReference, subject, "authorisation %s", s.r.Authorisation)
	case s.r.Machine != b.Machine:
		return refuse(KeyMachine, subject, "%s", s.r.Machine)
	case s.r.At.After(b.Expires):
		return refuse(KeyExpired, subject, "authorisation until %s", b.Expires)
	case s.r.Resumes != resumes:
		return refuse(KeyRecord, subject, "resumes %t", s.r.Resumes)
	}
	if b.Boot != s.r.Boot || !resumes {
		b.Boot, b.LastSequence = s.r.Boot, 0
	}
	sealed, _, err := s.members(b)
	if err != nil {
		return err
	}
	left := false
	for _, c := range sealed {
		if c.Verdict != VerdictUnknown {
			continue // has its outcome; the permission is for the rest
		}
		fed := c.State == Released // the permission is given again
		if err := move(&c, Release); err != nil {
			return err
		}
		if !fed {
			if err := s.hand(&c, Feed); err != nil {
				return err
			}
		}
		left = true
		s.put(c)
	}
	if !left {
		return refuse(KeyNothing, subject, "every carrier has its outcome")
	}
	s.putBatch(b)
	return nil
}

// withdraw: the permission was taken back. It demands nothing of anybody.
func (s *step) withdraw() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	if err := moveBatch(&b, WithdrawBatch); err != nil {
		return err
	}
	s.putBatch(b)
	return nil
}
