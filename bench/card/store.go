package card

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

const (
	cardFile   = "card.json"
	caFile     = "ca.pem"
	caKeyFile  = "ca-key.pem"
	readmeFile = "README.txt"
	storedForm = 1

	maxStored = 2 << 20 // bytes of a stored card

	readme = `BENCH KEYS - NOT REAL CARDS

This folder holds keys, PINs and certificates of virtual cards for training, demonstrations
and tests. They protect nothing and prove nothing about any person. Every certificate names
the organisation "` + Organisation + `". Never put a bench authority among the anchors of a
station that works for a living.

此处为训练、演示和测试用的虚拟卡密钥，不是真实证件，不得用于正式工作站。
`
)

// storedCard is the file of a card. Byte strings are base64, object tags upper
// hexadecimal.
type storedCard struct {
	Form       int                  `json:"form"`
	Note       string               `json:"note"`
	Name       string               `json:"name"`
	Serial     uint32               `json:"serial"`
	GUID       string               `json:"guid"`
	FASCN      []byte               `json:"fascn"`
	PIN        storedSecret         `json:"pin"`
	PUK        storedSecret         `json:"puk"`
	Management storedManagement     `json:"management"`
	Keys       map[string]storedKey `json:"keys"`
	Objects    map[string][]byte    `json:"objects"`
}

type storedSecret struct {
	Value []byte `json:"value"` // eight bytes, padded with FF
	Left  int    `json:"left"`
	Max   int    `json:"max"`
}

type storedManagement struct {
	Algorithm byte   `json:"algorithm"`
	Key       []byte `json:"key"`
}

type storedKey struct {
	Type   KeyType `json:"type"`
	PKCS8  []byte  `json:"pkcs8"`
	PIN    byte    `json:"pin_policy"`
	Touch  byte    `json:"touch_policy"`
	Origin byte    `json:"origin"`
}

// Save writes the card to a folder of its own: one file, mode 0600, replaced as a whole,
// and a text that says what it is. Security state and faults are not saved: a card that
// is loaded has just been inserted and is healthy.
func (c *Card) Save(dir string) error {
	c.mu.Lock()
	s, err := c.stored()
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("cannot save card %q: %w", c.name, err)
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot save card %q: %w", c.name, err)
	}
	return saveFiles(dir, []file{{cardFile, append(b, '\n'), 0o600}})
}

// stored copies the card. Callers hold mu.
func (c *Card) stored() (storedCard, error) {
	s := storedCard{
		Form: storedForm, Note: Organisation, Name: c.name, Serial: c.serial, GUID: c.GUID(), FASCN: c.fascn,
		PIN:        storedSecret{bytes.Clone(c.pin.value[:]), c.pin.left, c.pin.max},
		PUK:        storedSecret{bytes.Clone(c.puk.value[:]), c.puk.left, c.puk.max},
		Management: storedManagement{c.mgmtAlg, c.mgmtKey},
		Keys:       map[string]storedKey{},
		Objects:    map[string][]byte{},
	}
	for slot, k := range c.keys {
		der, err := x509.MarshalPKCS8PrivateKey(k.key)
		if err != nil {
			return s, err
		}
		s.Keys[fmt.Sprintf("%02X", slot)] = storedKey{k.typ, der, k.pin, k.touch, k.origin}
	}
	for tag, o := range c.objects {
		s.Objects[fmt.Sprintf("%06X", tag)] = o
	}
	return s, nil
}

// Load reads a card that Save wrote. A file that others may read is refused, since it
// holds keys; so is anything that Save would not have written.
func Load(dir string) (*Card, error) {
	b, err := readPrivate(filepath.Join(dir, cardFile))
	if err != nil {
		return nil, fmt.Errorf("cannot load a card: %w", err)
	}
	var s storedCard
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("cannot load a card from %s: %w", dir, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot load a card from %s: data after its end", dir)
	}
	c, err := s.card()
	if err != nil {
		return nil, fmt.Errorf("cannot load a card from %s: %w", dir, err)
	}
	return c, nil
}

