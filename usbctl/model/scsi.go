package model

import (
	"encoding/binary"
	"slices"
)

// execute runs one command; data is what the host sent. It gives what is to be
// sent back, nil when the command failed.
func (d *Device) execute(cdb, data []byte) []byte {
	if cdb[0] == 0x03 {
		return d.requestSense()
	}
	if d.has(CheckForever) {
		return d.fail(0x4, 0x44, 0)
	}
	if cdb[0] != 0x12 { // INQUIRY is not stopped by a unit attention (SPC-4, 5.14)
		if d.has(AttentionForever) {
			return d.fail(0x6, 0x29, 0)
		}
		if len(d.pending) > 0 {
			a := d.pending[0]
			d.pending = d.pending[1:]
			return d.fail(a[0], a[1], a[2])
		}
	}
	switch cdb[0] {
	case 0x00:
		if d.has(NotReadyForever) {
			return d.fail(0x2, 0x04, 0x01)
		}
		return []byte{}
	case 0x12:
		return d.inquiry(cdb)
	case 0x1a:
		return d.modeSense(cdb)
	case 0x25, 0x9e:
		return d.capacity(cdb)
	case 0xa3:
		return d.supported(cdb)
	}
	return d.medium(cdb, data)
}

// medium are the commands that touch blocks.
func (d *Device) medium(cdb, data []byte) []byte {
	if d.erasing > 0 && cdb[0] != 0x48 {
		return d.fail(0x2, 0x04, 0x1b)
	}
	switch cdb[0] {
	case 0x28, 0x88:
		return d.read(cdb)
	case 0x2a, 0x8a:
		return d.write(cdb, data)
	case 0x35:
		if !d.has(SyncIgnored) && !d.has(WriteLostCached) {
			d.destage()
		}
		return []byte{}
	case 0x42:
		return d.unmap(data)
	case 0x48:
		return d.sanitize(cdb, data)
	}
	return d.fail(0x5, 0x20, 0)
}

func (d *Device) requestSense() []byte {
	b := make([]byte, 18)
	b[0], b[7] = 0x70, 10
	s := d.sense
	d.sense = [3]byte{}
	if d.erasing > 0 && s == ([3]byte{}) {
		s = [3]byte{0x2, 0x04, 0x1b}
		d.erasing--
		switch {
		case d.has(ProgressBackward):
			d.progress = uint16(d.erasing) * 0x1000
		default:
			d.progress += 0x3000
		}
		b[15] = 0x80
		binary.BigEndian.PutUint16(b[16:], d.progress)
	}
	if d.has(SenseNothing) {
		s = [3]byte{}
	}
	b[2], b[12], b[13] = s[0], s[1], s[2]
	return b
}

func pad(s string, n int) []byte {
	b := slices.Repeat([]byte{' '}, n)
	copy(b, s)
	return b
}

func (d *Device) inquiry(cdb []byte) []byte {
	n := int(binary.BigEndian.Uint16(cdb[3:]))
	if d.broken(StaleAnswers) && d.stale != nil {
		return clip(d.stale, n)
	}
	if cdb[1]&1 != 0 {
		return clip(d.vital(cdb[2]), n)
	}
	b := make([]byte, 36)
	b[2], b[3], b[4] = 6, 2, 31
	if d.Removable {
		b[1] = 0x80
	}
	copy(b[8:], pad(d.Vendor, 8))
	copy(b[16:], pad(d.Product, 16))
	copy(b[32:], pad(d.Revision, 4))
	if d.broken(InquiryChanges) {
		copy(b[16:], pad("SOMETHING ELSE", 16))
	}
	return clip(b, n)
}

