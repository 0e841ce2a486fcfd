package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

// Rules of the output: what a device says of itself is shown last on its line, escaped; a verdict stands before it.

func newKeyCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "U盘 / registered USB keys: only these are taken, and each insertion is checked for copies",
		Long: "USB keys. Each insertion of a registered key compares what it says of itself, then asks its rolling canary before anything else, and rotates it.\n" +
			"So of two copies one is found out, at the latest when the second of them is inserted. It is detected, not prevented."}
	c.AddCommand(newKeyAttachedCommand(e), newKeyRegisterCommand(e), newKeyListCommand(e), newKeyShowCommand(e),
		newKeyAtPortCommand(e, "check", "核对插入的U盘 / ask the inserted key's canary again", "key/check"),
		newKeyAtPortCommand(e, "eject", "弹出U盘 / rotate the canary and let the key be pulled out", "key/eject"),
		newKeySignedCommand(e, "retire", "停用U盘 / retire a key for good", "key/retire"), newKeyLoseCommand(e),
		newKeySignedCommand(e, "find", "登记找到的U盘 / enter a lost key as found", "key/find"))
	return c
}

func newKeyAttachedCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "attached", Short: "插着什么 / what is inserted, and what was decided", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		all, err := call[[]api.AttachedView](c.Context(), e, "key/attached", api.None{})
		if err != nil {
			return err
		}
		return e.print(all, func(w io.Writer) {
			for _, v := range all {
				printAttached(w, v)
			}
		})
	}}
}

// printAttached: two lines on what was decided, one on what the device says.
func printAttached(w io.Writer, v api.AttachedView) {
	name := ""
	if v.Key != "" {
		name = "  U盘 " + v.Key
	}
	zh, en := v.StateZh, v.StateEn
	if v.State == "refused" {
		zh, en = v.Zh, v.En
	}
	fmt.Fprintf(w, "端口 port %s%s  %s\n  %s\n", clean(v.Port), clean(name), clean(zh), clean(en))
	fmt.Fprintf(w, "  规则 rule %s  自称 says: %q %q %q\n", clean(v.Rule), v.Manufacturer, v.Product, v.Serial)
}

func newKeyRegisterCommand(e *env) *cobra.Command {
	var r api.RegisterKeyRequest
	c := &cobra.Command{Use: "register NUMBER", Short: "登记插入的U盘 / register the inserted key under the unit's number", Args: cobra.ExactArgs(1),
		Long: "Registers the USB key that is inserted, or registers one anew that was lost, doubted or retired. Its capacity is proven by writing and reading back\n" +
			"blocks all over it: what they hold is lost, or with --keep saved and written back. The canary then takes some of its last blocks for good.\n" +
			"An administrator signs.",
		RunE: func(c *cobra.Command, args []string) error {
			r.Key = args[0]
			return runKeyRegister(c.Context(), e, r)
		}}
	f := c.Flags()
	f.StringVar(&r.Port, "port", "", "port it is inserted at, 1-2.3; may be left out while only one device is")
	f.StringVar(&r.Label, "label", "", "what stands on it (kept private)")
	f.StringVar(&r.Purpose, "purpose", "", "what it is for (kept private)")
	f.StringVar(&r.Owner, "owner", "", "person who answers for it")
	f.StringVar(&r.Department, "department", "", "department it is used in")
	f.StringVar(&r.Place, "place", "", "place it is bound to; left out = anywhere in the department")
	f.StringVar(&r.Classification, "level", "", "highest classification it may hold, e.g. 秘密 or confidential")
	f.StringVar(&r.Expires, "until", "", "last day it may be used, 2027-12-31")
	f.BoolVar(&r.Keep, "keep", false, "save what the probed blocks hold and write it back")
	for _, name := range []string{"label", "purpose", "owner", "department", "level", "until"} {
		_ = c.MarkFlagRequired(name)
	}
	return c
}

