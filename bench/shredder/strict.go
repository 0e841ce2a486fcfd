package shredder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// strict decodes one JSON value into v and accepts nothing that could be read in two ways: no unknown, duplicate or
// differently spelt keys, no trailing data.
func strict(data []byte, v any) error {
	if err := keys(json.NewDecoder(bytes.NewReader(data)), 0); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("trailing data")
	}
	return nil
}

// keys walks one value and checks the keys of every object in it.
func keys(d *json.Decoder, depth int) error {
	if depth > 16 {
		return errors.New("nested too deeply")
	}
	tok, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := tok.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if seen[name] || name != strings.ToLower(name) {
				return fmt.Errorf("key %q is given twice or is not in lower case", name)
			}
			seen[name] = true
		}
		if err := keys(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
