package certificate

import (
	"fmt"
)

// Parse reads a bundle. It accepts exactly what Encode writes: canonical JSON
// of the fixed shape and one line feed, within the limits, in the prescribed
// orders. So a changed byte is either refused here or changes a value that
// the inspector checks. Errors name the field: see Field.
func Parse(data []byte) (*Bundle, error) {
	b, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read certificate: %w", err)
	}
	return b, nil
}

func parse(data []byte) (*Bundle, error) {
	if len(data) > MaxBundle {
		return nil, at("file", "%d bytes, the limit is %d", len(data), MaxBundle)
	}
	r := &reader{data: string(data), field: "file"}
	b := &Bundle{}
	r.lit(`{`)
	r.attachments(b)
	r.lit(`,`)
	b.Checkpoint = r.text("checkpoint", MaxText)
	r.lit(`,`)
	r.member("credentials")
	r.lit(`[`)
	r.list(`]`, MaxCredentials, func(i int) {
		r.field = fmt.Sprintf("credentials[%d]", i)
		b.Credentials = append(b.Credentials, r.b64(MaxCredential))
	})
	r.lit(`,`)
	if f := r.text("format", 64); r.err == nil && f != Format {
		return nil, at("format", "this program reads %q, the file is %q", Format, clip(f))
	}
	r.lit(`,`)
	r.openings(b)
	r.lit(`,`)
	r.member("policy")
	b.Policy = r.b64(MaxText)
	r.lit(`,`)
	b.Proof = r.text("proof", MaxText)
	r.lit(`,`)
	r.rangeProof(b)
	r.lit(`,`)
	r.segments(b)
	r.lit(`,`)
	b.Statement = r.text("statement", MaxStatement)
	r.field = "file"
	r.lit("}\n")
	if r.err == nil && r.pos != len(r.data) {
		r.fail("trailing bytes")
	}
	if r.err != nil {
		return nil, r.err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, nil
}

// member demands the name of the next member; errors up to the next call are
// about it.
func (r *reader) member(name string) {
	if r.err == nil {
		r.field = name
	}
	r.lit(`"` + name + `":`)
}

func (r *reader) text(name string, limit int) string {
	r.member(name)
	return r.str(limit)
}

func (r *reader) attachments(b *Bundle) {
	r.member("attachments")
	r.lit(`{`)
	last := ""
	r.list(`}`, MaxAttachments, func(i int) {
		r.field = fmt.Sprintf("attachments[%d]", i)
		name := r.str(64)
		if r.err == nil && i > 0 && name <= last {
			r.fail("names not in ascending order")
		}
		last = name
		r.lit(`:`)
		content := r.b64(MaxBundle)
		if b.Attachments == nil {
			b.Attachments = make(map[string][]byte)
		}
		b.Attachments[name] = content
	})
}

func (r *reader) openings(b *Bundle) {
	r.member("openings")
	r.lit(`[`)
	r.list(`]`, MaxOpenings, func(i int) {
		field := fmt.Sprintf("openings[%d]", i)
		r.field = field
		r.lit(`{`)
		member := func(name string) {
			if r.err == nil {
				r.field = field + "." + name
			}
			r.lit(`"` + name + `":`)
		}
		var o Opening
		member("event")
		o.Event = r.str(64)
		r.lit(`,`)
		member("path")
		o.Path = r.str(256)
		r.lit(`,`)
		member("salt")
		o.Salt = r.b64(256)
		r.lit(`,`)
		member("value")
		o.Value = r.str(MaxText)
		r.lit(`}`)
		b.Openings = append(b.Openings, o)
	})
}

func (r *reader) rangeProof(b *Bundle) {
	r.member("range_proof")
	r.lit(`[`)
	r.list(`]`, MaxRangeProof, func(i int) {
		r.field = fmt.Sprintf("range_proof[%d]", i)
		h := r.b64(32)
		if r.err == nil && len(h) != 32 {
			r.fail("a hash of %d bytes, 32 expected", len(h))
		}
		if r.err == nil {
			b.RangeProof = append(b.RangeProof, [32]byte(h))
		}
	})
}

func (r *reader) segments(b *Bundle) {
	r.member("segments")
	r.lit(`[`)
	total := 0
	r.list(`]`, MaxSegments, func(i int) {
		field := fmt.Sprintf("segments[%d]", i)
		r.field = field
		var s Segment
		r.lit(`{"leaves":[`)
		r.list(`]`, MaxLeaves-total, func(j int) {
			r.field = fmt.Sprintf("%s.leaves[%d]", field, j)
			s.Leaves = append(s.Leaves, r.str(MaxLeaf))
		})
		total += len(s.Leaves)
		r.field = field + ".start"
		r.lit(`,"start":`)
		s.Start = r.integer()
		r.lit(`}`)
		b.Segments = append(b.Segments, s)
	})
}
