package forms

import (
	"embed"
	"fmt"
	"slices"
)

//go:embed data/*.toml
var files embed.FS

// Catalogue is every form in the wording of one unit.
type Catalogue struct {
	Unit  string // whose wording; "" = as shipped
	forms []*Form
}

// Load reads the forms that come with the program and applies a unit's own
// wordings one after the other.
func Load(overrides ...[]byte) (*Catalogue, error) {
	c := &Catalogue{}
	entries, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("cannot list forms: %w", err)
	}
	for _, e := range entries {
		data, err := files.ReadFile("data/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("cannot read forms: %w", err)
		}
		list, err := parse(data)
		if err != nil {
			return nil, fmt.Errorf("cannot read forms of %s: %w", e.Name(), err)
		}
		for _, f := range list {
			if _, double := c.Form(f.ID); double {
				return nil, fmt.Errorf("cannot read forms of %s: form %s twice", e.Name(), f.ID)
			}
			c.forms = append(c.forms, f)
		}
	}
	for i, data := range overrides {
		if err := c.override(data); err != nil {
			return nil, fmt.Errorf("cannot take wording %d: %w", i+1, err)
		}
	}
	return c, nil
}

// Forms lists all forms in the order of their numbers.
func (c *Catalogue) Forms() []*Form { return slices.Clone(c.forms) }

// Form finds a form by its id.
func (c *Catalogue) Form(id string) (*Form, bool) {
	for _, f := range c.forms {
		if f.ID == id {
			return f, true
		}
	}
	return nil, false
}
