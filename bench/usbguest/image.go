package main

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// archive writes a cpio archive in the form "newc" (kernel: early-userspace/buffer-format).
type archive struct {
	w    io.Writer
	ino  int
	dirs map[string]bool
	err  error
}

func (a *archive) entry(name string, mode uint32, data []byte) {
	if a.err != nil {
		return
	}
	a.ino++
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", a.ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
	b := []byte(head + name + "\x00")
	b = append(b, make([]byte, -len(b)&3)...)
	b = append(b, data...)
	b = append(b, make([]byte, -len(b)&3)...)
	_, a.err = a.w.Write(b)
}

func (a *archive) dir(name string) {
	if name == "." || a.dirs[name] {
		return
	}
	a.dir(filepath.Dir(name))
	a.dirs[name] = true
	a.entry(name, 0o040755, nil)
}

func (a *archive) file(name string, data []byte) {
	a.dir(filepath.Dir(name))
	a.entry(name, 0o100755, data)
}

// pack writes the initial root file system: files by path, gzip.
func pack(out string, files map[string][]byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return err
	}
	a := &archive{w: z, dirs: map[string]bool{}}
	for _, d := range []string{"proc", "sys", "dev", "tmp", "bin"} {
		a.dir(d)
	}
	a.entry("dev/console", 0o020600, nil)
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		a.file(n, files[n])
	}
	a.entry("TRAILER!!!", 0, nil)
	if a.err != nil {
		return a.err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

// modules gathers the wanted modules and what they need from an unpacked kernel
// package, and the order file of the guest.
func modules(dir string, wanted []string) (map[string][]byte, error) {
	paths := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if name, _, is := strings.Cut(filepath.Base(p), ".ko"); err == nil && is {
			paths[strings.ReplaceAll(name, "-", "_")] = p
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	builtin, err := os.ReadFile(firstMatch(dir, "modules.builtin"))
	if err != nil {
		return nil, fmt.Errorf("cannot tell what is built in: %w", err)
	}
	g := &gatherer{paths: paths, builtin: strings.ReplaceAll(string(builtin), "-", "_"), files: map[string][]byte{}, needs: map[string][]string{}}
	var order strings.Builder
	for _, w := range wanted {
		if g.isBuiltin(w) {
			continue
		}
		all, err := g.gather(w)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&order, "%s %s\n", w, strings.Join(all[:len(all)-1], " "))
	}
	g.files["modules/order"] = []byte(order.String())
	return g.files, nil
}

func firstMatch(dir, name string) string {
	m, _ := filepath.Glob(filepath.Join(dir, "lib/modules/*", name))
	if len(m) == 0 {
		m, _ = filepath.Glob(filepath.Join(dir, "usr/lib/modules/*", name))
	}
	if len(m) == 0 {
		return name
	}
	return m[0]
}

type gatherer struct {
	paths   map[string]string
	builtin string
	files   map[string][]byte
	needs   map[string][]string
}

func (g *gatherer) isBuiltin(name string) bool {
	return g.paths[name] == "" && strings.Contains(g.builtin, "/"+name+".ko")
}

// gather gives a module behind everything it needs.
func (g *gatherer) gather(name string) ([]string, error) {
	if done, ok := g.needs[name]; ok {
		return done, nil
	}
	p := g.paths[name]
	if p == "" {
		return nil, fmt.Errorf("cannot find module %s in the kernel package", name)
	}
	b, err := unpacked(p)
	if err != nil {
		return nil, err
	}
	g.files["modules/"+name+".ko"] = b
	info, err := modinfo(b)
	if err != nil {
		return nil, fmt.Errorf("cannot read module %s: %w", name, err)
	}
	var all []string
	seen := map[string]bool{}
	for _, n := range info {
		if n == "" || g.isBuiltin(n) {
			continue
		}
		deep, err := g.gather(n)
		if err != nil {
			return nil, err
		}
		for _, d := range deep {
			if !seen[d] {
				seen[d] = true
				all = append(all, d)
			}
		}
	}
	all = append(all, name)
	g.needs[name] = all
	return all, nil
}

// unpacked reads a module, however the distribution packed it.
func unpacked(path string) ([]byte, error) {
	switch filepath.Ext(path) {
	case ".xz":
		return exec.Command("xz", "-dc", path).Output()
	case ".zst":
		return exec.Command("zstd", "-dc", path).Output()
	}
	return os.ReadFile(path)
}

// modinfo gives what a module depends on, by name with underscores.
func modinfo(module []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, err
	}
	s := f.Section(".modinfo")
	if s == nil {
		return nil, fmt.Errorf("no .modinfo")
	}
	b, err := s.Data()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, field := range strings.Split(string(b), "\x00") {
		if list, ok := strings.CutPrefix(field, "depends="); ok {
			out = append(out, strings.Split(strings.ReplaceAll(list, "-", "_"), ",")...)
		}
	}
	return out, nil
}
