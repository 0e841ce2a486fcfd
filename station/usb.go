package station

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
	usbrules "sexton/usbctl/rules"
)

// States of what is attached.
const (
	stateRefused     = "refused"      // by the rules
	stateLooking     = "looking"      // it is being asked
	stateTaken       = "taken"        // a registered key, its canary agreed
	stateTurnedAway  = "turned-away"  // it passes for a registered key, and may not be used
	stateStranger    = "unregistered" // let in for looks alone, its canary is not ours
	stateRegistering = "registering"
	stateEjected     = "ejected"
	stateLetIn       = "let-in" // no medium, and allowed: a hub at an enrolled port
)

var stateWords = map[string][2]string{
	stateRefused: {"已拒绝", "refused"}, stateLooking: {"正在核对", "being checked"}, stateTaken: {"可用", "may be used"},
	stateTurnedAway: {"不得使用", "may not be used"}, stateStranger: {"未登记", "not registered"}, stateRegistering: {"正在登记", "being registered"},
	stateEjected: {"已弹出，可拔下", "ejected, may be pulled out"}, stateLetIn: {"已允许", "let in"},
}

// attached is one device at a port, as the station sees it.
type attached struct {
	work sync.Mutex // held during a job on it

	notice  media.Notice // guarded by usb.mu, like what follows
	state   string
	key     string
	refused string
	canary  ident.Verdict
	differs []string
}

// usb is the station's side of the ports.
type usb struct {
	media media.Media

	telling sync.Mutex // held while a policy is made and told

	mu      sync.Mutex // guards what follows
	up      bool
	ports   map[string]*attached
	rings   map[string]*ring         // by key
	guests  map[media.At]media.Known // let in for one act of an administrator
	folds   map[string]*fold         // by what is equal
	changed chan struct{}            // closed and renewed at each notice
}

func newUSB(m media.Media) *usb {
	if m == nil {
		return nil
	}
	return &usb{media: m, ports: map[string]*attached{}, rings: map[string]*ring{}, guests: map[media.At]media.Known{}, folds: map[string]*fold{},
		changed: make(chan struct{})}
}

func (u *usb) ring(key string) *ring {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.rings[key]
}

func (u *usb) put(key string, r *ring) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if r == nil {
		delete(u.rings, key)
	} else {
		u.rings[key] = r
	}
}

// moved says that something changed. The caller holds mu.
func (u *usb) moved() {
	close(u.changed)
	u.changed = make(chan struct{})
}

// set changes what is known of a device.
func (u *usb) set(a *attached, change func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change()
	u.moved()
}

// usbView says how the USB side stands.
func (s *Station) usbView() USBView {
	if s.usb == nil {
		return USBView{State: "none"}
	}
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	v := USBView{State: "away", Attached: int64(len(s.usb.ports))}
	if s.usb.up {
		v.State = "connected"
	}
	for _, a := range s.usb.ports {
		if a.state == stateTaken {
			v.Taken++
		}
	}
	return v
}

// again is how long the station waits before it asks for the ports once more.
const again = time.Second

