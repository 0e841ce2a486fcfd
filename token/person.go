package token

import (
	"errors"
	"fmt"
	"strings"
)

// Person is what distinguishes one enrolled signer from another.
type Person struct {
	ID      string // the register's person id, never empty
	AuthKey KeyID  // 9A
	SignKey KeyID  // 9C
	GUID    string // CHUID GUID; "" = unknown
	Serial  uint32 // vendor serial; 0 = unknown
}

// Distinct tells whether a and b can count as two persons: their ids differ, no key of one is a key of the other,
// and GUID and serial differ where both are known. The error is of kind SamePerson and says what is equal.
// A person without id or keys is never distinct from anybody.
func Distinct(a, b Person) error {
	same := func(what string) error {
		return &Error{Kind: SamePerson, Err: fmt.Errorf("the two signers have the same %s", what)}
	}
	for _, p := range []Person{a, b} {
		if p.ID == "" || p.AuthKey == "" || p.SignKey == "" {
			return &Error{Kind: SamePerson, Err: errors.New("a signer without person id, 9A key and 9C key cannot be told from another")}
		}
	}
	switch {
	case a.ID == b.ID:
		return same("person id")
	case a.AuthKey == b.AuthKey:
		return same("9A key")
	case a.SignKey == b.SignKey:
		return same("9C key")
	case a.AuthKey == b.SignKey || a.SignKey == b.AuthKey:
		return same("key in 9A and 9C")
	case a.GUID != "" && strings.EqualFold(a.GUID, b.GUID):
		return same("card GUID")
	case a.Serial != 0 && a.Serial == b.Serial:
		return same("card serial number")
	}
	return nil
}
