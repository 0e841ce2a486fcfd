package card

import (
	"bytes"
	"compress/gzip"
	"strings"
	"time"
)

// Object tags: SP 800-73-5 part 1, table 3; 5FFF01 is Yubico's.
const (
	tagDiscovery   = 0x7E
	tagCHUID       = 0x5FC102
	tagFingerprint = 0x5FC103
	tagCert9A      = 0x5FC105
	tagSecurity    = 0x5FC106
	tagCCC         = 0x5FC107
	tagFace        = 0x5FC108
	tagPrinted     = 0x5FC109
	tagCert9C      = 0x5FC10A
	tagCert9D      = 0x5FC10B
	tagKeyHistory  = 0x5FC10C
	tagRetired     = 0x5FC10D // of 82; 95 is 5FC120
	tagIris        = 0x5FC121
	tagCert9E      = 0x5FC101
	tagAttestation = 0x5FFF01

	maxObject = 12 << 10  // bytes of one object
	maxStore  = 256 << 10 // bytes of all objects
	bombSize  = 64 << 20  // bytes a gzip bomb unpacks to
)

// certTag is the object that holds the certificate of a slot; 0 if none does.
func certTag(slot byte) uint32 {
	switch {
	case slot == 0x9A:
		return tagCert9A
	case slot == 0x9C:
		return tagCert9C
	case slot == 0x9D:
		return tagCert9D
	case slot == 0x9E:
		return tagCert9E
	case slot == 0xF9:
		return tagAttestation
	case slot >= 0x82 && slot <= 0x95:
		return tagRetired + uint32(slot-0x82)
	}
	return 0
}

func isCertTag(tag uint32) bool {
	switch tag {
	case tagCert9A, tagCert9C, tagCert9D, tagCert9E, tagAttestation:
		return true
	}
	return tag >= tagRetired && tag <= tagRetired+19
}

// certObject wraps a certificate: SP 800-73-5 part 1, table 10: 70 certificate,
// 71 CertInfo (01 = gzip), FE error detection code.
func certObject(cert []byte, info byte) []byte {
	return bytes.Join([][]byte{tlv(0x70, cert), tlv(0x71, []byte{info}), tlv(0xFE)}, nil)
}

// needsPIN: SP 800-73-5 part 1, table 2: biometrics and printed information.
func needsPIN(tag uint32) bool {
	switch tag {
	case tagFingerprint, tagFace, tagPrinted, tagIris:
		return true
	}
	return false
}

// objectTag reads 5C; GET DATA and PUT DATA address objects with it.
func objectTag(data []byte) (tag uint32, rest []byte, ok bool) {
	t, v, rest, err := cutTLV(data)
	if err != nil || t != 0x5C {
		return 0, nil, false
	}
	switch len(v) {
	case 1:
		return uint32(v[0]), rest, v[0] == tagDiscovery
	case 3:
		return uint32(v[0])<<16 | uint32(v[1])<<8 | uint32(v[2]), rest, true
	}
	return 0, nil, false
}

// getData: SP 800-73-5 part 2, section 3.1.2.
func (c *Card) getData(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0x3F || cmd.p2 != 0xFF {
		return nil, swParameters
	}
	tag, rest, ok := objectTag(cmd.data)
	if !ok || len(rest) != 0 {
		return nil, swData
	}
	if tag == tagDiscovery {
		return c.discovery(), swOK
	}
	if needsPIN(tag) && !c.v.verified {
		return nil, swSecurity
	}
	obj, ok := c.objects[tag]
	if !ok {
		return nil, swNotFound
	}
	if isCertTag(tag) {
		obj = c.spoil(obj)
	}
	return tlv(0x53, obj), swOK
}

// discovery: SP 800-73-5 part 1, section 3.3.2: application and PIN usage policy
// (40 = PIV PIN only).
func (c *Card) discovery() []byte {
	return tlv(tagDiscovery, tlv(0x4F, pivAID), tlv(0x5F2F, []byte{0x40, 0x00}))
}

