package archtest

// Rooms is the import picture of ARCHITECTURE.md as data, top floor first.
var Rooms = []Room{
	// 5: programs
	{Dir: "cmd/internal/manual"},
	{Dir: "cmd/sextond", May: []string{"cmd/internal/manual", "station", "forms", "web/...", "ledger/...", "policy/...", "token/...", "shredder/...", "certificate/...", "procedure", "custody", "inspect", "internal/fault", "internal/durable"}},
	{Dir: "cmd/sexton", May: []string{"cmd/internal/manual", "policy", "web/api", "internal/fault"}},
	{Dir: "cmd/sexton-inspect", May: []string{"cmd/internal/manual", "inspect", "internal/fault"}},
	{Dir: "cmd/sexton-usbd", May: []string{"cmd/internal/manual", "internal/fault", "usbctl/..."}},
	{Dir: "cmd/sexton-bench", May: []string{"cmd/internal/manual", "transferlist", "web/api", "internal/fault", "internal/durable", "inspect"}},
	// 4
	{Dir: "web", May: []string{"station", "internal/fault"}},
	{Dir: "bench", May: []string{"token", "shredder", "firmware-iface"}},
	{Dir: "bench/usbguest", May: []string{"usbctl/sysfs"}},
	{Dir: "bench/usbcases"},
	{Dir: "bench/media", May: []string{"usbctl", "usbctl/media", "usbctl/rules", "usbctl/desc", "usbctl/ident", "usbctl/scsi", "usbctl/worker", "usbctl/model"}},
	{Dir: "bench/year", May: []string{"custody", "transferlist", "epcis"}},
	{Dir: "bench/usb", May: []string{"usbctl/..."}},
	// 3
	{Dir: "station", May: []string{"procedure", "policy/...", "custody", "transferlist", "epcis", "forms", "forms/xlsx", "token", "token/trust", "shredder", "usbctl", "usbctl/media", "usbctl/rules", "usbctl/desc", "usbctl/ident", "usbctl/scsi", "ledger/...", "certificate", "web/api", "internal/fault"}},
	{Dir: "inspect", May: []string{"certificate", "ledger/leaf", "policy/...", "custody", "token", "token/trust"}, Pure: true},
	// 2
	{Dir: "procedure", May: nil},
	{Dir: "ledger", May: []string{"procedure", "internal/durable"}},
	{Dir: "ledger/index", May: []string{"ledger", "ledger/leaf", "custody", "policy"}},
	{Dir: "epcis", May: []string{"transferlist", "custody"}, Pure: true},
	{Dir: "certificate", May: []string{"ledger/leaf", "custody"}, Pure: true},
	{Dir: "token/desk", May: []string{"token", "token/card", "token/trust", "token/pcsc"}},
	{Dir: "token/card", May: []string{"token"}},
	{Dir: "token/pcsc", May: []string{"token", "token/card"}},
	{Dir: "token/trust", May: []string{"token"}, Pure: true},
	{Dir: "usbctl/bot", May: []string{"usbctl"}},
	{Dir: "usbctl/scsi", May: []string{"usbctl", "usbctl/bot"}},
	{Dir: "usbctl/desc", Pure: true},
	{Dir: "usbctl/rules", May: []string{"usbctl/desc"}, Pure: true},
	{Dir: "usbctl/ident", May: []string{"usbctl", "usbctl/desc", "usbctl/scsi"}},
	{Dir: "usbctl/media", May: []string{"usbctl/ident", "usbctl/rules", "usbctl/scsi"}},
	{Dir: "usbctl/usbctltest", May: []string{"usbctl", "usbctl/media", "usbctl/model", "usbctl/ident", "usbctl/rules"}},
	{Dir: "usbctl/model", May: []string{"usbctl"}},
	{Dir: "usbctl/libusb", May: []string{"usbctl", "usbctl/desc"}},
	{Dir: "usbctl/usbfs", May: []string{"usbctl"}},
	{Dir: "usbctl/sysfs", May: []string{"usbctl/desc"}},
	{Dir: "usbctl/watch", May: []string{"usbctl/sysfs"}},
	{Dir: "usbctl/wire"},
	{Dir: "usbctl/line", May: []string{"usbctl", "usbctl/media", "usbctl/scsi", "usbctl/ident", "usbctl/rules", "usbctl/wire", "usbctl/worker"}},
	{Dir: "usbctl/host", May: []string{"usbctl", "usbctl/broker", "usbctl/ident", "usbctl/sysfs", "usbctl/usbfs", "usbctl/worker"}},
	{Dir: "usbctl/broker", May: []string{"usbctl", "usbctl/bot", "usbctl/scsi", "usbctl/desc", "usbctl/rules", "usbctl/ident", "usbctl/line", "usbctl/worker"}},
	{Dir: "usbctl/worker", May: []string{"usbctl", "usbctl/bot", "usbctl/scsi", "usbctl/ident", "usbctl/usbfs", "usbctl/wire"}},
	{Dir: "shredder/modbus", May: []string{"shredder", "firmware-iface"}},
	// 1
	{Dir: "ledger/leaf", May: []string{"custody"}, Pure: true},
	{Dir: "policy", May: []string{"custody"}, Pure: true},
	{Dir: "policy/gen", May: []string{"policy"}},
	{Dir: "forms/xlsx", May: []string{"forms"}},
	{Dir: "forms/gen", May: []string{"forms"}},
	{Dir: "transferlist", May: []string{"custody"}, Pure: true},
	{Dir: "forms", May: []string{"custody"}, Pure: true},
	// 0
	{Dir: "custody", Pure: true},
	{Dir: "token"},
	{Dir: "shredder"},
	{Dir: "usbctl"},
	{Dir: "firmware-iface"},
	{Dir: "web/api", May: []string{"internal/fault"}},
	{Dir: "internal"},
}

