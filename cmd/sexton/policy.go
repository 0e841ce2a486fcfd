package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sexton/internal/fault"
	"sexton/policy"
	"sexton/web/api"
)

func newPolicyCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "规则 / policy profiles"}
	c.AddCommand(newPolicyAdoptCommand(e), newPolicyCheckCommand(e), newPolicyExplainCommand(e), newPolicyRolesCommand(e))
	return c
}

func newPolicyAdoptCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "adopt FILE", Short: "启用规则 / put a profile in force, signed by an admin", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return usageError{fmt.Errorf("cannot read profile: %w", err)}
			}
			by, err := e.signer(c.Context(), "启用规则 / adopt policy")
			if err != nil {
				return err
			}
			p, err := call[api.PolicyView](c.Context(), e, "policy/adopt", api.PolicyRequest{Profile: b, Admin: by})
			if err != nil {
				return err
			}
			return e.print(p, func(io.Writer) {
				e.ok("已启用规则 "+p.Profile+" "+p.Version, "policy in force: "+p.Profile+" "+p.Version+" sha256 "+p.SHA256)
			})
		},
	}
}

// profileBytes reads a profile file, or a built-in one: NAME or NAME@VERSION.
func profileBytes(file, name string) ([]byte, error) {
	if (file == "") == (name == "") {
		return nil, usageError{errors.New("say either a file or --builtin NAME")}
	}
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, usageError{fmt.Errorf("cannot read profile: %w", err)}
		}
		return b, nil
	}
	b, err := policy.BuiltinBytes(name)
	if err != nil {
		return nil, usageError{fmt.Errorf("%w; there are: %s", err, strings.Join(policy.BuiltinNames(), ", "))}
	}
	return b, nil
}

// CheckOptions of sexton policy check.
type CheckOptions struct {
	Builtin  string
	Markdown bool
}

func newPolicyCheckCommand(e *env) *cobra.Command {
	var o CheckOptions
	c := &cobra.Command{
		Use: "check [FILE]", Short: "检查规则 / find gaps and contradictions in a profile and print its decision table", Args: cobra.MaximumNArgs(1),
		Long: "Reads a profile file, without the daemon, and says with line and row what is decided twice or not at all, where a higher classification\nis treated more loosely than a lower one, what can never decide, and which rows are empty or unconfirmed; then prints the decision table.\nStatus 3 when there are errors.",
		RunE: func(_ *cobra.Command, args []string) error { return runPolicyCheck(o, args, e) },
	}
	c.Flags().StringVar(&o.Builtin, "builtin", "", "check a built-in profile: NAME or NAME@VERSION")
	c.Flags().BoolVar(&o.Markdown, "markdown", false, "print the decision table as Markdown")
	return c
}

// checkView is the JSON of sexton policy check.
type checkView struct {
	Profile  string           `json:"profile"`
	Version  string           `json:"version"`
	Errors   int              `json:"errors"`
	Warnings int              `json:"warnings"`
	Notes    int              `json:"notes"`
	Findings []policy.Finding `json:"findings"`
	Tables   []policy.Grid    `json:"tables"`
}

func runPolicyCheck(o CheckOptions, args []string, e *env) error {
	data, err := profileBytes(strings.Join(args, ""), o.Builtin)
	if err != nil {
		return err
	}
	r := policy.Lint(data)
	v := checkView{Errors: r.Count(policy.Error), Warnings: r.Count(policy.Warning), Notes: r.Count(policy.Note), Findings: r.Findings, Tables: []policy.Grid{}}
	if r.Profile != nil {
		v.Profile, v.Version, v.Tables = r.Profile.Name, r.Profile.Version, r.Profile.Tables()
	}
	if err := e.print(v, func(w io.Writer) { printCheck(w, v, o.Markdown) }); err != nil {
		return err
	}
	if v.Errors > 0 {
		return fault.New("policy.unsound", nil, v.Errors)
	}
	return nil
}

// signs mark the findings of each severity.
var signs = map[policy.Severity]string{policy.Error: "✗", policy.Warning: "!", policy.Note: "·"}

func printCheck(w io.Writer, v checkView, markdown bool) {
	fmt.Fprintf(w, "规则 / profile %s %s：错误 errors %d  提醒 warnings %d  说明 notes %d\n", clean(v.Profile), clean(v.Version), v.Errors, v.Warnings, v.Notes)
	for _, f := range v.Findings {
		says := f.Sentence()
		fmt.Fprintf(w, "%s %s\n  %s\n", signs[f.Severity], clean(says.Zh), clean(says.En))
	}
	if markdown {
		printGrids(w, v.Tables, func(g policy.Grid, l policy.Lang) string { return g.Markdown(l) })
		return
	}
	printGrids(w, v.Tables, policy.Grid.Text)
}

