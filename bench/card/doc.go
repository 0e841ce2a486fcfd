// Package card is a virtual PIV card: an APDU engine with real keys, real
// certificates and faults that can be switched on while it runs. It exists for
// training, demonstrations and system tests; nothing that works for a living
// may import it.
//
// The card follows SP 800-73-5 part 2 (card command interface) and the vendor
// instructions of YubiKey-class cards that common tools ask for:
//
//	                 in memory: Card.Respond(command) -> data, SW1 SW2
//	                     |
//	client -- PC/SC -- pcscd -- vpcd driver ==TCP== Insertion -- Card
//	                                 (length-prefixed messages)     |- applet state: selection, PIN, chain, pending reply
//	                                                                |- slots: 9A 9C 9D 9E 82..95 F9
//	                                                                |- objects: CHUID, certificates, discovery ...
//	                                                                `- Faults
//
// What a command does is decided in three layers: engine.go parses, joins
// chained parts and splits long answers; the files pin.go, auth.go, objects.go
// and vendor.go hold one function an instruction; faults.go alters what the
// layers below would have said.
//
// Units: retry counters are tries left (0 to 15). Lengths are bytes. PINs are 6
// to 8 digits, PUKs 8 characters.
//
// Security state. PIN verified: from VERIFY until a wrong VERIFY, 20 FF 80,
// reset or power off. PIN fresh: only when the command just before was a
// successful VERIFY; a key with PIN policy "always" (9C) demands it and uses it
// up. Management: from mutual authentication with 9B until reset.
//
// Failure modes. A command the card does not like gets a status word, never a
// panic; memory is bounded (maxChain for a command, maxStore for all objects).
// With a fault active Respond may return nil, which means that the card left
// the reader without an answer; it stays silent until PowerOn.
//
// What it does not do: secure messaging, on-card biometric comparison, virtual
// contact interface, global PIN, pairing code, contactless rules, Ed25519,
// protection of its own keys against the machine it runs on. RSA is computed
// with math/big and leaks by time: these are bench keys.
//
// Certificates name the organisation "SEXTON BENCH - NOT A REAL CARD".
package card
