package station

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"sexton/ledger/leaf"
)

// TestCarrier is one carrier to be registered without a file.
type TestCarrier struct {
	Number, Kind, Medium, Classification string
	Pages                                int64
	MustReturn                           bool
}

// TestOnlyRegister enters a list.
func (s *Station) TestOnlyRegister(ctx context.Context, carriers []TestCarrier) (string, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	list := uuid.Must(uuid.NewV7()).String()
	p := s.pen()
	sec := s.secrets()
	source := []byte("list " + list)
	if _, err := p.write(ctx, note{kind: leaf.ListImported, subjects: []string{leaf.ListSubject + list}, attach: [][]byte{source},
		body: &leaf.Imported{List: list, Number: sec.of("number", "甲〔2026〕1号（演练）"), SourceSHA256: sha(source), Encoding: "utf-8", Rows: int64(len(carriers))}, openings: sec.openings}); err != nil {
		return "", err
	}
	for i, c := range carriers {
		id := uuid.Must(uuid.NewV7()).String()
		sec := s.secrets()
		unit := "byte"
		if c.Kind == "paper" {
			unit = "page"
		}
		if _, err := p.write(ctx, note{kind: leaf.CarrierRegistered, subjects: carrierSubject(id), openings: nil,
			body: &leaf.Registered{Carrier: id, List: list, Row: int64(i + 2), Number: c.Number, CarrierKind: c.Kind, Medium: c.Medium, Classification: c.Classification,
				Extent: leaf.Extent{Value: c.Pages, Unit: unit}, Count: 1, MustReturn: c.MustReturn, Title: sec.of("title", fmt.Sprintf("文件%d（演练）", i))}}); err != nil {
			return "", err
		}
		p.entries[len(p.entries)-1].Openings = sec.openings
	}
	_, err := s.deps.Book.Append(ctx, p.entries...)
	return list, err
}

