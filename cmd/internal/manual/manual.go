// Package manual gives every program the same subcommand that writes its
// manual pages (groff man, section 1). Packages call it when they are built.
package manual

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Command returns "man DIR" for the program of root.
func Command(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "手册页 / write manual pages into DIR", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("cannot make directory of manual pages: %w", err)
			}
			header := &doc.GenManHeader{Title: strings.ToUpper(root.Name()), Section: "1", Source: "Sexton", Manual: "Sexton"}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("cannot write manual pages: %w", err)
			}
			return nil
		},
	}
}
