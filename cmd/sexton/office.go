package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newDepartmentCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "department", Short: "部门 / departments and the highest classification each may hold"}
	var r api.DepartmentRequest
	enter := &cobra.Command{
		Use: "enter ID", Short: "登记或变更部门 / enter a department, or change or close it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Department, r.Session = args[0], s.ID
			v, err := call[api.DepartmentView](c.Context(), e, "department/enter", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok("已登记部门 "+v.Department+" "+v.Name+"，最高 "+v.HighestZh, "department "+v.Department+" may hold up to "+v.Highest)
			})
		},
	}
	enter.Flags().StringVar(&r.Name, "name", "", "name, as on forms (kept private); left out = as before")
	enter.Flags().StringVar(&r.Highest, "highest", "", "highest classification it may hold, e.g. 机密 or secret")
	enter.Flags().BoolVar(&r.Closed, "close", false, "close it")
	_ = enter.MarkFlagRequired("highest")
	c.AddCommand(enter, listCommand(e, "列出部门 / list departments", "department/list", "ID\tNAME\tHIGHEST\tCLOSED", func(v api.DepartmentView) []string {
		return []string{v.Department, v.Name, v.HighestZh, mark(v.Closed)}
	}))
	return c
}

// listCommand lists what op answers, one line for each.
func listCommand[T any](e *env, short, op, head string, row func(T) []string) *cobra.Command {
	return &cobra.Command{Use: "list", Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		all, err := call[[]T](c.Context(), e, op, api.None{})
		if err != nil {
			return err
		}
		return e.print(all, func(w io.Writer) {
			var rows [][]string
			for _, v := range all {
				rows = append(rows, row(v))
			}
			table(w, head, rows)
		})
	}}
}

// mark is a tick for true.
func mark(b bool) string {
	if b {
		return "✓"
	}
	return ""
}

func newPlaceCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "place", Short: "部位 / cabinets and rooms"}
	var r api.PlaceRequest
	enter := &cobra.Command{
		Use: "enter ID", Short: "登记或变更部位 / enter a cabinet or room, or change or close it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Place, r.Session = args[0], s.ID
			v, err := call[api.PlaceView](c.Context(), e, "place/enter", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok("已登记部位 "+v.Place+" "+v.Name+"，"+v.UseZh+"，最高 "+v.HighestZh, "place "+v.Place+" ("+v.Use+") may hold up to "+v.Highest)
			})
		},
	}
	f := enter.Flags()
	f.StringVar(&r.Department, "department", "", "department it belongs to")
	f.StringVar(&r.Use, "use", "cabinet", "cabinet, approved-cabinet, room, reading-room, archive-room or waiting-room")
	f.StringVar(&r.Name, "name", "", "name (kept private); left out = as before")
	f.StringVar(&r.Highest, "highest", "", "highest classification it may hold, e.g. 机密 or secret")
	f.StringVar(&r.Keeper, "keeper", "", "person who answers for it")
	f.BoolVar(&r.Closed, "close", false, "close it")
	_ = enter.MarkFlagRequired("department")
	_ = enter.MarkFlagRequired("highest")
	c.AddCommand(enter, listCommand(e, "列出部位 / list places", "place/list", "ID\tNAME\tDEPARTMENT\tUSE\tHIGHEST\tKEEPER\tCLOSED", func(v api.PlaceView) []string {
		return []string{v.Place, v.Name, v.Department, v.UseZh, v.HighestZh, v.Keeper, mark(v.Closed)}
	}))
	return c
}

func newFirmCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "firm", Short: "销毁单位 / destruction bodies and their qualification"}
	var r api.FirmRequest
	enter := &cobra.Command{
		Use: "enter ID", Short: "登记或变更销毁单位 / enter a destruction body, or change or close it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Firm, r.Session = args[0], s.ID
			v, err := call[api.FirmView](c.Context(), e, "firm/enter", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok("已登记销毁单位 "+v.Firm+" "+v.Name+"，资质至 "+v.QualifiedTill, "firm "+v.Firm+" is qualified up to "+v.Highest+" until "+v.QualifiedTill)
			})
		},
	}
	f := enter.Flags()
	f.StringVar(&r.Form, "form", "qualified-firm", "administration, designated or qualified-firm")
	f.StringVar(&r.Name, "name", "", "name (kept private); left out = as before")
	f.StringVar(&r.Qualification, "qualification", "", "number of its qualification (kept private); left out = as before")
	f.StringVar(&r.Highest, "highest", "", "highest classification its qualification reaches")
	f.StringVar(&r.QualifiedTill, "until", "", "last day of its qualification, 2026-12-31")
	f.BoolVar(&r.Closed, "close", false, "close it")
	_ = enter.MarkFlagRequired("highest")
	_ = enter.MarkFlagRequired("until")
	c.AddCommand(enter, listCommand(e, "列出销毁单位 / list destruction bodies", "firm/list", "ID\tNAME\tFORM\tHIGHEST\tQUALIFIED TILL\tDAYS\tCLOSED", func(v api.FirmView) []string {
		return []string{v.Firm, v.Name, v.FormZh, v.HighestZh, v.QualifiedTill, fmt.Sprint(v.DaysLeft), mark(v.Closed)}
	}))
	return c
}

