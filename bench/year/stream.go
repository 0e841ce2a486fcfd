package year

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// WriteEvents writes the stream as JSON lines, one happening a line. Watch sees
// each one before it is written and may stop; nil watches nothing.
func (l *Life) WriteEvents(w io.Writer, watch func(Event) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for e := range l.Events() {
		if watch != nil {
			if err := watch(e); err != nil {
				return err
			}
		}
		if err := enc.Encode(&e); err != nil {
			return fmt.Errorf("cannot write happening %d: %w", e.Seq, err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("cannot write happenings: %w", err)
	}
	return nil
}
