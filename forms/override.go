package forms

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// WordingFormat is the first line of a unit's own wording.
const WordingFormat = "sexton-forms-wording/1"

// WordingError is one thing in a unit's wording that cannot be taken.
type WordingError struct {
	Form string
	Zh   string
	En   string
}

func (e *WordingError) Error() string { return fmt.Sprintf("form %s: %s", e.Form, e.En) }

// wordingFile is a unit's own wording. It renames, hides, orders and adds
// columns for the pen; it never changes a key, a kind or a rule.
type wordingFile struct {
	Format string     `toml:"format"`
	Unit   string     `toml:"unit"`
	Forms  []*wording `toml:"form"`
}

type wording struct {
	ID      string           `toml:"id"`
	Title   Text             `toml:"title"`
	Secret  Text             `toml:"secret_title"`
	Rename  []renaming       `toml:"rename"`
	Hide    []Key            `toml:"hide"`
	Blank   []blankColumn    `toml:"blank"`
	Order   map[string][]Key `toml:"order"`  // by table: every visible column
	Copies  []Text           `toml:"copies"` // instead of those shipped
	Notes   []Text           `toml:"notes"`  // instead of those shipped
	refused []error
}

type renaming struct {
	Key Key `toml:"key"`
	Text
}

// blankColumn is a unit's own column, filled in with a pen.
type blankColumn struct {
	Table string `toml:"table"`
	Key   Key    `toml:"key"` // begins with own_
	After Key    `toml:"after"`
	Width int    `toml:"w"`
	Text
}

// override applies one wording. All that is wrong with it is reported at once.
func (c *Catalogue) override(data []byte) error {
	var file wordingFile
	if err := decode(data, &file); err != nil {
		return err
	}
	if file.Format != WordingFormat {
		return fmt.Errorf("format %q, this program reads %s", file.Format, WordingFormat)
	}
	if err := checkWording(file.Unit, file.Unit); err != nil {
		return fmt.Errorf("unit: %w", err)
	}
	var errs []error
	seen := map[string]bool{}
	for _, w := range file.Forms {
		f, ok := c.Form(w.ID)
		switch {
		case !ok:
			w.refuse("没有这张表", "there is no such form")
		case seen[w.ID]:
			w.refuse("同一张表写了两次", "it stands twice in the file")
		default:
			w.apply(f)
		}
		seen[w.ID] = true
		errs = append(errs, w.refused...)
	}
	c.Unit = file.Unit
	return errors.Join(errs...)
}

func (w *wording) refuse(zh, en string) {
	w.refused = append(w.refused, &WordingError{Form: w.ID, Zh: zh, En: en})
}

func (w *wording) apply(f *Form) {
	if !w.Title.Empty() {
		f.Title = w.Title
	}
	if !w.Secret.Empty() {
		f.Secret = w.Secret
	}
	if w.Copies != nil {
		f.Copies = w.Copies
	}
	if w.Notes != nil {
		f.Notes = w.Notes
	}
	for _, r := range w.Rename {
		w.rename(f, r)
	}
	for _, k := range w.Hide {
		w.hide(f, k)
	}
	for _, b := range w.Blank {
		w.add(f, b)
	}
	for _, table := range slices.Sorted(maps.Keys(w.Order)) {
		w.order(f, table, w.Order[table])
	}
	if len(w.refused) > 0 {
		return
	}
	if err := f.check(); err != nil {
		w.refuse("改后的表不能用，详见英文说明", "the form does not work any more: "+err.Error())
	}
}

// fieldLists are the places where fields of a form stand.
func (f *Form) fieldLists() []*[]Field {
	lists := []*[]Field{&f.Head}
	for i := range f.Sections {
		lists = append(lists, &f.Sections[i].Fields)
	}
	return lists
}

// rename gives every place of a key, as field and as signer, a new heading.
func (w *wording) rename(f *Form, r renaming) {
	found := false
	for _, list := range f.fieldLists() {
		for i := range *list {
			if c := &(*list)[i]; c.Key == r.Key {
				c.Zh, c.En, found = orElse(r.Zh, c.Zh), orElse(r.En, c.En), true
			}
		}
	}
	for i := range f.Sections {
		for j := range f.Sections[i].Signers {
			if g := &f.Sections[i].Signers[j]; g.Role == r.Key {
				g.Zh, g.En, found = orElse(r.Zh, g.Zh), orElse(r.En, g.En), true
			}
		}
	}
	if !found {
		w.refuse(fmt.Sprintf("表上没有“%s”，不能改名", clip(string(r.Key))), fmt.Sprintf("it has no %q to rename", r.Key))
	}
	if r.Empty() {
		w.refuse(fmt.Sprintf("“%s”没有写新名称", clip(string(r.Key))), fmt.Sprintf("%q gets no new wording", r.Key))
	}
}

