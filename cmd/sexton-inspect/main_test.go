package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sexton/certificate/certtest"
	"sexton/policy"
)

var world = sync.OnceValues(func() (*certtest.World, error) {
	profile, err := policy.BuiltinBytes("nist-800-88")
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse(profile)
	if err != nil {
		return nil, err
	}
	var rows []string
	for _, a := range p.Rules {
		rows = append(rows, a.ID)
	}
	for _, m := range p.Methods {
		rows = append(rows, m.ID)
	}
	return certtest.New(certtest.Config{
		Profile: p.Name, Version: p.Version, PolicyBytes: profile, Rows: rows, Missing: 1, Disputed: 1, Unfed: 1, Bench: true,
	})
})

// files writes a certificate and a trust file, and returns their names.
func files(t *testing.T) (bundle, trust string) {
	t.Helper()
	w, err := world()
	if err != nil {
		t.Fatal(err)
	}
	data, err := w.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bundle, trust = filepath.Join(dir, "batch.sexton"), filepath.Join(dir, "trust.policy")
	for name, content := range map[string][]byte{bundle: data, trust: w.Trust()} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return bundle, trust
}

// do runs one command line.
func do(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	now := func() time.Time { return certtest.Start.AddDate(0, 1, 0) }
	code = run(env{in: strings.NewReader(in), out: &o, err: &e, now: now}, args)
	return code, o.String(), e.String()
}

func TestVerify(t *testing.T) {
	bundle, trust := files(t)
	code, out, errs := do(t, "", "verify", bundle, "--trust", trust)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d, %s\n%s", code, errs, out)
	}
	for _, want := range []string{
		"✓ 文件格式唯一且完整 · the file has its one canonical form", "演练 / BENCH", "结论 verdict: 有效（时间未经第三方证实） · VALID-TIME-UNPROVEN · 演练 BENCH",
		"证明编号 certificate  SXT-2026-03-000417", "训练单位（演练）", "纸介质 paper: 3 份", "光盘 optical disc: 2 张", "磁带 magnetic tape: 1 盘", "U盘 USB flash drive: 2 个",
		"有争议 disputed 1", "未找到 missing 1", "SX-24-000007", "销毁人 destroyer: 陈志强 (p-004)", "监销人 attestor", "批准人 approver", "等级说明 grade:", "CRL",
		"两人授权 batch.authorised", "Example S-100",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(out, "✗") || strings.Contains(out, "\x1b") {
		t.Error("a mark of failure, or an escape sequence")
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestVerifyTampered(t *testing.T) {
	bundle, trust := files(t)
	data, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte(`"segments":[{"leaves":["`)) + 300
	data[at] ^= 1
	if err := os.WriteFile(bundle, data, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := do(t, "", "verify", bundle, "--trust", trust)
	if code != 7 || errs != "" || !strings.Contains(out, "✗") || !strings.Contains(out, "字段 field: segments[0].leaves[0]") || !strings.Contains(out, "INVALID") {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}
	code, out, _ = do(t, "", "verify", "-q", bundle, "--trust", trust)
	if code != 7 || strings.Count(out, "\n") != 1 || !strings.Contains(out, "first failure: ") || !strings.Contains(out, "@ segments[0].leaves[0]") {
		t.Errorf("quiet: exit %d\n%s", code, out)
	}
	code, out, _ = do(t, "", "verify", "--json", bundle, "--trust", trust)
	var r struct {
		Grade  string
		Failed struct{ ID, Field string }
		Checks []struct {
			ID          string
			OK, Skipped bool
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 7 || r.Grade != "INVALID" || r.Failed.Field == "" {
		t.Errorf("json: exit %d, %v\n%s", code, err, out)
	}
}

func TestVerifySeveral(t *testing.T) {
	bundle, trust := files(t)
	bad := bundle + ".bad"
	if err := os.WriteFile(bad, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := do(t, "", "verify", "-q", bundle, bundle, "--trust", trust); code != 0 || strings.Count(out, "\n") != 2 {
		t.Errorf("two good: exit %d\n%s", code, out)
	}
	if code, out, _ := do(t, "", "verify", "-q", bad, bundle, "--trust", trust); code != 7 || strings.Count(out, "\n") != 2 {
		t.Errorf("one bad: exit %d\n%s", code, out)
	}
	data, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := do(t, string(data), "verify", "-q", "-", "--trust", trust); code != 0 {
		t.Errorf("standard input: exit %d %s", code, errs)
	}
}

func TestUsage(t *testing.T) {
	bundle, trust := files(t)
	badTrust := trust + ".bad"
	if err := os.WriteFile(badTrust, []byte("believe all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", bundle}, {"verify", "--trust", trust}, {"verify", bundle, "--trust", trust + ".none"}, {"verify", bundle + ".none", "--trust", trust},
		{"verify", bundle, "--trust", badTrust}, {"verify", bundle, "--trust", trust, "--json", "--quiet"}, {"verify", bundle, "--trust", trust, "--colour"},
		{"destroy"}, {"show"}, {"redact", bundle}, {"redact", bundle, "--out", trust},
	} {
		if code, out, errs := do(t, "", args...); code != 2 || out != "" || !strings.HasPrefix(errs, "✗ 请求无法理解：") || !strings.Contains(errs, "\n  sexton-inspect: ") {
			t.Errorf("%v: exit %d, out %q, err %q", args, code, out, errs)
		}
	}
	if code, out, _ := do(t, "", "verify", "--help"); code != 0 || !strings.Contains(out, "EXIT STATUS") {
		t.Errorf("help: exit %d\n%s", code, out)
	}
	if code, out, _ := do(t, "", "completion", "bash"); code != 0 || !strings.Contains(out, "sexton-inspect") {
		t.Errorf("completion: exit %d", code)
	}
}

func TestShowAndRedact(t *testing.T) {
	bundle, trust := files(t)
	code, out, errs := do(t, "", "show", bundle)
	if code != 0 || errs != "" || !strings.HasPrefix(out, "未核验 / NOT VERIFIED\n") || strings.Contains(out, "结论") || !strings.Contains(out, "SXT-2026-03-000417") {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}
	if code, out, _ = do(t, "", "show", "--json", bundle); code != 0 || !strings.Contains(out, `"verified":false`) {
		t.Errorf("json: exit %d\n%s", code, out)
	}
	if code, _, _ = do(t, "{}", "show", "-"); code != 7 {
		t.Errorf("garbage: exit %d", code)
	}
	redacted := bundle + ".redacted"
	if code, _, errs = do(t, "", "redact", bundle, "--out", redacted); code != 0 {
		t.Fatalf("exit %d, %s", code, errs)
	}
	code, out, _ = do(t, "", "verify", redacted, "--trust", trust)
	if code != 0 || !strings.Contains(out, "隐去版 redacted") || strings.Contains(out, "陈志强") || strings.Contains(out, "号文件") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if code, _, _ = do(t, "", "redact", bundle, "--out", redacted); code != 2 {
		t.Errorf("overwrote an existing file: exit %d", code)
	}
}
