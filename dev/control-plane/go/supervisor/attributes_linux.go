package main

import "syscall"

// serverAttributes gives the server a process group of its own, so that Ctrl-C in a terminal reaches only the
// supervisor's parent, and lets the kernel end the server when the supervisor itself is killed.
func serverAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