// hide takes a field and a signer away, unless one of them is mandatory.
func (w *wording) hide(f *Form, k Key) {
	found, mandatory := false, false
	for _, c := range slices.Concat(f.Boxes(), f.columns()) {
		if c.Key == k {
			found, mandatory = true, mandatory || c.Mandatory
		}
	}
	for _, g := range f.Signers() {
		if g.Role == k {
			found, mandatory = true, mandatory || g.Mandatory
		}
	}
	if !found {
		w.refuse(fmt.Sprintf("表上没有“%s”，不能隐藏", clip(string(k))), fmt.Sprintf("it has no %q to hide", k))
		return
	}
	if mandatory {
		w.refuse(fmt.Sprintf("“%s”必填或必签，不能隐藏", clip(string(k))), fmt.Sprintf("%q is mandatory and cannot be hidden; it can be renamed", k))
		return
	}
	for _, list := range f.fieldLists() {
		for i := range *list {
			if (*list)[i].Key == k && (*list)[i].Break && i+1 < len(*list) {
				(*list)[i+1].Break = true
			}
		}
		*list = slices.DeleteFunc(*list, func(c Field) bool { return c.Key == k })
	}
	for i := range f.Sections {
		s := &f.Sections[i]
		s.Signers = slices.DeleteFunc(s.Signers, func(g Signer) bool { return g.Role == k })
	}
	f.Sections = slices.DeleteFunc(f.Sections, func(s Section) bool {
		return (s.Kind == Boxes || s.Kind == Sign) && len(s.Fields)+len(s.Signers) == 0
	})
}

// columns are the columns of all tables.
func (f *Form) columns() []Field {
	var all []Field
	for _, t := range f.Tables() {
		all = append(all, t.Fields...)
	}
	return all
}

func (w *wording) add(f *Form, b blankColumn) {
	t, ok := f.Table(b.Table)
	if !ok {
		w.refuse(fmt.Sprintf("没有表格“%s”，不能加栏", clip(b.Table)), fmt.Sprintf("it has no table %q to add a column to", b.Table))
		return
	}
	name, own := strings.CutPrefix(string(b.Key), "own_")
	if !own || !isID(name) {
		w.refuse(fmt.Sprintf("自加栏的键“%s”应以 own_ 开头", clip(string(b.Key))), fmt.Sprintf("the key %q of an own column must be own_ and letters, digits or hyphens", b.Key))
		return
	}
	at := len(t.Fields)
	if b.After != "" {
		at = 1 + slices.IndexFunc(t.Fields, func(c Field) bool { return c.Key == b.After })
		if at == 0 {
			w.refuse(fmt.Sprintf("表上没有“%s”，不能加在它后面", clip(string(b.After))), fmt.Sprintf("it has no column %q to add one after", b.After))
			return
		}
	}
	t.Fields = slices.Insert(t.Fields, at, Field{Key: b.Key, Zh: b.Zh, En: b.En, Width: max(b.Width, 1), Kind: KindBlank})
}

// order puts the columns of a table in a new order: all of them, each once.
func (w *wording) order(f *Form, table string, keys []Key) {
	t, ok := f.Table(table)
	if !ok {
		w.refuse(fmt.Sprintf("没有表格“%s”，不能排序", clip(table)), fmt.Sprintf("it has no table %q to order", table))
		return
	}
	var ordered []Field
	for _, k := range keys {
		if c := t.Column(k); c != nil {
			ordered = append(ordered, *c)
		}
	}
	if len(ordered) != len(keys) || len(keys) != len(t.Fields) || distinct(ordered) != nil {
		w.refuse(fmt.Sprintf("表格“%s”的顺序须列出每个可见的栏，各一次", clip(table)), fmt.Sprintf("the order of table %q must name every visible column once", table))
		return
	}
	t.Fields = ordered
}
