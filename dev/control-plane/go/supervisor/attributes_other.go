//go:build unix && !linux

package main

import "syscall"

// serverAttributes gives the server a process group of its own, so that Ctrl-C in a terminal reaches only the
// supervisor's parent. Other systems than Linux have no parent-death signal.
func serverAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