func runKeyRegister(ctx context.Context, e *env, r api.RegisterKeyRequest) error {
	zh, en := "这个U盘上的内容将丢失：各处的块会被改写，用来证明容量。", "What this USB key holds will be lost: blocks all over it are overwritten to prove its capacity."
	if r.Keep {
		zh, en = "各处的块会被改写后复原；最后约一千块归本站标记所有，其中的内容将丢失。拔出或断电会使复原中断。", "Blocks all over it are overwritten and written back; about a thousand of its last blocks are taken by the canary, and what they hold is lost. Pulling it out, or a power cut, breaks the writing back off."
	}
	if err := e.typedBack(r.Label, zh, en); err != nil {
		return err
	}
	r.Confirm = r.Label
	var err error
	if r.By, err = e.signer(ctx, "登记U盘 / register a USB key "+r.Key); err != nil {
		return err
	}
	v, err := call[api.KeyView](ctx, e, "key/register", r)
	if err != nil {
		return err
	}
	return e.print(v, func(io.Writer) {
		e.ok(fmt.Sprintf("已登记U盘 %s，责任人 %s %s，最高 %s，至 %s；容量已证实 %s", v.Key, v.Owner, v.OwnerName, v.LevelZh, v.Expires, size(v.Bytes)),
			fmt.Sprintf("USB key %s is registered for %s, up to %s, until %s; capacity proven: %s (%s)", v.Key, v.Owner, v.Level, v.Expires, size(v.Bytes), v.Capacity))
	})
}

// size says bytes in the units keys are sold in.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return strconv.FormatFloat(float64(n)/1e9, 'f', 1, 64) + " GB"
	case n >= 1e6:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

func newKeyListCommand(e *env) *cobra.Command {
	var f api.KeyFilterRequest
	c := &cobra.Command{Use: "list", Short: "列出U盘 / list registered keys", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		all, err := call[[]api.KeyView](c.Context(), e, "key/list", f)
		if err != nil {
			return err
		}
		return e.print(all, func(w io.Writer) {
			var rows [][]string
			for _, v := range all {
				rows = append(rows, []string{v.Key, v.Label, v.Owner, v.Department, v.Place, v.LevelZh, v.Expires, fmt.Sprint(v.DaysLeft), v.StateZh, size(v.Bytes), v.Port})
			}
			table(w, "NUMBER\tLABEL\tOWNER\tDEPARTMENT\tPLACE\tLEVEL\tUNTIL\tDAYS\tSTATE\tSIZE\tPORT", rows)
		})
	}}
	c.Flags().StringVar(&f.State, "state", "", "registered, suspect, lost or retired")
	c.Flags().StringVar(&f.Owner, "owner", "", "person who answers for them")
	return c
}

func newKeyShowCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "show NUMBER", Short: "U盘及其历史 / one key with its history", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		v, err := call[api.KeyView](c.Context(), e, "key/show", api.ByID{ID: args[0]})
		if err != nil {
			return err
		}
		return e.print(v, func(w io.Writer) {
			fmt.Fprintf(w, "U盘 key         %s  %s  %s / %s\n", clean(v.Key), clean(v.Label), clean(v.StateZh), clean(v.State))
			fmt.Fprintf(w, "用途 purpose    %s\n", clean(v.Purpose))
			fmt.Fprintf(w, "责任人 owner    %s %s  %s %s\n", clean(v.Owner), clean(v.OwnerName), clean(v.Department), clean(v.Place))
			fmt.Fprintf(w, "最高 level      %s / %s，至 until %s（%d 天 / days）\n", clean(v.LevelZh), clean(v.Level), clean(v.Expires), v.DaysLeft)
			fmt.Fprintf(w, "容量 capacity   %s  %s\n", size(v.Bytes), clean(v.Capacity))
			fmt.Fprintf(w, "标记 canary     第 %d 期 / epoch %d；登记 %d 次，登记人 %s / registered %d times, by %s\n", v.Epoch, v.Epoch, v.Times, clean(v.Registrar), v.Times, clean(v.Registrar))
			if !v.HasSerial {
				fmt.Fprintln(w, "                没有序列号：同型号的只能靠标记区分 / no serial number: told from others of its model by the canary alone")
			}
			printHistory(w, v.History)
		})
	}}
}