// watchMedia follows the ports until the station closes.
func (s *Station) watchMedia(ctx context.Context) {
	defer s.unfold(context.WithoutCancel(ctx), true)
	told := false
	for ctx.Err() == nil {
		err := s.tellMedia(ctx)
		if err == nil {
			told = false
			err = s.followMedia(ctx)
		}
		s.forgetPorts()
		if ctx.Err() != nil {
			return
		}
		if !told {
			s.log.WarnContext(ctx, "the USB service is away", "error", err)
			s.hub.send(Event{Type: "media", What: "away", Zh: "USB 服务没有应答，U盘暂不能用", En: "the USB service does not answer, no USB key can be used", Code: "media.unreachable"})
			told = true
		}
		wait := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
}

// followMedia handles notices, one after the other, and writes what was folded when its minute is over.
func (s *Station) followMedia(ctx context.Context) error {
	notices := make(chan media.Notice, 64)
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.tasks.Go(func() {
		ended <- s.usb.media.Watch(ctx, func(n media.Notice) {
			select {
			case notices <- n:
			case <-ctx.Done():
			}
		})
	})
	s.usb.mu.Lock()
	s.usb.up = true
	s.usb.moved()
	s.usb.mu.Unlock()
	tick := time.NewTicker(foldFor / 4)
	defer tick.Stop()
	for {
		select {
		case n := <-notices:
			s.noticed(ctx, n)
		case <-tick.C:
			s.unfold(ctx, false)
		case err := <-ended:
			return err
		}
	}
}

// forgetPorts: without the USB service nothing is attached.
func (s *Station) forgetPorts() {
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	s.usb.up = false
	clear(s.usb.ports)
	clear(s.usb.guests)
	s.usb.moved()
}

// noticed records a notice and acts on it.
func (s *Station) noticed(ctx context.Context, n media.Notice) {
	switch n.Kind {
	case media.Judged:
		s.judged(ctx, n)
	case media.Removed:
		s.removed(ctx, n)
	case media.Violated:
		s.violated(ctx, n)
	case media.Lost:
		s.log.WarnContext(ctx, "notices of the USB service were lost", "count", n.Count)
	}
}

// judged: a device came, or is seen with other eyes.
func (s *Station) judged(ctx context.Context, n media.Notice) {
	s.recordFolded(ctx, "attached "+n.At.Port+n.Device.Hash+n.Verdict.Rule, func(count int64) note {
		return note{kind: leaf.MediaAttached, subjects: []string{leaf.PortSubject + n.At.Port}, body: &leaf.Attachment{Port: n.At.Port, Descriptors: hashOr(n.Device.Hash),
			Verdict: string(n.Verdict.Action), Rule: n.Verdict.Rule, Detail: n.Verdict.Detail, Count: count}}
	})
	allowed := n.Verdict.Action == usbrules.Allow
	u := s.usb
	u.mu.Lock()
	a := u.ports[n.At.Port]
	if a == nil || a.notice.At != n.At {
		a = &attached{}
		u.ports[n.At.Port] = a
	}
	_, guest := u.guests[n.At]
	greet := allowed && !guest && n.Key != "" && a.notice.Verdict.Action != usbrules.Allow
	concluding := a.state == stateLooking || decided[a.state] // who looks at it says what became of it
	a.notice = n
	switch {
	case allowed && guest:
		a.state = stateRegistering
	case allowed && n.Key == "":
		a.state = stateLetIn
	case greet:
		a.state = stateLooking
	case !allowed && !concluding:
		a.state, a.key = stateRefused, ""
	}
	u.moved()
	u.mu.Unlock()
	switch {
	case greet:
		s.tasks.Go(func() { s.greet(ctx, a) })
	case !allowed && !concluding && n.Verdict.Rule != ruleExpelled:
		s.turnAwayAtDoor(ctx, a, n)
	}
}

// decided are the states that the station gave a device, and that stay when it is shut out because of them.
var decided = map[string]bool{stateTurnedAway: true, stateStranger: true, stateEjected: true}

// ruleExpelled is the rule of what the station itself shut out.
const ruleExpelled = "station.expelled"

// hashOr gives a hash a leaf can hold: descriptors nobody could read have none.
func hashOr(h string) string {
	if !leaf.IsHash(h) {
		sum := sha256.Sum256(nil)
		return hex.EncodeToString(sum[:])
	}
	return h
}

// turnAwayAtDoor says what the rules refused; when it looks like a key that is registered and not in use, that goes on record.
func (s *Station) turnAwayAtDoor(ctx context.Context, a *attached, n media.Notice) {
	k, reason := s.lookalike(ctx, n)
	if k == "" {
		s.hub.send(Event{Type: "media", Subject: n.At.Port, What: "refused", Code: "media.refused",
			Zh: fmt.Sprintf("端口 %s：%s", n.At.Port, n.Verdict.Zh), En: fmt.Sprintf("port %s: %s", n.At.Port, n.Verdict.En)})
		return
	}
	m := leaf.KeyMeeting{Key: k, Port: n.At.Port, Occasion: "insert", Refused: reason}
	if err := s.recordMeeting(ctx, m); err != nil {
		s.log.ErrorContext(ctx, "cannot record the meeting of a USB key", "key", k, "error", err)
	}
	s.usb.set(a, func() { a.state, a.key, a.refused = stateTurnedAway, k, reason })
	s.hub.send(s.meetingEvent(ctx, m))
}

// lookalike finds the key not in use whose serial, descriptors and strings the device shows, and why it is refused.
func (s *Station) lookalike(ctx context.Context, n media.Notice) (key, reason string) {
	all, err := s.usbKeys(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "cannot list USB keys", "error", err)
		return "", ""
	}
	seen := ident.LikenessOf(ident.Look{Speed: n.Device.Speed, Strings: n.Device.Strings}).Strings
	for _, k := range all {
		if k.Likeness.Serial == "" || k.Likeness.Strings != seen || k.Likeness.Descriptors[string(n.Device.Speed)] != n.Device.Hash {
			continue
		}
		if r, err := s.hinders(ctx, k, n.At.Port); err == nil && r != "" {
			return k.ID, r
		}
	}
	return "", ""
}