// printGrids prints tables in Chinese, then in English.
func printGrids(w io.Writer, grids []policy.Grid, as func(policy.Grid, policy.Lang) string) {
	for _, l := range []policy.Lang{policy.InChinese, policy.InEnglish} {
		for _, g := range grids {
			title := g.Title.Zh
			if l == policy.InEnglish {
				title = g.Title.En
			}
			fmt.Fprintf(w, "\n%s\n\n", clean(title))
			for _, line := range strings.Split(strings.TrimSuffix(as(g, l), "\n"), "\n") {
				fmt.Fprintln(w, clean(line))
			}
		}
	}
}

// ExplainOptions of sexton policy explain.
type ExplainOptions struct {
	Act, Level, Medium string
	Profile, Builtin   string
}

func newPolicyExplainCommand(e *env) *cobra.Command {
	var o ExplainOptions
	c := &cobra.Command{
		Use: "explain", Short: "解释规则 / say what the rules demand of an act, with their articles", Args: cobra.NoArgs,
		Long:    "Asks the profile in force, or the one of --profile or --builtin without the daemon. Acts, classifications and media are understood in Chinese,\nin English and as wire words; --medium also takes carrier kinds such as usb. That the rules refuse is an answer, with status 0.",
		Example: "  sexton policy explain --medium usb --level 机密 --act destroy",
		RunE:    func(c *cobra.Command, _ []string) error { return runPolicyExplain(c.Context(), o, e) },
	}
	f := c.Flags()
	f.StringVar(&o.Act, "act", "", "act: destroy 销毁, copy 复制, lend 借阅, dispatch 发文 …")
	f.StringVar(&o.Level, "level", "", "classification: 绝密 机密 秘密 工作秘密 内部 公开, or top-secret …")
	f.StringVar(&o.Medium, "medium", "", "carrier kind or medium: paper disc usb hdd ssd tape film …; needed for destroy")
	f.StringVar(&o.Profile, "profile", "", "ask this profile file instead of the one in force")
	f.StringVar(&o.Builtin, "builtin", "", "ask a built-in profile instead: NAME or NAME@VERSION")
	for _, name := range []string{"act", "level"} {
		_ = c.MarkFlagRequired(name) // fails only for a flag that does not exist
	}
	return c
}

func runPolicyExplain(ctx context.Context, o ExplainOptions, e *env) error {
	x, err := explain(ctx, o, e)
	if err != nil {
		return err
	}
	return e.print(x, func(w io.Writer) { printExplanation(w, x) })
}

func explain(ctx context.Context, o ExplainOptions, e *env) (policy.Explanation, error) {
	if o.Profile == "" && o.Builtin == "" {
		return call[policy.Explanation](ctx, e, "policy/explain", api.ExplainRequest{Act: o.Act, Classification: o.Level, CarrierKind: o.Medium})
	}
	data, err := profileBytes(o.Profile, o.Builtin)
	if err != nil {
		return policy.Explanation{}, err
	}
	p, err := policy.Parse(data)
	var bad *policy.Unreadable
	if errors.As(err, &bad) {
		return policy.Explanation{}, badRequest(err, bad.Sentence())
	}
	q, err := policy.ParseQuestion(o.Act, o.Level, o.Medium, time.Now().UTC())
	var no *policy.Refusal
	if errors.As(err, &no) {
		return policy.Explanation{}, badRequest(err, policy.Text{Zh: no.Zh, En: no.En})
	}
	return p.Explain(q), nil
}

// badRequest is a request that cannot be understood, in the words of package
// policy.
func badRequest(err error, says policy.Text) error {
	f := fault.New("usage.bad-request", err)
	f.Zh, f.En = says.Zh, says.En
	return f
}

func printExplanation(w io.Writer, x policy.Explanation) {
	two := func(indent, mark string, t policy.Text) {
		fmt.Fprintf(w, "%s%s%s\n%s%s%s\n", indent, mark, clean(t.Zh), indent, strings.Repeat(" ", len([]rune(mark))), clean(t.En))
	}
	fmt.Fprintf(w, "规则 / profile %s %s\n", clean(x.Profile), clean(x.Version))
	two("", "? ", x.Question)
	if x.Allowed {
		two("", "✓ ", policy.Text{Zh: "可以办理，要求如下", En: "allowed, under these demands"})
	} else {
		two("", "✗ ", x.Refusal)
		two("  ", "→ ", x.Who)
	}
	for _, d := range x.Demands {
		two("  ", "- ", d)
	}
	for _, r := range x.Rows {
		fmt.Fprintf(w, "依据 / basis [%s] %s %s  %s  %s\n", clean(r.ID), r.StatusIn.Zh, r.StatusIn.En, clean(r.Effective), clean(r.Document))
		two("    ", "", r.Law)
		if r.Note.Zh != "" && r.Note.Zh != x.Refusal.Zh {
			two("    ", "", r.Note)
		}
	}
}

func newPolicyRolesCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "roles", Short: "岗位分工 / who may do what, and the separations of duties", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return e.print(policy.Gates(), func(w io.Writer) { printGrids(w, policy.DoorTables(), policy.Grid.Text) })
		},
	}
}