// spoil alters a certificate object as the faults demand.
func (c *Card) spoil(obj []byte) []byte {
	if !c.faults.Gzip && !c.faults.GzipBomb && !c.faults.BadTLV {
		return obj
	}
	t, err := tlvMap(obj)
	if err != nil || t[0x70] == nil {
		return obj
	}
	switch {
	case c.faults.BadTLV:
		return append([]byte{0x70, 0x82, 0x7F, 0xFF}, t[0x70]...)
	case c.faults.GzipBomb:
		return certObject(bomb(), 1)
	}
	if len(t[0x71]) == 1 && t[0x71][0] == 0 {
		return certObject(pack(t[0x70]), 1)
	}
	return obj
}

func pack(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = w.Write(b) // a bytes.Buffer does not fail
	_ = w.Close()
	return buf.Bytes()
}

// bomb packs bombSize zero bytes into about 64 KiB, a block at a time.
func bomb() []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	block := make([]byte, 64<<10)
	for range bombSize / len(block) {
		_, _ = w.Write(block)
	}
	_ = w.Close()
	return buf.Bytes()
}

// putData: SP 800-73-5 part 2, section 3.3.1. An empty 53 deletes.
func (c *Card) putData(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0x3F || cmd.p2 != 0xFF {
		return nil, swParameters
	}
	if !c.v.management {
		return nil, swSecurity
	}
	tag, rest, ok := objectTag(cmd.data)
	if !ok || tag == tagDiscovery {
		return nil, swData
	}
	t, v, rest, err := cutTLV(rest)
	if err != nil || t != 0x53 || len(rest) != 0 {
		return nil, swData
	}
	if tag>>8 != 0x5FC1 && tag>>8 != 0x5FFF {
		return nil, swData
	}
	if len(v) == 0 {
		delete(c.objects, tag)
		return nil, swOK
	}
	total := len(v) - len(c.objects[tag])
	for _, o := range c.objects {
		total += len(o)
	}
	if len(v) > maxObject || total > maxStore {
		return nil, swMemory
	}
	c.objects[tag] = bytes.Clone(v)
	return nil, swOK
}

// chuidObject: SP 800-73-5 part 1, table 9. signature may be empty.
func chuidObject(fascn []byte, guid [16]byte, expires time.Time, signature []byte) []byte {
	return bytes.Join([][]byte{
		tlv(0x30, fascn),
		tlv(0x34, guid[:]),
		tlv(0x35, []byte(expires.UTC().Format("20060102"))),
		tlv(0x3E, signature),
		tlv(0xFE),
	}, nil)
}

// cccObject is the Card Capability Container: SP 800-73-5 part 1, table 8. F0 is
// an identifier with the card's own last fourteen bytes.
func cccObject(guid [16]byte) []byte {
	id := append([]byte{0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02}, guid[:14]...)
	out := tlv(0xF0, id)
	out = append(out, tlv(0xF1, []byte{0x21})...)
	out = append(out, tlv(0xF2, []byte{0x21})...)
	out = append(out, tlv(0xF3)...)
	out = append(out, tlv(0xF4, []byte{0x00})...)
	out = append(out, tlv(0xF5, []byte{0x10})...)
	for tag := uint32(0xF6); tag <= 0xFD; tag++ {
		out = append(out, tlv(tag)...)
	}
	return append(out, tlv(0xFE)...)
}

// keyHistoryObject: SP 800-73-5 part 1, table 18: keys with on-card and with
// off-card certificates.
func keyHistoryObject(onCard int) []byte {
	return bytes.Join([][]byte{tlv(0xC1, []byte{byte(onCard)}), tlv(0xC2, []byte{0}), tlv(0xFE)}, nil)
}

// printedObject: SP 800-73-5 part 1, table 12: name and the bench's warning.
func printedObject(name, serial string) []byte {
	if len(name) > 125 {
		name = strings.ToValidUTF8(name[:125], "")
	}
	return bytes.Join([][]byte{
		tlv(0x01, []byte(name)), tlv(0x02, []byte("BENCH")), tlv(0x04, []byte("2050JAN01")),
		tlv(0x05, []byte(serial)), tlv(0x06, []byte("SEXTON BENCH")), tlv(0xFE),
	}, nil)
}
