package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sexton/internal/fault"
	"sexton/web/api"
)

func newLoginCommand(e *env) *cobra.Command {
	var reader string
	c := &cobra.Command{
		Use: "login", Short: "插卡登录 / log in with the card in a reader", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runLogin(c.Context(), e, reader) },
	}
	c.Flags().StringVar(&reader, "reader", "", "reader; may be left out while only one holds a card without a session")
	return c
}

func runLogin(ctx context.Context, e *env, reader string) error {
	reader, err := e.pickReader(ctx, reader)
	if err != nil {
		return err
	}
	pin, err := e.pin(ctx, reader, "登录 / log in @ "+reader)
	if err != nil {
		return err
	}
	s, err := call[api.SessionView](ctx, e, "session/login", api.LoginRequest{Reader: reader, PIN: pin, LastTry: e.lastTry})
	if err != nil {
		return err
	}
	return e.print(s, func(w io.Writer) { printSession(w, s) })
}

// pickReader returns name, or the only reader that holds a card nobody is
// logged in with.
func (e *env) pickReader(ctx context.Context, name string) (string, error) {
	if name != "" {
		return name, nil
	}
	s, err := call[api.StatusView](ctx, e, "status", api.None{})
	if err != nil {
		return "", err
	}
	for _, r := range s.Readers {
		if !r.Present || r.Session != "" {
			continue
		}
		if name != "" {
			return "", usageError{errors.New("several readers hold a card: say --reader")}
		}
		name = r.Name
	}
	if name == "" {
		return "", fault.New("token.no-card-any", nil)
	}
	return name, nil
}

func newLogoutCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "退出登录 / end a session", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			if _, err := call[api.None](c.Context(), e, "session/logout", api.LogoutRequest{Session: s.ID}); err != nil {
				return err
			}
			e.ok("已退出："+s.Person, s.Person+" is logged out")
			return nil
		},
	}
}

func newSessionsCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "sessions", Short: "登录的人 / who is logged in", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := call[[]api.SessionView](c.Context(), e, "session/list", api.None{})
			if err != nil {
				return err
			}
			return e.print(all, func(w io.Writer) {
				for _, s := range all {
					printSession(w, s)
				}
			})
		},
	}
}

func newPersonCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "person", Short: "人员 / people and their cards"}
	list := &cobra.Command{
		Use: "list", Short: "列出人员 / list enrolled people", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			people, err := call[[]api.PersonView](c.Context(), e, "person/list", api.None{})
			if err != nil {
				return err
			}
			return e.print(people, func(w io.Writer) {
				var rows [][]string
				for _, p := range people {
					rows = append(rows, []string{p.Person, p.Name, strings.Join(p.Roles, ","), p.SignKey[:min(16, len(p.SignKey))], p.Attestation})
				}
				table(w, "PERSON\tNAME\tROLES\tKEY 9C\tATTESTATION", rows)
			})
		},
	}
	var o api.EnrolRequest
	var prove bool
	enrol := &cobra.Command{
		Use: "enrol PERSON", Short: "登记人员和卡 / enrol a person with the card in a reader",
		Long: "Enrols PERSON with the card in --reader, signed by an admin's card in another reader (--as).\nWhile nobody is enrolled, the first admin enrols himself: his own card signs.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Person = args[0]
			return runEnrol(c.Context(), e, o, prove)
		},
	}
	enrol.Flags().StringVar(&o.Name, "name", "", "name, as on forms (kept private)")
	enrol.Flags().StringSliceVar(&o.Roles, "role", nil, "role, repeatable: admin receiver counter second-counter applicant approver destroyer attestor keeper inspector operator secrecy-officer auditor classifier")
	enrol.Flags().StringVar(&o.Reader, "reader", "", "reader that holds the card to be enrolled")
	enrol.Flags().BoolVar(&prove, "prove", true, "ask for the card's PIN and have it prove its key")
	enrol.Flags().BoolVar(&o.Namesake, "namesake", false, "another person than the enrolled one of the same name or certificate subject")
	for _, f := range []string{"name", "role", "reader"} {
		_ = enrol.MarkFlagRequired(f) // fails only for a flag that does not exist
	}
	c.AddCommand(list, enrol)
	addPostCommands(e, c)
	return c
}

func runEnrol(ctx context.Context, e *env, o api.EnrolRequest, prove bool) error {
	people, err := call[[]api.PersonView](ctx, e, "person/list", api.None{})
	if err != nil {
		return err
	}
	if prove || len(people) == 0 {
		if o.PIN, err = e.pin(ctx, o.Reader, "新卡 / card of "+o.Person); err != nil {
			return err
		}
	}
	if len(people) > 0 {
		if o.Admin, err = e.signer(ctx, "管理员签名 / admin signs"); err != nil {
			return err
		}
	}
	o.LastTry = e.lastTry
	p, err := call[api.PersonView](ctx, e, "person/enrol", o)
	if err != nil {
		return err
	}
	return e.print(p, func(io.Writer) {
		e.ok("已登记："+p.Person+" "+p.Name, p.Person+" is enrolled: "+strings.Join(p.Roles, ", "))
	})
}
