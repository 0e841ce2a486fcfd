package token

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// NonceSize is the number of fresh random bytes in a challenge.
const NonceSize = 32

// challengeTag separates challenges from everything else a 9A key might sign. It begins with a zero byte and
// a text that no TLS, CMS or X.509 structure begins with.
const challengeTag = "\x00sexton token challenge v1\n"

// Challenge says what a login is for. It becomes part of what the card signs.
type Challenge struct {
	Station string    // the station's id
	Purpose string    // "login", or the act the person is confirming
	Role    string    // the role asked for
	At      time.Time // the station's time; also the time at which trust is judged; never zero
}

// LoginProof is a login anybody can check again with VerifyProof.
type LoginProof struct {
	Nonce     []byte    // NonceSize random bytes from the station
	Message   []byte    // Challenge.Message(Nonce), what the card signed (hashed by the signature's algorithm)
	Signature Signature // by the 9A key
}

// Message encodes c and nonce as the bytes to sign: the tag, then station, purpose, role and nonce, each with its length as
// big-endian uint32 before it, then the time as big-endian int64 of Unix nanoseconds UTC.
func (c Challenge) Message(nonce []byte) ([]byte, error) {
	if len(nonce) != NonceSize {
		return nil, fmt.Errorf("cannot make challenge: nonce of %d bytes, want %d", len(nonce), NonceSize)
	}
	if c.Station == "" || c.At.IsZero() {
		return nil, errors.New("cannot make challenge: station and time are required")
	}
	if y := c.At.UTC().Year(); y < 1970 || y > 2200 {
		return nil, fmt.Errorf("cannot make challenge: year %d is out of range", y)
	}
	b := []byte(challengeTag)
	for _, f := range [][]byte{[]byte(c.Station), []byte(c.Purpose), []byte(c.Role), nonce} {
		if len(f) > 1<<16 {
			return nil, errors.New("cannot make challenge: field too long")
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return binary.BigEndian.AppendUint64(b, uint64(c.At.UnixNano())), nil
}
