package card_test

import (
	"fmt"

	"sexton/bench/card"
)

// A card in memory: select the PIV application, ask for the tries left, and let it
// leave its reader at the next signature.
func Example() {
	ca, err := card.NewCA("Bench CA", card.CAOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := card.New(card.Spec{Name: "Anna Example", PIN: "271828", CA: ca})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%X\n", c.Respond([]byte{0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08}))
	fmt.Printf("%X\n", c.Respond([]byte{0x00, 0x20, 0x00, 0x80}))
	if err := c.SetFaults(card.Faults{Rules: []card.Rule{{INS: 0x87, Do: card.CloseBefore}}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Respond([]byte{0x00, 0x87, 0x11, 0x9A, 0x00}) == nil)
	// Output:
	// 61114F0600001000010079074F05A0000003089000
	// 63C3
	// true
}
