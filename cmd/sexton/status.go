package main

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"sexton/internal/fault"
	"sexton/web/api"
)

func newStatusCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "站点状态 / the station at a glance", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runStatus(c.Context(), e) },
	}
}

func runStatus(ctx context.Context, e *env) error {
	s, err := call[api.StatusView](ctx, e, "status", api.None{})
	if err != nil {
		return err
	}
	return e.print(s, func(w io.Writer) {
		if s.Bench {
			fmt.Fprintln(w, "【演练站 / BENCH】 没有任何真实载体被销毁 / nothing real is destroyed here")
		}
		fmt.Fprintf(w, "站点 station    %s  (%s)\n", clean(s.Origin), clean(s.Software))
		fmt.Fprintf(w, "账本 ledger     %d  root %s\n", s.Ledger.Size, s.Ledger.Root)
		fmt.Fprintf(w, "规则 policy     %s %s\n", clean(s.Policy.Profile), clean(s.Policy.Version))
		printMachine(w, s.Machine)
		printUSB(w, s.USB)
		for _, r := range s.Readers {
			state := "空 / empty"
			if r.Present {
				state = "有卡 / card"
			}
			if r.Suspect != "" {
				state = "停用 / set aside: " + clean(r.Suspect)
			}
			fmt.Fprintf(w, "读卡器 reader   %s  %s\n", clean(r.Name), state)
		}
		for _, p := range s.Sessions {
			printSession(w, p)
		}
		printCases(w, s.Open)
		for _, r := range s.Recovery {
			fmt.Fprintf(w, "启动时处理 recovery: %s\n", clean(r))
		}
	})
}

func printMachine(w io.Writer, m api.MachineView) {
	switch {
	case !m.Connected:
		fmt.Fprintf(w, "设备 machine    未连接 / not connected  %s\n", clean(m.Fault))
		return
	case !m.Authenticated:
		fmt.Fprint(w, "设备 machine    【未鉴别 / unauthenticated】 ")
	default:
		fmt.Fprint(w, "设备 machine    ")
	}
	fmt.Fprintf(w, "%s %s %s  %s %s\n", clean(m.Machine), clean(m.Model), clean(m.Serial), clean(m.StateZh), clean(m.State))
	for i, r := range m.Reasons {
		zh := ""
		if i < len(m.ReasonsZh) {
			zh = m.ReasonsZh[i]
		}
		fmt.Fprintf(w, "                %s / %s\n", clean(zh), clean(r))
	}
}

func printSession(w io.Writer, s api.SessionView) {
	state := "已登录 / logged in"
	if s.Locked {
		state = "已锁定 / locked: " + clean(fault.Term(s.Cause)+" "+s.Cause)
	}
	fmt.Fprintf(w, "会话 session    %s %s [%s] @ %s  %s\n", clean(s.Person), clean(s.Name), strings.Join(s.Roles, ","), clean(s.Reader), state)
}

func printCases(w io.Writer, cases []api.OpenCase) {
	for _, c := range cases {
		fmt.Fprintf(w, "未结 open case  %s  %s %s  %s\n", clean(c.Carrier), clean(c.StateZh), clean(c.State), clean(strings.Join(c.Reasons, ", ")))
	}
}

func newWatchCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "watch", Short: "实时事件 / follow events as they happen", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runWatch(c.Context(), e) },
	}
}

func runWatch(ctx context.Context, e *env) error {
	err := e.client.Events(ctx, func(ev api.Event) error {
		if e.json {
			return e.print(ev, nil)
		}
		fmt.Fprintf(e.out, "%s  %-8s %s  %s / %s\n", ev.At.Local().Format("15:04:05.000"), ev.Type, clean(ev.Subject), clean(ev.Zh), clean(ev.En))
		return nil
	})
	if ctx.Err() != nil {
		return nil // ended by the person
	}
	return err
}

func newReaderCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "reader", Short: "读卡器 / card readers"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "列出读卡器 / list readers", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := call[api.StatusView](c.Context(), e, "status", api.None{})
			if err != nil {
				return err
			}
			return e.print(s.Readers, func(w io.Writer) {
				var rows [][]string
				for _, r := range s.Readers {
					rows = append(rows, []string{r.Name, fmt.Sprint(r.Present), r.Suspect, r.Session})
				}
				table(w, "READER\tCARD\tSET ASIDE\tSESSION", rows)
			})
		},
	})
	return c
}

// counts renders a map as "a 3  b 1" in stable order.
func counts(m map[string]int64) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	parts := make([]string, 0, len(keys))
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, "  ")
}
