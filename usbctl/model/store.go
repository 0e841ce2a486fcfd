package model

// chunk is how many bytes of the store are kept together.
const chunk = 64 << 10

// Store is a sparse medium. Its zero bytes cost nothing.
type Store struct {
	size   uint64 // bytes that really exist; addresses beyond wrap around
	chunks map[uint64][]byte
}

// NewStore makes a medium of size bytes.
func NewStore(size uint64) *Store { return &Store{size: size, chunks: map[uint64][]byte{}} }

// Clone is an exact copy: what a thief with a disk imager gets.
func (s *Store) Clone() *Store {
	c := NewStore(s.size)
	for i, b := range s.chunks {
		c.chunks[i] = append([]byte(nil), b...)
	}
	return c
}

// Size is how many bytes really exist.
func (s *Store) Size() uint64 { return s.size }

// ReadAt fills b from off.
func (s *Store) ReadAt(b []byte, off uint64) { s.each(b, off, false) }

// WriteAt writes b at off.
func (s *Store) WriteAt(b []byte, off uint64) { s.each(b, off, true) }

func (s *Store) each(b []byte, off uint64, write bool) {
	for len(b) > 0 {
		at := off % s.size
		i, o := at/chunk, at%chunk
		n := min(uint64(len(b)), chunk-o, s.size-at)
		c := s.chunks[i]
		switch {
		case write && c == nil:
			c = make([]byte, chunk)
			s.chunks[i] = c
			copy(c[o:], b[:n])
		case write:
			copy(c[o:], b[:n])
		case c == nil:
			clear(b[:n])
		default:
			copy(b[:n], c[o:])
		}
		b, off = b[n:], off+n
	}
}