// removed: a device left.
func (s *Station) removed(ctx context.Context, n media.Notice) {
	s.recordFolded(ctx, "removed "+n.At.Port+n.Device.Hash, func(count int64) note {
		return note{kind: leaf.MediaRemoved, subjects: []string{leaf.PortSubject + n.At.Port}, body: &leaf.Removal{Port: n.At.Port, Descriptors: hashOr(n.Device.Hash), Count: count}}
	})
	u := s.usb
	u.mu.Lock()
	a := u.ports[n.At.Port]
	if a != nil && a.notice.At == n.At {
		delete(u.ports, n.At.Port)
	}
	delete(u.guests, n.At)
	u.moved()
	u.mu.Unlock()
	s.hub.send(Event{Type: "media", Subject: n.At.Port, What: "removed", Zh: "端口 " + n.At.Port + " 的设备已拔出", En: "the device at port " + n.At.Port + " was pulled out"})
}

// violated: a device broke its protocol.
func (s *Station) violated(ctx context.Context, n media.Notice) {
	v := n.Violation
	key := n.Key
	if _, err := s.usbKey(ctx, key); err != nil {
		key = "" // a guest that is not registered yet
	}
	subjects := []string{leaf.PortSubject + n.At.Port}
	if key != "" {
		subjects = append(subjects, leaf.KeySubject+key)
	}
	s.recordFolded(ctx, fmt.Sprint("violated ", n.At.Port, key, v.Code, v.Opcode), func(count int64) note {
		return note{kind: leaf.MediaViolated, subjects: subjects,
			body: &leaf.Violation{Port: n.At.Port, Key: key, Code: v.Code, Command: int64(v.Command), Opcode: int64(v.Opcode), Count: count}}
	})
	s.hub.send(Event{Type: "media", Subject: n.At.Port, What: "violated", Code: "media.broken",
		Zh: fmt.Sprintf("端口 %s 的设备在第 %d 条命令违反协议：%s", n.At.Port, v.Command, v.Code), En: fmt.Sprintf("the device at port %s broke its protocol at command %d: %s", n.At.Port, v.Command, v.Code)})
}

// tellMedia says which keys are let in. Those that are not in use are not: they are turned away at the door.
func (s *Station) tellMedia(ctx context.Context) error {
	u := s.usb
	u.telling.Lock()
	defer u.telling.Unlock()
	all, err := s.usbKeys(ctx)
	if err != nil {
		return err
	}
	p := media.Policy{Keys: []media.Known{}}
	for _, k := range all {
		if k.State == custody.KeyInUse && k.Expires >= s.today() {
			p.Keys = append(p.Keys, knownAs(k))
		}
	}
	u.mu.Lock()
	for _, at := range slices.SortedFunc(maps.Keys(u.guests), func(a, b media.At) int { return strings.Compare(a.Port, b.Port) }) {
		p.Keys = append(p.Keys, u.guests[at])
	}
	u.mu.Unlock()
	if p.Rules, err = s.portRules(ctx); err != nil {
		return err
	}
	return u.media.Tell(ctx, p)
}

// retell tells the policy after a change of the register. When it cannot, the watch does when the service is back.
func (s *Station) retell(ctx context.Context) {
	if s.usb == nil {
		return
	}
	if err := s.tellMedia(ctx); err != nil {
		s.log.WarnContext(ctx, "cannot tell the USB service what changed", "error", err)
	}
}

func knownAs(k custody.USBKey) media.Known {
	known := media.Known{ID: k.ID, Descriptors: map[ident.Speed]string{}, Strings: k.Likeness.Strings}
	for speed, h := range k.Likeness.Descriptors {
		known.Descriptors[ident.Speed(speed)] = h
	}
	return known
}

// portRules are the rules of the enrolled ports: hubs are let in there and nowhere else.
func (s *Station) portRules(ctx context.Context) (string, error) {
	rows, err := things[custody.Port](ctx, s)
	if err != nil {
		return "", err
	}
	var hubs []string
	for _, r := range rows {
		if p := r.Thing.(custody.Port); p.Hub && !p.Closed {
			hubs = append(hubs, fmt.Sprintf("%q", p.ID))
		}
	}
	if len(hubs) == 0 {
		return "", nil
	}
	return fmt.Sprintf("[[rule]]\nid = \"station.enrolled-hub\"\naction = \"allow-interfaces\"\ndevice_class = [\"09\"]\nonly_interfaces = [\"09/*/*\"]\ninterfaces = [\"09/*/*\"]\nports = [%s]\nzh = \"已登记端口上的集线器\"\nen = \"a hub at an enrolled port\"\n",
		strings.Join(hubs, ", ")), nil
}

// mediaFault finds the words for an error of the USB side.
func mediaFault(err error, port string) error {
	switch {
	case errors.Is(err, media.ErrAway):
		return fault.New("media.unreachable", err)
	case errors.Is(err, media.ErrShut):
		return fault.New("media.none", err, port)
	}
	return err
}
