package main

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sexton-usbd": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

const docs = "../../docs/operations/usb/"

func lines(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(docs + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if l := strings.TrimSpace(s.Text()); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out
}

// TestModules: every line of the file keeps one module out, and those that were seen
// to win a device, or to give one hands, are among them.
func TestModules(t *testing.T) {
	var out []string
	for _, l := range lines(t, "sexton-usb.conf") {
		f := strings.Fields(l)
		if len(f) != 3 || f[0] != "install" || f[2] != "/bin/false" {
			t.Errorf("%q keeps nothing out", l)
			continue
		}
		if slices.Contains(out, f[1]) {
			t.Errorf("%s is kept out twice", f[1])
		}
		out = append(out, f[1])
	}
	for _, m := range []string{"usb_storage", "uas", "usbhid", "cdc_acm", "cdc_ether", "usbnet", "snd_usb_audio", "btusb"} {
		if !slices.Contains(out, m) {
			t.Errorf("%s is let in", m)
		}
	}
	if l := lines(t, "kernel-command-line"); len(l) != 1 || !slices.Contains(strings.Fields(l[0]), "usbcore.authorized_default=0") {
		t.Errorf("kernel command line %q", l)
	}
}

// TestUnits: systemd understands the units, and the broker's starts behind the gate.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	units := []string{"sexton-usb-gate.service", "sexton-usbd.service"}
	var paths []string
	for _, name := range units {
		b, err := os.ReadFile(docs + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), "/usr/bin/sexton-usbd ") {
			t.Errorf("%s does not start the program", name)
		}
		// The program, its manual and kmod need not be installed where this runs.
		text := strings.ReplaceAll(string(b), "/usr/bin/sexton-usbd ", "/bin/true ")
		text = strings.ReplaceAll(text, "/sbin/modprobe ", "/bin/true ")
		text = strings.ReplaceAll(text, "Documentation=man:", "Documentation=file:/usr/share/doc/")
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	unit := lines(t, units[1])
	for _, want := range []string{"Requires=" + units[0], "After=" + units[0], "NoNewPrivileges=yes", "DevicePolicy=closed", "DeviceAllow=char-usb_device rw"} {
		if !slices.Contains(unit, want) {
			t.Errorf("%s lacks %q", units[1], want)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("SEXTON_SYSTEM_TESTS") == "1" {
			t.Fatal("systemd-analyze is missing: install systemd")
		}
		t.Skip("systemd-analyze is not installed")
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, paths...)...).CombinedOutput()
	for l := range strings.Lines(string(out)) {
		if strings.Contains(l, "sexton") {
			t.Errorf("systemd: %s", l)
		}
	}
	if err != nil {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// TestPeer: the kernel says who is at the other end.
func TestPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := listen(path, os.Getgid())
	if err != nil {
		t.Skipf("making a socket for root takes root: %v", err)
	}
	defer l.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	who, err := peer(s)
	if err != nil || who.Uid != uint32(os.Getuid()) || int(who.Pid) != os.Getpid() {
		t.Errorf("%+v %v", who, err)
	}
	if l, err := listen(path, os.Getgid()); err != nil {
		t.Errorf("a socket that was left behind is in the way: %v", err)
	} else {
		l.Close()
	}
}
