package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// prologuePace is faster than the main job's: nobody watches each carrier.
const prologuePace = 400

func newYearCommand() *cobra.Command {
	var o prologueOptions
	c := &cobra.Command{
		Use: "year", Short: "序幕演示 / the prologue alone: a year in a bureau's life", Args: cobra.NoArgs,
		Long: "Lives through a year of an invented bureau on a virtual station of its own, whose clock the bench sets, and compares its books with the generator's.\nEnds with status 1 and the differing line when they do not agree.",
		RunE: func(c *cobra.Command, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("cannot find the programs: %w", err)
			}
			o.bin = filepath.Dir(self)
			return tellPrologue(c.Context(), o, c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.IntVar(&o.carriers, "carriers", 200, "that come in or are made; copies come on top")
	f.Uint64Var(&o.seed, "seed", 1, "of all chance")
	f.StringVar(&o.profile, "profile", "testdata/policy/unit-training.toml", "policy profile of the training unit")
	f.Float64Var(&o.pace, "pace", prologuePace, "physics of the shredder this much faster than real time")
	return c
}