func newKeyAtPortCommand(e *env, use, short, op string) *cobra.Command {
	var port string
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		s, err := e.session(c.Context())
		if err != nil {
			return err
		}
		v, err := call[api.AttachedView](c.Context(), e, op, api.AtPortRequest{Session: s.ID, Port: port})
		if err != nil {
			return err
		}
		return e.print(v, func(io.Writer) {
			e.ok("U盘 "+v.Key+"："+v.StateZh, "USB key "+v.Key+": "+v.StateEn)
		})
	}}
	c.Flags().StringVar(&port, "port", "", "port, 1-2.3; may be left out while only one device is inserted")
	return c
}

func newKeySignedCommand(e *env, use, short, op string) *cobra.Command {
	var r api.KeyStepRequest
	c := &cobra.Command{Use: use + " NUMBER", Short: short, Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		r.Key = args[0]
		var err error
		if r.By, err = e.signer(c.Context(), short); err != nil {
			return err
		}
		v, err := call[api.KeyView](c.Context(), e, op, r)
		return keyDone(e, v, err)
	}}
	c.Flags().StringVar(&r.Reason, "reason", "", "why (kept private)")
	return c
}

func newKeyLoseCommand(e *env) *cobra.Command {
	var r api.LoseKeyRequest
	c := &cobra.Command{Use: "lose NUMBER", Short: "报告U盘丢失 / report a key as lost: it is turned away from now on", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		s, err := e.session(c.Context())
		if err != nil {
			return err
		}
		r.Key, r.Session = args[0], s.ID
		v, err := call[api.KeyView](c.Context(), e, "key/lose", r)
		return keyDone(e, v, err)
	}}
	c.Flags().StringVar(&r.Reason, "reason", "", "what happened (kept private)")
	return c
}

// keyDone says how a key stands after a step.
func keyDone(e *env, v api.KeyView, err error) error {
	if err != nil {
		return err
	}
	return e.print(v, func(io.Writer) { e.ok("U盘 "+v.Key+"："+v.StateZh, "USB key "+v.Key+" is "+v.State) })
}

func newPortCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "port", Short: "USB端口 / USB ports and the places they are in"}
	var r api.PortRequest
	enrol := &cobra.Command{Use: "enrol PORT", Short: "登记端口 / enrol a port, or change it", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		s, err := e.session(c.Context())
		if err != nil {
			return err
		}
		r.Port, r.Session = args[0], s.ID
		v, err := call[api.PortView](c.Context(), e, "port/enrol", r)
		if err != nil {
			return err
		}
		return e.print(v, func(io.Writer) { e.ok("已登记USB端口 "+v.Port+" "+v.Name, "port "+v.Port+" is enrolled") })
	}}
	enrol.Flags().StringVar(&r.Name, "name", "", "name (kept private); left out = as before")
	enrol.Flags().StringVar(&r.Place, "place", "", "place it is in; left out = the station's own")
	enrol.Flags().BoolVar(&r.Hub, "hub", false, "a hub may be here")
	closing := &cobra.Command{Use: "close PORT", Short: "停用端口 / take a port out of use: keys are turned away there", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		s, err := e.session(c.Context())
		if err != nil {
			return err
		}
		v, err := call[api.PortView](c.Context(), e, "port/close", api.AtPortRequest{Session: s.ID, Port: args[0]})
		if err != nil {
			return err
		}
		return e.print(v, func(io.Writer) { e.ok("已停用USB端口 "+v.Port, "port "+v.Port+" is closed") })
	}}
	c.AddCommand(enrol, closing, listCommand(e, "列出端口 / list enrolled ports", "port/list", "PORT\tNAME\tPLACE\tHUB\tCLOSED", func(v api.PortView) []string {
		return []string{v.Port, v.Name, v.Place, mark(v.Hub), mark(v.Closed)}
	}))
	return c
}

// printUSB says how the USB side stands.
func printUSB(w io.Writer, v api.USBView) {
	state := map[string]string{"none": "未配置 / not configured", "connected": "正常 / connected", "away": "【没有应答 / does not answer】"}[v.State]
	if v.State == "connected" {
		state += fmt.Sprintf("  插入 %d，可用 %d / %d inserted, %d may be used", v.Attached, v.Taken, v.Attached, v.Taken)
	}
	fmt.Fprintf(w, "U盘 USB         %s\n", state)
}
