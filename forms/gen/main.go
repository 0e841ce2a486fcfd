// Command gen writes docs/operations/forms.md from the forms.
package main

import (
	"bytes"
	"log"
	"os"

	"sexton/forms"
)

func main() {
	c, err := forms.Load()
	if err != nil {
		log.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.WriteDoc(&b); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("../docs/operations/forms.md", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
