package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sexton/usbctl/rules"
)

// mostRules is how long a file of rules may be.
const mostRules = 1 << 20

func newRulesCommand(out io.Writer) *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "放行规则 / rules of what may attach"}
	c.AddCommand(&cobra.Command{
		Use: "check FILE", Short: "核对本单位的规则 / check a unit's own rules", Args: cobra.ExactArgs(1),
		Long: "核对规则文件，并按次序列出全部规则。第一条符合的规则说了算。\nCheck a file of rules, and list all rules in order. The first that matches decides.\n" + exitStatus,
		RunE: func(_ *cobra.Command, args []string) error { return checkRules(args[0], out) },
	})
	return c
}

func checkRules(name string, out io.Writer) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("cannot read rules: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostRules+1))
	if err != nil {
		return fmt.Errorf("cannot read rules: %w", err)
	}
	if len(data) > mostRules {
		return fmt.Errorf("cannot read rules: %s is longer than %d bytes", name, mostRules)
	}
	own, err := rules.Parse(data)
	if err != nil {
		return err
	}
	shipped, err := rules.Default()
	if err != nil {
		return err
	}
	all, err := shipped.Before(own)
	if err != nil {
		return err
	}
	for i, r := range all.Rules {
		whose := "本单位 own"
		if i >= len(own.Rules) {
			whose = "随附 shipped"
		}
		fmt.Fprintf(out, "%3d  %-16s  %-24s  %s  %s / %s\n", i+1, r.Action, r.ID, whose, r.Zh, r.En)
	}
	fmt.Fprintln(out, "     reject            （其余一律拒绝 / everything else）")
	return nil
}
