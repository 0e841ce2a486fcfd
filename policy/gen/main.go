// Command gen writes docs/operations/roles.md from the table of gates.
package main

import (
	"log"
	"os"

	"sexton/policy"
)

func main() {
	if err := os.WriteFile("../docs/operations/roles.md", []byte(policy.RolesDoc()), 0o644); err != nil {
		log.Fatal(err)
	}
}
