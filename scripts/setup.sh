# Sourced by scripts/demo and scripts/test: brings a fresh Debian or Ubuntu to
# where Sexton builds. Says what it installs and why; asks for nothing that is
# already there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || die "need root to install packages: run as root, or install sudo, or install these yourself: ${missing[*]:-}"
  sudo "$@"
}

# need PACKAGE WHY ... installs what is missing, with one apt run.
missing=()
need() {
  local pkg why
  while [ $# -gt 0 ]; do
    pkg=$1 why=$2; shift 2
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$pkg" 2>/dev/null)" != installed ]; then
      say "needs $pkg: $why"; missing+=("$pkg")
    fi
  done
}
install_missing() {
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "this is no Debian or Ubuntu; install by hand: ${missing[*]}"
  say "installing: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null || die "apt-get update failed; check the network and run again"
  local try
  for try in 1 2 3; do # an unpack can fail half way on a busy mirror; the repeat is harmless
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/tmp/sexton-apt.$$ 2>&1; then
      rm -f /tmp/sexton-apt.$$; missing=(); return 0
    fi
  done
  tail -20 /tmp/sexton-apt.$$ >&2; rm -f /tmp/sexton-apt.$$
  die "apt-get could not install: ${missing[*]}"
}

# need_go finds a Go that is the wanted version or can fetch it by itself.
need_go() {
  local want have
  want=$(awk '$1=="go"{print $2}' go.mod)
  if ! command -v go >/dev/null; then
    if [ -x /usr/local/go/bin/go ]; then PATH=/usr/local/go/bin:$PATH
    else need golang-go "the compiler (it fetches Go $want itself)"; install_missing; fi
  fi
  have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || have=
  [ -n "$have" ] || die "Go $want could not be started here; install Go $want or newer from go.dev/dl and put it on the PATH"
  [ "$(printf '%s\n%s\n' "$want" "$have" | sort -V | head -1)" = "$want" ] ||
    die "Go $have is too old and cannot fetch Go $want by itself; install Go $want or newer from go.dev/dl and put it on the PATH"
}

need_build() {
  need ca-certificates "module downloads" gcc "cgo for the smart card library" libc6-dev "cgo" pkg-config "finds the smart card library" libpcsclite-dev "PC/SC, the smart card interface" libusb-1.0-0-dev "the second transport to USB media"
}
need_vm() {
  need qemu-system-x86 "the virtual machine of the USB guest" xz-utils "packed kernel modules" zstd "packed kernel modules"
}
need_bench() {
  need pcscd "the smart card service" vsmartcard-vpcd "virtual readers for the bench; never on a real station"
}

build() {
  say "building"
  mkdir -p bin
  go build -trimpath -o bin/ ./cmd/sextond ./cmd/sexton ./cmd/sexton-bench
  CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/sexton-inspect ./cmd/sexton-usbd
}
