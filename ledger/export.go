package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"sexton/internal/durable"
)

// tileHeight is fixed by C2SP tlog-tiles: 256 hashes or entries a tile.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Export brings the directory dir up to the newest head in the layout of C2SP tlog-tiles: tile/L/N[.p/W], tile/entries/N[.p/W]
// and, last, checkpoint. It writes only what a former export of this ledger lacks, and refuses a directory with another history.
// Full tiles are never changed; partial ones are removed when a full one takes their place. Only leaves are exported, nothing
// private. An interrupted export is completed by the next.
func (l *Ledger) Export(ctx context.Context, dir string) error {
	head := l.Head()
	if err := durable.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot export: %w", err)
	}
	old, err := l.exportedSize(ctx, dir)
	if err != nil {
		return fmt.Errorf("cannot export: %w", err)
	}
	for _, t := range tlog.NewTiles(tileHeight, old, head.Size) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("cannot export: %w", err)
		}
		if err := l.exportTile(ctx, dir, t); err != nil {
			return fmt.Errorf("cannot export: %w", err)
		}
	}
	// Crash here: tiles beyond the checkpoint, which readers do not ask for.
	if err := durable.WriteFile(filepath.Join(dir, "checkpoint"), head.Note, 0o644); err != nil {
		return fmt.Errorf("cannot export: %w", err)
	}
	// Crash here: partial tiles are left beside full ones; the next export removes them with its own.
	if err := removePartials(dir, head.Size); err != nil {
		return fmt.Errorf("cannot export: %w", err)
	}
	return nil
}

// exportedSize is the size of the export in dir, 0 if there is none.
func (l *Ledger) exportedSize(ctx context.Context, dir string) (int64, error) {
	b, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	text, err := openNote(b, l.verifier)
	if err != nil {
		return 0, fmt.Errorf("%s holds a checkpoint that is not signed by this ledger: %w", dir, err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return 0, fmt.Errorf("%s holds a checkpoint in another form", dir)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s holds a checkpoint in another form", dir)
	}
	return size, l.read(ctx, "root", func(ctx context.Context) error {
		if size > l.state.size {
			return fmt.Errorf("%s was exported at %d entries, this ledger has %d: %s", dir, size, l.state.size, doRollback)
		}
		root, err := tlog.TreeHash(size, l.hashReader(ctx))
		if err != nil {
			return err
		}
		if base64.StdEncoding.EncodeToString(root[:]) != lines[2] {
			return fmt.Errorf("%s holds another history than this ledger: keep both as evidence", dir)
		}
		return nil
	})
}

// exportTile writes one tile and, at level 0, the entries below it.
func (l *Ledger) exportTile(ctx context.Context, dir string, t tlog.Tile) error {
	var data []byte
	err := l.read(ctx, "tile", func(ctx context.Context) (err error) {
		data, err = tlog.ReadTileData(t, l.hashReader(ctx))
		return err
	})
	if err != nil {
		return err
	}
	// x/mod writes the height into the path, tlog-tiles does not.
	rest := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if err := writeTile(filepath.Join(dir, "tile", rest), data); err != nil {
		return err
	}
	if t.L != 0 {
		return nil
	}
	leaves, err := l.Leaves(ctx, t.N*tileWidth, int64(t.W))
	if err != nil {
		return err
	}
	var bundle []byte
	for _, b := range leaves {
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(b)))
		bundle = append(bundle, b...)
	}
	return writeTile(filepath.Join(dir, "tile", "entries", strings.TrimPrefix(rest, "0/")), bundle)
}

// writeTile writes a file unless it is there with the same content.
func writeTile(path string, data []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, data) {
		return nil
	}
	if err := durable.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return durable.WriteFile(path, data, 0o644)
}

// removePartials removes the partial tiles that the checkpoint at size does not need: those beside a full tile and those of
// smaller width. It also removes temp files that a crash left.
func removePartials(dir string, size int64) error {
	want := map[string]bool{}
	for _, t := range tlog.NewTiles(tileHeight, 0, size) {
		if t.W == tileWidth {
			continue
		}
		rest := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
		want[filepath.Join(dir, "tile", rest)] = true
		if t.L == 0 {
			want[filepath.Join(dir, "tile", "entries", strings.TrimPrefix(rest, "0/"))] = true
		}
	}
	var dirs []string
	err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			if strings.HasSuffix(path, ".p") {
				dirs = append(dirs, path)
			}
		case strings.HasPrefix(d.Name(), durable.TempPrefix),
			strings.HasSuffix(filepath.Dir(path), ".p") && !want[path]:
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot tidy %s: %w", dir, err)
	}
	for _, d := range dirs {
		if names, err := os.ReadDir(d); err == nil && len(names) == 0 {
			if err := os.Remove(d); err != nil {
				return fmt.Errorf("cannot tidy %s: %w", dir, err)
			}
		}
	}
	return nil
}
