package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// teller tells the story on the terminal and keeps the transcript.
type teller struct {
	out     io.Writer
	rig     *rig
	chapter int
	part    [2]string // before the number of a chapter, in both languages
	dir     string    // where commands run; "" = here
}

var numerals = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五", "十六", "十七", "十八", "十九", "二十"}

// begin opens a chapter.
func (t *teller) begin(zh, en string) {
	t.chapter++
	fmt.Fprintf(t.out, "\n━━ %s%s、%s ━━ %s%d. %s\n", t.part[0], numerals[t.chapter], zh, t.part[1], t.chapter, en)
}

// say tells what happens beside the commands, in both languages.
func (t *teller) say(zh, en string) { fmt.Fprintf(t.out, "  · %s\n    %s\n", zh, en) }

// quote returns args as a person would type them.
func quote(args []string) string {
	q := make([]string, len(args))
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " \"'（）;&|") {
			a = "'" + a + "'"
		}
		q[i] = a
	}
	return strings.Join(q, " ")
}

// command prepares the operator's command line.
func (t *teller) command(ctx context.Context, stdin string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(t.rig.bin, "sexton"), append([]string{"--socket", t.rig.socket()}, args...)...)
	cmd.Stdin, cmd.Env, cmd.Dir = strings.NewReader(stdin), t.rig.env(), t.dir
	return cmd
}

// run types one command, shows what it prints, and demands its exit status.
func (t *teller) run(ctx context.Context, want int, stdin string, args ...string) error {
	fmt.Fprintf(t.out, "  $ sexton %s\n", quote(args))
	cmd := t.command(ctx, stdin, args...)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	t.indent(&both)
	return wantStatus(cmd, err, want, "sexton "+quote(args))
}

// quietly types one command that must succeed, and shows what it prints only when it does not.
func (t *teller) quietly(ctx context.Context, stdin string, args ...string) error {
	fmt.Fprintf(t.out, "  $ sexton %s\n", quote(args))
	cmd := t.command(ctx, stdin, args...)
	both, err := cmd.CombinedOutput()
	if err != nil {
		t.indent(bytes.NewReader(both))
	}
	return wantStatus(cmd, err, 0, "sexton "+quote(args))
}

func (t *teller) indent(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		fmt.Fprintf(t.out, "    %s\n", s.Text())
	}
}

func wantStatus(cmd *exec.Cmd, err error, want int, what string) error {
	if cmd.ProcessState == nil {
		return fmt.Errorf("cannot run %s: %w", what, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		return fmt.Errorf("%w: %s ended with %d, the story wants %d", errStory, what, got, want)
	}
	return nil
}

// inspect runs the inspector's program in an empty directory.
func (t *teller) inspect(ctx context.Context, want int, dir string, args ...string) error {
	fmt.Fprintf(t.out, "  $ sexton-inspect %s\n", quote(args))
	cmd := exec.CommandContext(ctx, filepath.Join(t.rig.bin, "sexton-inspect"), args...)
	cmd.Dir, cmd.Env = dir, []string{"LANG=C.UTF-8"}
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	t.indent(&both)
	return wantStatus(cmd, err, want, "sexton-inspect "+quote(args))
}
