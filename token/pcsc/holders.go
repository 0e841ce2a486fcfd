package pcsc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// maxHolders bounds the list, which is read by people.
const maxHolders = 5

// Holders names programs of this machine that have libpcsclite loaded, and therefore may hold a card. pcscd itself does
// not tell who does. Processes that this one may not look into are missing; nil means that none was seen.
func (*Connector) Holders() []string {
	maps, err := filepath.Glob("/proc/[0-9]*/maps")
	if err != nil {
		return nil
	}
	var out []string
	for _, path := range maps {
		dir := filepath.Dir(path)
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if b, err := os.ReadFile(path); err != nil || !bytes.Contains(b, []byte("libpcsclite.so")) {
			continue
		}
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil {
			continue
		}
		out = append(out, fmt.Sprintf("%s[%d]", bytes.TrimSpace(name), pid))
		if len(out) == maxHolders {
			break
		}
	}
	return out
}