// Owner names the rooms that may import one outside library.
type Owner struct {
	Library      string
	Dirs         []string
	NotEvenTests bool
}

// Owners lists every outside library with its room. Tests may use the judges
// among them from anywhere.
var Owners = []Owner{
	{Library: "modernc.org/sqlite", Dirs: []string{"ledger"}},
	{Library: "golang.org/x/mod/sumdb", Dirs: []string{"ledger", "inspect", "certificate"}},
	{Library: "github.com/transparency-dev/merkle", Dirs: []string{"ledger", "inspect", "certificate"}},
	{Library: "github.com/transparency-dev/formats", Dirs: []string{"ledger", "inspect", "certificate"}},
	{Library: "github.com/transparency-dev/tessera", Dirs: []string{"tests only"}},
	{Library: "github.com/secure-systems-lab/go-securesystemslib", Dirs: []string{"ledger/leaf"}},
	{Library: "github.com/gowebpki/jcs", Dirs: []string{"ledger/leaf", "certificate"}},
	{Library: "github.com/google/uuid", Dirs: []string{"station", "ledger", "cmd"}},
	{Library: "github.com/ebfe/scard", Dirs: []string{"token/pcsc"}},
	{Library: "github.com/go-piv/piv-go", Dirs: []string{"token/enrol"}},
	{Library: "github.com/simonvetter/modbus", Dirs: []string{"tests only"}},
	{Library: "github.com/BurntSushi/toml", Dirs: []string{"policy", "forms", "cmd", "bench", "station", "firmware-iface", "usbctl/rules"}},
	{Library: "github.com/xuri/excelize", Dirs: []string{"forms/xlsx"}, NotEvenTests: true},
	{Library: "github.com/spf13/cobra", Dirs: []string{"cmd"}},
	{Library: "github.com/spf13/pflag", Dirs: []string{"cmd"}},
	{Library: "golang.org/x/term", Dirs: []string{"cmd"}},
	{Library: "golang.org/x/text", Dirs: []string{"transferlist", "ledger/leaf", "ledger/index", "policy", "station", "cmd"}},
	{Library: "golang.org/x/sys", Dirs: []string{"web", "cmd", "bench", "ledger", "token", "internal/durable", "usbctl/usbfs", "usbctl/watch", "usbctl/worker", "usbctl/model/vhci"}},
	{Library: "github.com/google/gousb", Dirs: []string{"usbctl/libusb"}},
	{Library: "github.com/landlock-lsm/go-landlock", Dirs: []string{"usbctl/worker/sandbox"}},
	{Library: "github.com/elastic/go-seccomp-bpf", Dirs: []string{"usbctl/worker/sandbox"}},
	{Library: "pgregory.net/rapid", Dirs: []string{"tests only"}},
	{Library: "github.com/rogpeppe/go-internal", Dirs: []string{"tests only"}},
}