// vital gives a page, or fails.
func (d *Device) vital(page byte) []byte {
	head := func(body []byte) []byte {
		return append([]byte{0, page, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	switch page {
	case 0x00:
		return head([]byte{0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2})
	case 0x80:
		return head([]byte(d.Serial))
	case 0x83:
		id := "T10 " + d.Vendor + d.Product + d.Serial
		return head(append([]byte{0x02, 0x01, 0, byte(len(id))}, id...))
	case 0xb0:
		b := make([]byte, 60)
		if d.Thin {
			binary.BigEndian.PutUint32(b[16:], 0xffff)
			binary.BigEndian.PutUint32(b[20:], 1)
		}
		return head(b)
	case 0xb1:
		return head(append([]byte{0, 1}, make([]byte, 58)...))
	case 0xb2:
		b := make([]byte, 4)
		if d.Thin {
			b[1] = 0x80
		}
		return head(b)
	}
	return d.fail(0x5, 0x24, 0)
}

func clip(b []byte, n int) []byte {
	if len(b) > n {
		return b[:n]
	}
	return b
}

func (d *Device) modeSense(cdb []byte) []byte {
	wp := d.has(WriteProtected)
	if d.has(ProtectToggles) {
		wp = d.commands%2 == 0
	}
	b := []byte{3, 0, 0, 0}
	if wp {
		b[2] = 0x80
	}
	return clip(b, int(cdb[4]))
}

func (d *Device) capacity(cdb []byte) []byte {
	last := d.Blocks - 1
	if d.broken(CapacityChanges) {
		d.Blocks /= 2
		d.attention(0x2a, 0x09)
	}
	if cdb[0] == 0x25 {
		b := make([]byte, 8)
		short := uint32(min(last, 0xffffffff))
		if d.has(Capacity10Max) {
			short = 0xffffffff
		}
		binary.BigEndian.PutUint32(b, short)
		binary.BigEndian.PutUint32(b[4:], uint32(d.BlockSize))
		return b
	}
	if cdb[1]&0x1f != 0x10 || d.has(Capacity10Max) {
		return d.fail(0x5, 0x20, 0)
	}
	if d.has(Capacity16Less) {
		last--
	}
	b := make([]byte, 32)
	binary.BigEndian.PutUint64(b, last)
	binary.BigEndian.PutUint32(b[8:], uint32(d.BlockSize))
	if d.Thin {
		b[14] = 0x80
	}
	return clip(b, int(binary.BigEndian.Uint32(cdb[10:])))
}

func (d *Device) supported(cdb []byte) []byte {
	if !d.Sanitize {
		return d.fail(0x5, 0x20, 0)
	}
	b := []byte{0, 1, 0, 0}
	if cdb[3] == 0x48 && cdb[5] >= 1 && cdb[5] <= 3 {
		b[1] = 3
	}
	return b
}

// span reads the address and length of a command on blocks.
func span(cdb []byte) (lba, count uint64) {
	if len(cdb) >= 16 {
		return binary.BigEndian.Uint64(cdb[2:]), uint64(binary.BigEndian.Uint32(cdb[10:]))
	}
	return uint64(binary.BigEndian.Uint32(cdb[2:])), uint64(binary.BigEndian.Uint16(cdb[7:]))
}

func (d *Device) beyond(lba, count uint64) bool { return lba >= d.Blocks || count > d.Blocks-lba }

func (d *Device) read(cdb []byte) []byte {
	lba, count := span(cdb)
	if d.beyond(lba, count) {
		return d.fail(0x5, 0x21, 0)
	}
	if d.has(ReadError) && d.BadBlock >= lba && d.BadBlock < lba+count {
		return d.fail(0x3, 0x11, 0)
	}
	size := uint64(d.BlockSize)
	b := make([]byte, count*size)
	d.Store.ReadAt(b, lba*size)
	for i := range count {
		if c, ok := d.cache[lba+i]; ok {
			copy(b[i*size:], c)
		}
	}
	if d.broken(ReadsDiffer) && len(b) > 0 {
		b[d.commands%len(b)] ^= 0x40
	}
	return b
}

func (d *Device) write(cdb, data []byte) []byte {
	lba, count := span(cdb)
	size := uint64(d.BlockSize)
	switch {
	case d.beyond(lba, count):
		return d.fail(0x5, 0x21, 0)
	case d.has(WriteProtected), d.has(ProtectToggles) && d.commands%2 == 0:
		return d.fail(0x7, 0x27, 0)
	case d.broken(WriteLost):
		return []byte{}
	}
	for i := uint64(0); i+size <= uint64(len(data)); i += size {
		d.cache[lba+i/size] = slices.Clone(data[i : i+size])
	}
	if !d.has(SyncIgnored) && !d.has(WriteLostCached) && len(d.cache) > 4096 {
		d.destage()
	}
	return []byte{}
}

// destage writes the cache to the medium.
func (d *Device) destage() {
	for lba, b := range d.cache {
		d.Store.WriteAt(b, lba*uint64(d.BlockSize))
	}
	clear(d.cache)
}

func (d *Device) unmap(data []byte) []byte {
	if !d.Thin {
		return d.fail(0x5, 0x20, 0)
	}
	if len(data) < 24 {
		return d.fail(0x5, 0x26, 0)
	}
	lba, count := binary.BigEndian.Uint64(data[8:]), uint64(binary.BigEndian.Uint32(data[16:]))
	if d.beyond(lba, count) {
		return d.fail(0x5, 0x21, 0)
	}
	if d.has(UnmapKeeps) {
		return []byte{}
	}
	d.fill(lba, count, nil)
	return []byte{}
}

// fill writes a repeated pattern, nil = zeros.
func (d *Device) fill(lba, count uint64, pattern []byte) {
	b := make([]byte, d.BlockSize)
	for i := 0; len(pattern) > 0 && i < len(b); i += len(pattern) {
		copy(b[i:], pattern)
	}
	for i := range count {
		delete(d.cache, lba+i)
		d.Store.WriteAt(b, (lba+i)*uint64(d.BlockSize))
	}
}

func (d *Device) sanitize(cdb, data []byte) []byte {
	action := cdb[1] & 0x1f
	if !d.Sanitize || action < 1 || action > 3 {
		return d.fail(0x5, 0x24, 0)
	}
	var pattern []byte
	if action == 1 {
		if len(data) < 5 {
			return d.fail(0x5, 0x26, 0)
		}
		pattern = data[4:]
	}
	d.progress, d.erasing = 0, 5
	if d.has(SanitizeInstant) {
		d.erasing = 0
		return []byte{}
	}
	d.fill(0, d.Blocks, pattern)
	return []byte{}
}