// addPostCommands adds to person what concerns his post.
func addPostCommands(e *env, person *cobra.Command) {
	posts := listCommand(e, "涉密岗位、培训、承诺书 / posts, clearance, training and pledges", "person/posts",
		"PERSON\tNAME\tDEPARTMENT\tPOST\tGRADE\tCLEARANCE\tTRAINED TILL\tDAYS\tREVIEW\tCARD TILL\tSTATE", func(v api.PostView) []string {
			days := ""
			if v.TrainedTill != "" {
				days = fmt.Sprint(v.TrainingLeft)
			}
			return []string{v.Person, v.Name, v.Department, v.Post, v.GradeZh, v.ClearanceZh, v.TrainedTill, days, v.Review, v.CardUntil, v.StateZh}
		})
	posts.Use = "posts"
	person.AddCommand(posts, newPostCommand(e), newPledgeCommand(e), newLeaveCommand(e), newOutstandingCommand(e))
}

func newPostCommand(e *env) *cobra.Command {
	var r api.PostRequest
	c := &cobra.Command{
		Use: "post PERSON", Short: "任岗或换岗 / put a person on a secret post, or move him", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Person, r.Session = args[0], s.ID
			v, err := call[api.PostView](c.Context(), e, "person/post", r)
			if err != nil {
				return err
			}
			return e.print(v, func(io.Writer) {
				e.ok(v.Person+" "+v.Name+"："+v.Post+"，"+v.GradeZh+"，"+v.ClearanceZh+"；待本人签承诺书",
					v.Person+" is cleared up to "+v.Clearance+"; his pledge for this post is due")
			})
		},
	}
	f := c.Flags()
	f.StringVar(&r.Department, "department", "", "department")
	f.StringVar(&r.Post, "title", "", "name of the post (kept private); left out = as before")
	f.StringVar(&r.Grade, "grade", "general", "core, important or general")
	f.StringVar(&r.Clearance, "clearance", "", "highest classification he may handle")
	f.StringVar(&r.TrainedTill, "trained-till", "", "last day his training is valid, 2026-12-31")
	f.StringVar(&r.Since, "since", "", "first day on the post; left out = today")
	for _, n := range []string{"department", "clearance", "trained-till"} {
		_ = c.MarkFlagRequired(n)
	}
	return c
}

func newPledgeCommand(e *env) *cobra.Command {
	var r api.PledgeRequest
	c := &cobra.Command{
		Use: "pledge", Short: "本人签署保密承诺书 / sign the undertaking of secrecy with one's own card",
		Long: "Shows the undertaking and has the person of the session (--as) sign it.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runPledge(c.Context(), e, r) },
	}
	c.Flags().BoolVar(&r.Leaving, "leaving", false, "the undertaking on leaving a post")
	return c
}

func runPledge(ctx context.Context, e *env, r api.PledgeRequest) error {
	text, err := call[api.PledgeView](ctx, e, "person/pledge-text", api.PledgeRequest{Leaving: r.Leaving})
	if err != nil {
		return err
	}
	fmt.Fprintln(e.err, text.Text)
	if r.By, err = e.signer(ctx, "签署承诺书 / sign the undertaking"); err != nil {
		return err
	}
	v, err := call[api.SignedView](ctx, e, "person/pledge", r)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
}

func newLeaveCommand(e *env) *cobra.Command {
	var r api.LeaveRequest
	c := &cobra.Command{
		Use: "leave PERSON", Short: "离岗 / end a post; refused while anything is outstanding", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r.Person = args[0]
			return runLeave(c.Context(), e, r)
		},
	}
	c.Flags().StringVar(&r.Reason, "reason", "", "transfer, retirement, resignation, dismissal or other")
	c.Flags().StringVar(&r.CoolingUntil, "cooling-until", "", "last day of the cooling-off period, 2029-12-31")
	_ = c.MarkFlagRequired("reason")
	return c
}

func runLeave(ctx context.Context, e *env, r api.LeaveRequest) (err error) {
	if r.By, err = e.signer(ctx, "离岗 / leaving of "+r.Person); err != nil {
		return err
	}
	v, err := call[api.LeaveView](ctx, e, "person/leave", r)
	if err != nil && v.Outstanding.Person == "" {
		return err
	}
	if perr := e.print(v, func(w io.Writer) {
		if err != nil {
			printOutstanding(w, v.Outstanding)
			return
		}
		e.ok(r.Person+" 已离岗", r.Person+" has left the post; its sessions are closed")
	}); perr != nil {
		return perr
	}
	return err
}

func newOutstandingCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "outstanding PERSON", Short: "未结事项 / what keeps a person from leaving", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.OutstandingView](c.Context(), e, "person/outstanding", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printOutstanding(w, v) })
		},
	}
}

func printOutstanding(w io.Writer, v api.OutstandingView) {
	for _, l := range []struct {
		zh, en string
		ids    []string
	}{{"载体", "carriers", v.Carriers}, {"未闭环的交接", "open movements", v.Movements}, {"待整改问题", "findings", v.Findings}, {"负责的部位", "places in his charge", v.Places}, {"名下的U盘", "USB keys of his", v.Keys}} {
		fmt.Fprintf(w, "%s %s: %d\n", l.zh, l.en, len(l.ids))
		for _, id := range l.ids {
			fmt.Fprintf(w, "  %s\n", clean(id))
		}
	}
	fmt.Fprintf(w, "离岗承诺书 leaving pledge: %s\n", yesNo(v.Pledged))
	fmt.Fprintf(w, "查至账本 %d 条，根 / looked up at %d leaves, root %s\n", v.Ledger.Size, v.Ledger.Size, v.Ledger.Root)
}

func yesNo(b bool) string {
	if b {
		return "已签 signed"
	}
	return "未签 not signed"
}
