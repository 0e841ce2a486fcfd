package main

import (
	"errors"
	"strings"
	"syscall"

	"sexton/internal/fault"
	"sexton/ledger"
)

// problem is an error with the Chinese sentence for the class it belongs to; the detail stays in English below it.
type problem struct {
	zh string
	error
}

func (p problem) Unwrap() error { return p.error }

// about says in Chinese what err is about.
func about(zh string, err error) error { return problem{zh, err} }

const (
	zhKeys    = "站点密钥有误或无法使用"
	zhAnchors = "卡信任文件有误或无法读取"
)

// zhLedger says why a ledger was not opened.
func zhLedger(err error) string {
	var c *ledger.Contradiction
	switch {
	case errors.As(err, &c):
		return "账本自相矛盾，未打开；请停止使用本站，保全磁盘，通知检查员"
	case strings.Contains(err.Error(), "in use by another"):
		return "账本正被另一个程序使用，未打开"
	}
	return "账本未能打开"
}

// zhDisk says what the disk did, "" when it was not the disk.
func zhDisk(err error) string {
	for _, d := range []struct {
		no syscall.Errno
		zh string
	}{{syscall.ENOSPC, "磁盘已满"}, {syscall.EDQUOT, "磁盘配额已满"}, {syscall.EROFS, "磁盘只读"}, {syscall.EIO, "磁盘读写错误"}} {
		if errors.Is(err, d.no) {
			return d.zh
		}
	}
	return ""
}

// chinese is the Chinese line for err. Every err has one.
func chinese(err error) string {
	disk := zhDisk(err)
	var p problem
	var hw hardwareError
	switch {
	case errors.As(err, &p) && disk != "":
		return p.zh + "；" + disk
	case errors.As(err, &p):
		return p.zh
	case disk != "":
		return disk
	case errors.As(err, &hw):
		return "请检查账本、磁盘、读卡器和设备；" + fault.Elsewhere
	}
	return fault.New("usage.bad-request", err, err.Error()).Zh
}