// card checks and rebuilds.
func (s *storedCard) card() (*Card, error) {
	if s.Form != storedForm {
		return nil, fmt.Errorf("unknown form %d", s.Form)
	}
	c := &Card{
		name: s.Name, serial: s.Serial, fascn: s.FASCN, mgmtAlg: s.Management.Algorithm, mgmtKey: s.Management.Key,
		keys: map[byte]*slotKey{}, objects: map[uint32][]byte{}, powered: true, release: make(chan struct{}),
	}
	guid, err := hex.DecodeString(s.GUID)
	if err != nil || len(guid) != 16 || len(s.FASCN) != 25 {
		return nil, errors.New("GUID or FASC-N is malformed")
	}
	copy(c.guid[:], guid)
	if c.pin, err = s.PIN.secret(); err != nil {
		return nil, err
	}
	if c.puk, err = s.PUK.secret(); err != nil {
		return nil, err
	}
	if !goodPIN(c.pin.value[:]) {
		return nil, errors.New("the PIN is malformed")
	}
	if _, err := managementCipher(c.mgmtAlg, c.mgmtKey); err != nil {
		return nil, err
	}
	for name, k := range s.Keys {
		slot, err := strconv.ParseUint(name, 16, 8)
		if err != nil || !(isKeySlot(byte(slot)) || slot == 0xF9) || fmt.Sprintf("%02X", slot) != name {
			return nil, fmt.Errorf("unknown slot %q", name)
		}
		if c.keys[byte(slot)], err = k.slotKey(); err != nil {
			return nil, fmt.Errorf("slot %s: %w", name, err)
		}
	}
	total := 0
	for name, o := range s.Objects {
		tag, err := strconv.ParseUint(name, 16, 24)
		if err != nil || (tag>>8 != 0x5FC1 && tag>>8 != 0x5FFF) || fmt.Sprintf("%06X", tag) != name {
			return nil, fmt.Errorf("unknown object %q", name)
		}
		if total += len(o); len(o) > maxObject || total > maxStore {
			return nil, errors.New("the objects are too large")
		}
		c.objects[uint32(tag)] = o
	}
	return c, nil
}

func (s storedSecret) secret() (out secret, err error) {
	if len(s.Value) != 8 || s.Max < 1 || s.Max > maxTries || s.Left < 0 || s.Left > s.Max {
		return out, errors.New("a PIN, PUK or retry counter is malformed")
	}
	copy(out.value[:], s.Value)
	out.left, out.max = s.Left, s.Max
	return out, nil
}

func (k storedKey) slotKey() (*slotKey, error) {
	key, err := parseKey(k.PKCS8)
	if err != nil {
		return nil, err
	}
	ok := typeOfKey(key) == k.Type && k.Type != NoKey
	for _, policy := range []byte{k.PIN, k.Touch} {
		ok = ok && policy >= policyNever && policy <= policyAlways
	}
	if !ok || (k.Origin != originGenerated && k.Origin != originImported) {
		return nil, errors.New("key type, policy or origin is malformed")
	}
	return &slotKey{typ: k.Type, key: key, pin: k.PIN, touch: k.Touch, origin: k.Origin}, nil
}

func parseKey(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	s, ok := key.(crypto.Signer)
	if !ok || typeOfKey(s) == NoKey {
		return nil, errors.New("a key no card can hold")
	}
	return s, nil
}

// Save writes the authority: ca.pem is the anchor, ca-key.pem (mode 0600) its key.
func (a *CA) Save(dir string) error {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return fmt.Errorf("cannot save authority %q: %w", a.name, err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return saveFiles(dir, []file{{caKeyFile, key, 0o600}, {caFile, a.PEM(), 0o644}})
}

// LoadCA reads an authority that Save wrote.
func LoadCA(dir string) (*CA, error) {
	keyPEM, err := readPrivate(filepath.Join(dir, caKeyFile))
	if err != nil {
		return nil, fmt.Errorf("cannot load an authority: %w", err)
	}
	certPEM, err := os.ReadFile(filepath.Join(dir, caFile))
	if err != nil {
		return nil, fmt.Errorf("cannot load an authority: %w", err)
	}
	keyBlock, rest := pem.Decode(keyPEM)
	certBlock, more := pem.Decode(certPEM)
	if keyBlock == nil || certBlock == nil || len(rest)+len(more) != 0 {
		return nil, fmt.Errorf("cannot load an authority from %s: malformed PEM", dir)
	}
	key, err := parseKey(keyBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("cannot load an authority from %s: %w", dir, err)
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("cannot load an authority from %s: %w", dir, err)
	}
	if pub, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(key.Public()) {
		return nil, fmt.Errorf("cannot load an authority from %s: key and certificate do not match", dir)
	}
	return &CA{name: cert.Subject.CommonName, key: key, cert: cert}, nil
}

type file struct {
	name string
	data []byte
	mode os.FileMode
}

// saveFiles replaces files in a private folder, each as a whole: temporary file, sync,
// rename, sync of the folder.
func saveFiles(dir string, files []file) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot save: %w", err)
	}
	for _, f := range append([]file{{readmeFile, []byte(readme), 0o644}}, files...) {
		if err := replace(filepath.Join(dir, f.name), f); err != nil {
			return fmt.Errorf("cannot save: %w", err)
		}
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("cannot save: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func replace(path string, f file) error {
	t, err := os.CreateTemp(filepath.Dir(path), f.name+".*")
	if err != nil {
		return err
	}
	_, werr := t.Write(f.data)
	err = errors.Join(werr, t.Chmod(f.mode), t.Sync(), t.Close())
	if err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.Name()))
	}
	return nil
}

// readPrivate reads a file with keys; only its owner may be able to read it.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %04o: bench keys too must have 0600", path, st.Mode().Perm())
	}
	b, err := io.ReadAll(io.LimitReader(f, maxStored+1))
	if err == nil && len(b) > maxStored {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxStored)
	}
	return b, err
}
