package station

import (
	"testing"
	"time"

	"sexton/bench/card"
	"sexton/internal/fault"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
	"sexton/token/trust"
)

// TestReaderThatIsNotThere asks the real desk: a reader without a card and a name nobody gave a reader need different hands.
func TestReaderThatIsNotThere(t *testing.T) {
	ca, err := card.NewCA("Bench CA", card.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := trust.New(ca.PEM(), trust.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.Open(tokentest.NewRack("left"), store, desk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for reader, want := range map[string]string{"left": "token.no-card", "nowhere": "token.no-reader"} {
		_, err := d.Login(t.Context(), reader, tokentest.MustPIN(t, "472916"), token.Challenge{Station: "bench", Purpose: "login", At: time.Now()})
		if f := fault.From(toFault(err)); f.Code != want {
			t.Errorf("login at %q: %v, want %s", reader, f, want)
		}
	}
}

// TestTwoSignersAlikeInChinese keeps the English of package token out of the Chinese sentence.
func TestTwoSignersAlikeInChinese(t *testing.T) {
	one := token.Person{ID: "a", AuthKey: "k1", SignKey: "k2"}
	for what, two := range map[string]token.Person{"9A 密钥": {ID: "b", AuthKey: "k1", SignKey: "k3"}, "人员编号": {ID: "a", AuthKey: "k4", SignKey: "k5"}} {
		f := fault.From(toFault(token.Distinct(one, two)))
		if want := "同一人不得双签：两名签名人的“" + what + "”相同"; f.Code != "token.same-person" || f.Zh != want {
			t.Errorf("got %s %q, want %q", f.Code, f.Zh, want)
		}
	}
}
