package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/web/api"
)

// batchNumber is the unit's number for the batch of the story.
const batchNumber = "销单2026-演003"

// story is the main job, chapter by chapter. Each chapter demands the exit
// status the story tells, so the demo is a system test too.
type story struct {
	teller
	o       demoOptions
	cast    *cast
	list    string
	members []api.CarrierView // of the batch, in manifest order
	cert    string            // file
	work    string            // where certificate, trust file and export go
}

func (s *story) tell(ctx context.Context) error {
	s.work = s.o.out
	if s.work == "" {
		s.work = s.rig.path("out")
		if err := os.MkdirAll(s.work, 0o755); err != nil {
			return fmt.Errorf("cannot make output directory: %w", err)
		}
	}
	for _, chapter := range []func(context.Context) error{
		s.prepare, s.comeIn, s.count, s.sealAndApprove, s.authorise, s.release, s.shred, s.reconcile, s.certify, s.inspectAll, s.tamper,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) prepare(ctx context.Context) error {
	s.begin("建站：账本、人员、规则、设备", "the station: ledger, people, rules, machine")
	var err error
	if s.cast, err = newCast(s.rig.ca); err != nil {
		return err
	}
	text, err := s.rig.initStation(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "  $ sextond init && sextond serve")
	s.indent(strings.NewReader(text))
	if err := s.enrol(ctx, s.cast, s.o.profile); err != nil {
		return err
	}
	return s.run(ctx, 0, "", "shredder", "status")
}

func (s *story) comeIn(ctx context.Context) error {
	s.begin("移交清单到站", "a transfer list comes in")
	if err := s.login(ctx, 0, s.cast.clerk); err != nil {
		return err
	}
	bad := filepath.Join(filepath.Dir(s.o.list), "transfer-list-bad-rows.csv")
	if _, err := os.Stat(bad); err == nil {
		s.say("先来一份有错的清单：逐行指出错误，一行也不导入", "first a list with bad rows: each is named, nothing is imported")
		if err := s.run(ctx, 3, "", "list", "import", bad); err != nil {
			return err
		}
	}
	if err := s.run(ctx, 0, "", "list", "import", s.o.list); err != nil {
		return err
	}
	lists, err := api.Call[[]api.ListView](ctx, s.rig.client, "list/list", api.None{})
	if err != nil {
		return err
	}
	s.list = lists[len(lists)-1].ID
	s.say("未清点、未编号的清单不得签收", "a list that was neither counted nor numbered cannot be signed for")
	if err := s.sign(ctx, 3, s.cast.clerk, "list", "receive", s.list); err != nil {
		return err
	}
	if err := s.scanIn(ctx); err != nil {
		return err
	}
	if err := s.run(ctx, 0, "", "list", "number", s.list); err != nil {
		return err
	}
	return s.sign(ctx, 0, s.cast.clerk, "list", "receive", s.list)
}

// scanIn counts what arrived: every label of the list is scanned.
func (s *story) scanIn(ctx context.Context) error {
	p, err := api.Call[api.CarrierPage](ctx, s.rig.client, "carrier/list", api.FilterRequest{List: s.list, Limit: 1000})
	if err != nil {
		return err
	}
	var scan strings.Builder
	for _, c := range p.Carriers {
		fmt.Fprintln(&scan, c.Number)
	}
	return s.run(ctx, 0, scan.String(), "list", "count", s.list)
}

// listed returns the carriers of the list that the batch takes.
func (s *story) listed(ctx context.Context) ([]api.CarrierView, error) {
	p, err := api.Call[api.CarrierPage](ctx, s.rig.client, "carrier/list", api.FilterRequest{List: s.list, Limit: 1000})
	if err != nil {
		return nil, err
	}
	var take []api.CarrierView
	for _, c := range p.Carriers {
		if !c.MustReturn && (s.o.only == 0 || len(take) < s.o.only) {
			take = append(take, c)
		}
	}
	return take, nil
}

func (s *story) count(ctx context.Context) error {
	s.begin("两人各清点一遍：少一件，逐件说明", "two counts by two persons: one carrier is missing and explained")
	args := []string{"batch", "open", batchNumber, "--list", s.list}
	all, err := s.listed(ctx)
	if err != nil {
		return err
	}
	if s.o.only > 0 {
		for _, c := range all {
			args = append(args, "--carrier", c.Number)
		}
	}
	if err := s.run(ctx, 0, "", args...); err != nil {
		return err
	}
	if len(all) < pulledAt+2 {
		return fmt.Errorf("%w: the batch has %d carriers, the story needs %d", errStory, len(all), pulledAt+2)
	}
	missing := all[len(all)-1].Number
	var scan strings.Builder
	for _, c := range all[:len(all)-1] {
		fmt.Fprintln(&scan, c.Number)
	}
	s.say("清点人扫码，缺 "+missing, "the counter scans the labels; "+missing+" is not there")
	if err := s.run(ctx, 0, scan.String(), "batch", "count", batchNumber, "--round", "1"); err != nil {
		return err
	}
	if err := s.login(ctx, 1, s.cast.destroyer); err != nil {
		return err
	}
	s.say("复核人也缺这一件：没有说明就不能往下走", "the second counter misses it too: without an explanation nothing goes on")
	second := []string{"batch", "count", batchNumber, "--round", "2", "--as", s.cast.destroyer.id}
	if err := s.run(ctx, 3, scan.String(), second...); err != nil {
		return err
	}
	explained := append(second, "--missing", missing+"=借阅未归，借阅人已书面确认（演练）")
	return s.run(ctx, 0, scan.String(), explained...)
}

func (s *story) sealAndApprove(ctx context.Context) error {
	s.begin("封签与审批", "seal and approval")
	if err := s.sign(ctx, 0, s.cast.clerk, "batch", "seal", batchNumber); err != nil {
		return err
	}
	if err := s.rig.insert(ctx, 1, s.cast.leader.card); err != nil {
		return err
	}
	s.say("批准人先输错一次 PIN：剩余次数先显示，绝不自动重试", "the approver mistypes his PIN once: tries left are shown, nothing is retried by itself")
	if err := s.run(ctx, 4, "111222\n", "login", "--reader", s.rig.pcsc.Readers[1], "--pin-stdin"); err != nil {
		return err
	}
	if err := s.run(ctx, 0, s.cast.leader.pin+"\n", "login", "--reader", s.rig.pcsc.Readers[1], "--pin-stdin"); err != nil {
		return err
	}
	if err := s.sign(ctx, 0, s.cast.leader, "batch", "approve", batchNumber); err != nil {
		return err
	}
	return s.rig.remove(ctx, 1)
}

func (s *story) authorise(ctx context.Context) error {
	s.begin("销毁人、监销人对同一份字节签名", "destroyer and attestor sign the same bytes")
	d, a := s.cast.destroyer, s.cast.attestor
	if err := s.run(ctx, 0, "", "batch", "team", batchNumber, "--destroyer", d.id, "--attestor", a.id, "--as", s.cast.clerk.id); err != nil {
		return err
	}
	if err := s.login(ctx, 0, d); err != nil {
		return err
	}
	if err := s.sign(ctx, 0, d, "batch", "authorise", batchNumber); err != nil {
		return err
	}
	s.say("同一个人再签一次：拒绝，并留下记录", "the same person tries to sign twice: refused, and on record")
	if err := s.sign(ctx, 3, d, "batch", "authorise", batchNumber); err != nil {
		return err
	}
	if err := s.login(ctx, 1, a); err != nil {
		return err
	}
	return s.sign(ctx, 0, a, "batch", "authorise", batchNumber)
}

func (s *story) release(ctx context.Context) error {
	s.begin("放行：设备得到一次有期限的授权", "release: the machine gets one permission that expires")
	if err := s.run(ctx, 0, batchNumber+"\n", "batch", "release", batchNumber); err != nil {
		return err
	}
	var err error
	s.members, err = s.sealed(ctx)
	return err
}

// sealed returns the members that are in the manifest, in its order.
func (s *story) sealed(ctx context.Context) ([]api.CarrierView, error) {
	p, err := api.Call[api.CarrierPage](ctx, s.rig.client, "carrier/list", api.FilterRequest{Batch: batchNumber, Limit: 1000})
	if err != nil {
		return nil, err
	}
	all := p.Carriers
	in := make([]api.CarrierView, len(all))
	n := 0
	for _, c := range all {
		if c.Index >= 0 && c.Index < int64(len(all)) && c.State != "missing" {
			in[c.Index] = c
			n++
		}
	}
	return in[:n], nil
}

func (s *story) shred(ctx context.Context) error {
	s.begin(fmt.Sprintf("逐件粉碎 %d 件", len(s.members)), fmt.Sprintf("shredding, %d carriers one by one", len(s.members)))
	for i, c := range s.members {
		switch i + 1 {
		case jamAt:
			s.say("下一件会卡料：设备自己停、反转、再进", "the next one blocks the cutter: the machine stops, reverses and goes on by itself")
		case emptyAt:
			s.say("下一件被人从刀口前抽回：过了光栅，没有能耗", "the next one is pulled back before the knives: counted, but without energy")
		}
		if err := s.feed(ctx, c, i < 2 || i+1 == jamAt || i+1 == emptyAt); err != nil {
			return err
		}
		if i+1 == emptyAt {
			if err := s.quarantined(ctx, c); err != nil {
				return err
			}
		}
		if i+1 == pulledAt {
			if err := s.pullCard(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// feed runs one batch feed and lays the carrier on the table when told.
func (s *story) feed(ctx context.Context, c api.CarrierView, show bool) error {
	items, err := physical(c)
	if err != nil {
		return err
	}
	args := []string{"batch", "feed", batchNumber, c.Number}
	if show {
		fmt.Fprintf(s.out, "  $ sexton %s\n", quote(args))
	}
	cmd := s.command(ctx, c.Number+"\n", args...)
	var answer bytes.Buffer
	cmd.Stdout = &answer
	progress, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("cannot feed %s: %w", c.Number, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot feed %s: %w", c.Number, err)
	}
	var handsErr error
	lines := bufio.NewScanner(progress)
	for lines.Scan() {
		if show {
			fmt.Fprintf(s.out, "    %s\n", lines.Text())
		}
		if strings.Contains(lines.Text(), " ready ") {
			for _, it := range items {
				if _, err := s.rig.hands.Feed(ctx, it); err != nil {
					handsErr = errors.Join(handsErr, err)
				}
			}
		}
	}
	werr := cmd.Wait()
	s.indent(&answer)
	return errors.Join(wantStatus(cmd, werr, 0, "sexton "+quote(args)), handsErr)
}

// physical says what a carrier of the register is in the hand.
func physical(c api.CarrierView) ([]shredder.Item, error) {
	kinds := map[string]physics.Kind{
		"paper": physics.Paper, "disc": physics.Disc, "usb-key": physics.USB, "hdd": physics.HDD, "portable-hdd": physics.HDD25,
		"ssd": physics.SSD, "tape": physics.Tape, "memory-card": physics.Sundry, "film": physics.Sundry,
	}
	k, ok := kinds[c.Kind]
	if !ok {
		return nil, fmt.Errorf("%w: nobody knows what a %q is in the hand", errStory, c.Kind)
	}
	n := max(1, int(c.Count))
	items := make([]shredder.Item, n)
	for i := range items {
		items[i].Kind = k
		switch {
		case k == physics.Paper:
			items[i].Pages = int(c.Extent)
		case c.Kind == "memory-card":
			items[i].MassMG = 2_000
		case c.Kind == "film":
			items[i].MassMG = 1_000 * c.Extent
		}
	}
	return items, nil
}

// quarantined shows that a contradiction is not rounded up.
func (s *story) quarantined(ctx context.Context, c api.CarrierView) error {
	v, err := api.Call[api.CarrierView](ctx, s.rig.client, "carrier/show", api.ByID{ID: c.Number})
	if err != nil {
		return err
	}
	if v.State != "disputed" {
		return fmt.Errorf("%w: %s is %s, the story wants disputed", errStory, c.Number, v.State)
	}
	s.say("有争议：进隔离箱，不计入已销毁", "disputed: into the quarantine box, not counted as destroyed")
	return nil
}

// pullCard takes the attestor's card out between two carriers, and brings it
// back.
func (s *story) pullCard(ctx context.Context) error {
	s.say("监销人取出智能卡：一秒内撤回授权", "the attestor pulls the card: the permission is withdrawn within a second")
	began := time.Now()
	if err := s.rig.remove(ctx, 1); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := s.rig.until(wait, "the permission is withdrawn", func() bool {
		b, err := api.Call[api.BatchView](ctx, s.rig.client, "batch/show", api.ByID{ID: batchNumber})
		return err == nil && b.State == "withdrawn"
	}); err != nil {
		return err
	}
	s.say(fmt.Sprintf("从拔卡到授权已撤回并入账：%d 毫秒（含读卡服务轮询）", time.Since(began).Milliseconds()), fmt.Sprintf("from pulling the card to the withdrawal on record: %d ms, the card service's polling included", time.Since(began).Milliseconds()))
	if err := s.run(ctx, 3, s.members[pulledAt].Number+"\n", "batch", "feed", batchNumber, s.members[pulledAt].Number); err != nil {
		return err
	}
	s.say("插回卡，重新登录，恢复授权", "the card comes back, log in again, permission again")
	if err := s.login(ctx, 1, s.cast.attestor); err != nil {
		return err
	}
	return s.run(ctx, 0, batchNumber+"\n", "batch", "resume", batchNumber)
}

func (s *story) reconcile(ctx context.Context) error {
	s.begin("核对证据，两人签结果", "evidence is reconciled, both sign the outcome")
	if err := s.run(ctx, 0, "", "batch", "reconcile", batchNumber); err != nil {
		return err
	}
	if err := s.sign(ctx, 0, s.cast.destroyer, "batch", "complete", batchNumber); err != nil {
		return err
	}
	return s.sign(ctx, 0, s.cast.attestor, "batch", "complete", batchNumber)
}

func (s *story) certify(ctx context.Context) error {
	s.begin("出具销毁证明", "the certificate")
	v, err := api.Call[api.CertificateView](ctx, s.rig.client, "cert/issue", api.ByID{ID: batchNumber})
	if err != nil {
		return err
	}
	s.cert = filepath.Join(s.work, v.Number+".sexton")
	if err := s.run(ctx, 0, "", "cert", "show", batchNumber, "--out", s.cert); err != nil {
		return err
	}
	if err := s.run(ctx, 0, "", "ledger", "trust", "--out", filepath.Join(s.work, "trust.policy")); err != nil {
		return err
	}
	return s.run(ctx, 0, "", "ledger", "export", filepath.Join(s.work, "ledger"))
}

func (s *story) inspectAll(ctx context.Context) error {
	s.begin("检查员离线核验：不需要站点，也不需要相信我们", "the inspector checks offline, without the station and without our word")
	empty, err := s.away()
	if err != nil {
		return err
	}
	return s.inspect(ctx, 0, empty, "verify", filepath.Base(s.cert), "--trust", "trust.policy")
}

// away copies certificate and trust file into an empty directory.
func (s *story) away() (string, error) {
	dir := s.rig.path("inspector")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot make the inspector's directory: %w", err)
	}
	for _, f := range []string{s.cert, filepath.Join(s.work, "trust.policy")} {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", fmt.Errorf("cannot carry evidence away: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), b, 0o644); err != nil {
			return "", fmt.Errorf("cannot carry evidence away: %w", err)
		}
	}
	return dir, nil
}

// payloads finds the DSSE payloads inside a bundle.
var payloads = regexp.MustCompile(`\\"payload\\":\\"([A-Za-z0-9+/=]+)\\"`)

// tamper tries two forgeries: the verdict rewritten from disputed to destroyed,
// and one byte anywhere.
func (s *story) tamper(ctx context.Context) error {
	s.begin("有人想把“有争议”改成“已销毁”：改不成", "somebody turns \"disputed\" into \"destroyed\": it does not hold")
	b, err := os.ReadFile(s.cert)
	if err != nil {
		return fmt.Errorf("cannot read certificate: %w", err)
	}
	rewritten := 0
	forged := payloads.ReplaceAllFunc(b, func(m []byte) []byte {
		text := payloads.FindSubmatch(m)[1]
		payload, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil || !bytes.Contains(payload, []byte("carrier.disputed")) {
			return m
		}
		rewritten++
		payload = bytes.ReplaceAll(payload, []byte("disputed"), []byte("destroyed"))
		return bytes.Replace(m, text, []byte(base64.StdEncoding.EncodeToString(payload)), 1)
	})
	if rewritten != 1 {
		return fmt.Errorf("%w: %d disputed outcomes in the certificate, the story wants 1", errStory, rewritten)
	}
	if err := s.refuted(ctx, "rewritten.sexton", forged); err != nil {
		return err
	}
	at := len(b) / 2
	flipped := bytes.Clone(b)
	flipped[at] = 'A'
	if b[at] == 'A' {
		flipped[at] = 'B'
	}
	s.say(fmt.Sprintf("再试只改一个字节：第 %d 字节 %q → %q", at, b[at], flipped[at]), fmt.Sprintf("and just one byte: byte %d, %q becomes %q", at, b[at], flipped[at]))
	return s.refuted(ctx, "flipped.sexton", flipped)
}

// refuted gives a forgery to the inspector, who must refuse it.
func (s *story) refuted(ctx context.Context, name string, forgery []byte) error {
	path := s.rig.path("inspector", name)
	if err := os.WriteFile(path, forgery, 0o644); err != nil {
		return fmt.Errorf("cannot write the forgery: %w", err)
	}
	return s.inspect(ctx, 7, filepath.Dir(path), "verify", name, "--trust", "trust.policy", "--quiet")
}
