package usbcases

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
)

func textRows() []hostile {
	const unregistered = "quarantine unregistered-key"
	serial := func(raw []byte) *model.Device {
		d := good("S1")
		d.USB.Strings[3] = raw
		return d
	}
	row := func(n int, title, want string, d *model.Device) hostile {
		return hostile{number: n, title: title, want: want, record: "verdict " + want, run: judged(d)}
	}
	shown := func(n int, title, text string) hostile {
		return hostile{number: n, title: title, want: unregistered + ", shown escaped", record: "shown escaped", run: func(ctx context.Context, k *desk) (string, error) {
			m, err := k.plug(ctx, serial(model.Text(text)))
			if err != nil {
				return "", err
			}
			s, err := desc.Text{Raw: m.strings[3]}.Decode()
			if err != nil || s != text {
				return "", fmt.Errorf("text %q, %v", s, err)
			}
			says := m.says()
			if v := desc.Show(s, 200); !strings.ContainsFunc(v, dangerous) {
				k.record("shown escaped")
				says += ", shown escaped"
			}
			return says, m.close(ctx)
		}}
	}
	liar := model.Text("SER0001")
	liar[0] = 255
	odd := append(model.Text("SER0001"), 'x')
	odd[0]++
	return []hostile{
		row(16, "NUL inside the serial", malformed("string-nul"), serial(model.Text("SER0001\x00X"))),
		row(17, "half a character", malformed("string-surrogate"), serial([]byte{6, 3, 'S', 0, 0x00, 0xd8})),
		shown(18, "text that turns the line around", "ACME\u202egpj.exe"),
		shown(19, "escape, newline, quotes, markup", "\x1b[2J\n'\"<script>;DROP TABLE keys--"),
		{number: 20, title: "homoglyph of a registered serial", want: unregistered, record: "verdict " + unregistered, run: func(ctx context.Context, k *desk) (string, error) {
			k.register(good("SER0001"))
			return judged(serial(model.Text("S\u0415R0001")))(ctx, k)
		}},
		row(21, "a text that says 255 bytes", malformed("string-length"), serial(liar)),
		row(21, "a text of odd length", malformed("string-length"), serial(odd)),
		row(22, "a text that differs when read again", malformed("string-changes"), good("S1").Break(model.StringChanges, -1)),
		row(23, "no serial", unregistered, good("")),
		{number: 24, title: "two live devices, one serial", want: "reject built-in.duplicate, both", record: "verdict reject " + rules.RuleDuplicate, run: func(ctx context.Context, k *desk) (string, error) {
			return twins(ctx, k, false)
		}},
	}
}

func dangerous(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`<>&"'`, r)
}

// twins plugs two keys of one registered identity in, the first one perhaps in use,
// and judges both.
func twins(ctx context.Context, k *desk, inUse bool) (string, error) {
	one, err := k.plug(ctx, k.register(good("TWIN0001")))
	if err != nil {
		return "", err
	}
	if inUse {
		if err := one.open(ctx, 1); err != nil {
			return "", err
		}
	}
	two, err := k.plug(ctx, good("TWIN0001"))
	if err != nil {
		return "", err
	}
	again, err := k.meet(ctx, one.socket)
	if err != nil {
		return "", err
	}
	if one.verdict.Action != rules.Allow {
		return "", fmt.Errorf("the first alone: %s", one.says())
	}
	got := two.says()
	if again.says() == got {
		got += ", both"
	}
	if err := two.close(ctx); err != nil {
		return "", err
	}
	return got, one.close(ctx)
}
