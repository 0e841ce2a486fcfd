// Command gen writes docs/operations/faults.md from the table of faults.
package main

import (
	"log"
	"os"

	"sexton/internal/fault"
)

func main() {
	f, err := os.Create("../../docs/operations/faults.md")
	if err != nil {
		log.Fatal(err)
	}
	if err := fault.WriteDoc(f); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
