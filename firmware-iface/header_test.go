package firmware_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHeader compiles the C header and lets a C program judge the vectors: the CRC of every sealed block, the offsets of
// values chosen from each block, and the words it builds itself.
func TestHeader(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		if os.Getenv("SEXTON_SYSTEM_TESTS") != "" {
			t.Fatal("gcc is missing")
		}
		t.Skip("gcc is missing: the C header is not compiled")
	}
	dir := t.TempDir()
	src, bin := filepath.Join(dir, "vectors.c"), filepath.Join(dir, "vectors")
	if err := os.WriteFile(src, []byte(cProgram(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	header, err := filepath.Abs("c")
	if err != nil {
		t.Fatal(err)
	}
	build := exec.Command(gcc, "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wno-unused-function", "-Werror", "-I", header, "-o", bin, src)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot compile: %v\n%s", err, out)
	}
	out, err := exec.Command(bin).CombinedOutput()
	if err != nil {
		t.Fatalf("C disagrees: %v\n%s", err, out)
	}
	if !strings.HasSuffix(string(out), "ok\n") {
		t.Errorf("C program did not reach its end: %s", out)
	}
}

// cFields are values C reads out of each ok vector by the header's offsets.
var cFields = map[string][]struct{ value, macro, get string }{
	"IdentityBlock": {{"BootID", "SX_IDENTITY_BOOT_ID_OFF", "32"}, {"RunDownMS", "SX_IDENTITY_RUN_DOWN_MS_OFF", "32"}, {"Levels", "SX_IDENTITY_LEVELS_OFF", "32"}},
	"SnapshotBlock": {{"UptimeMS", "SX_SNAPSHOT_UPTIME_MS_OFF", "64"}, {"State", "SX_SNAPSHOT_STATE_OFF", "16"}, {"Reasons", "SX_SNAPSHOT_REASONS_OFF", "32"},
		{"EnergyJ", "SX_SNAPSHOT_ENERGY_J_OFF", "64"}, {"BinG", "SX_SNAPSHOT_BIN_G_OFF", "i64"}, {"EchoResult", "SX_SNAPSHOT_ECHO_RESULT_OFF", "16"}},
	"Echo": {{"LastSequence", "SX_ECHO_LAST_SEQUENCE_OFF", "32"}, {"ReleaseNonce", "SX_ECHO_RELEASE_NONCE_OFF", "32"}, {"WithdrawReasons", "SX_ECHO_WITHDRAW_REASONS_OFF", "32"}},
	"CommandRecord": {{"Sequence", "SX_COMMAND_SEQUENCE_OFF", "32"}, {"NotAfterMS", "SX_COMMAND_NOT_AFTER_MS_OFF", "64"}, {"PermitUntilMS", "SX_COMMAND_PERMIT_UNTIL_MS_OFF", "64"},
		{"Items", "SX_COMMAND_ITEMS_OFF", "32"}, {"Material", "SX_COMMAND_MATERIAL_OFF", "16"}},
}

var cLength = map[string]string{"IdentityBlock": "SX_IDENTITY_LEN", "SnapshotBlock": "SX_SNAPSHOT_LEN", "Echo": "SX_ECHO_LEN", "CommandRecord": "SX_COMMAND_LEN"}

func cProgram(t *testing.T) string {
	var b strings.Builder
	b.WriteString("#include \"sexton_shredder.h\"\n#include <stdio.h>\n#include <string.h>\n")
	b.WriteString("#define CHECK(c) do { if (!(c)) { printf(\"line %d: %s\\n\", __LINE__, #c); bad = 1; } } while (0)\n")
	b.WriteString("int main(void) {\n\tint bad = 0;\n")
	for i, v := range vectors(t) {
		if v.Expect == "length" {
			continue
		}
		fmt.Fprintf(&b, "\tstatic const uint16_t v%d[] = {0x%s};\n\tCHECK(sizeof v%d / 2 == %s);\n", i, strings.Join(v.Words, ",0x"), i, cLength[v.Block])
		sealed := v.Expect != "crc" && v.Case != "all zero"
		fmt.Fprintf(&b, "\tCHECK(sx_sealed(v%d, %s) == %s);\n", i, cLength[v.Block], map[bool]string{true: "1", false: "0"}[sealed])
		if v.Expect != "ok" {
			continue
		}
		for _, f := range cFields[v.Block] {
			fmt.Fprintf(&b, "\tCHECK(%s);\n", cCompare(fmt.Sprintf("v%d", i), f.macro, f.get, v.Values[f.value]))
		}
		fmt.Fprintf(&b, "\t{ uint16_t w[%s]; memcpy(w, v%d, sizeof w); w[0] = (uint16_t)(w[0] ^ 1); CHECK(!sx_sealed(w, %s)); sx_seal(w, %s); CHECK(sx_sealed(w, %s)); }\n",
			cLength[v.Block], i, cLength[v.Block], cLength[v.Block], cLength[v.Block])
	}
	b.WriteString("\tuint16_t p[4]; sx_put64(p, UINT64_C(0x0123456789abcdef)); CHECK(p[0] == 0x0123 && p[3] == 0xcdef);\n")
	b.WriteString("\tCHECK(SX_REASONS_E_STOP == 2 && SX_STATE_FAULTED == 10 && SX_COMMAND_WITHDRAW == 3);\n")
	b.WriteString("\tif (bad) return 1;\n\tputs(\"ok\");\n\treturn 0;\n}\n")
	return b.String()
}

func cCompare(array, macro, get, want string) string {
	switch get {
	case "16":
		return fmt.Sprintf("%s[%s] == %s", array, macro, want)
	case "i64":
		if want == "-9223372036854775808" {
			want = "(-9223372036854775807 - 1)"
		}
		return fmt.Sprintf("(int64_t)sx_get64(%s + %s) == INT64_C(%s)", array, macro, want)
	default:
		return fmt.Sprintf("sx_get%s(%s + %s) == UINT64_C(%s)", get, array, macro, want)
	}
}
