// Command supervisor runs one server and ends it when whoever started the supervisor is gone.
//
// The parent keeps the write end of a pipe that is the supervisor's standard input. However the parent
// dies, a SIGKILL included, the kernel closes that pipe; the supervisor reads the end of file and ends the
// server: TERM, and KILL when the server is still there after the grace period. A parent that wants no
// grace writes the letter k.
//
// Usage: supervisor <log file> <program> [argument]...
//
//   - The server's output is appended to the log file; its standard input is /dev/null.
//   - The first line on standard output is the process id of the server.
//   - The exit status is that of the server, or 128 + the signal that ended it, as in a shell.
//   - 125: wrong use; 126: the log file cannot be opened; 127: the program cannot be started.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// How long a server may take to end after TERM. A test server has nothing to save: this is for its log.
const gracePeriod = 3 * time.Second

const (
	exitWrongUse      = 125
	exitLogUnusable   = 126
	exitNotStartable  = 127
	exitSignalledBase = 128
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: supervisor <log file> <program> [argument]...")
		os.Exit(exitWrongUse)
	}
	// Linux sends the parent-death signal when the *thread* that forked ends, so main keeps its thread.
	runtime.LockOSThread()
	os.Exit(supervise(os.Args[1], os.Args[2], os.Args[3:]))
}

func supervise(logPath, program string, arguments []string) int {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, "supervisor:", err)
		return exitLogUnusable
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)

	server := exec.Command(program, arguments...)
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = serverAttributes()
	if err := server.Start(); err != nil {
		fmt.Fprintln(log, "supervisor:", err)
		return exitNotStartable
	}
	fmt.Println(server.Process.Pid)

	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	endNow, parentGone := watchParent(os.Stdin)
	select {
	case <-ended:
		return exitStatus(server.ProcessState)
	case <-endNow:
		_ = server.Process.Kill()
	case <-parentGone:
		_ = server.Process.Signal(syscall.SIGTERM)
	case <-signals:
		_ = server.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-ended:
	case <-endNow:
		_ = server.Process.Kill()
		<-ended
	case <-time.After(gracePeriod):
		_ = server.Process.Kill()
		<-ended
	}
	return exitStatus(server.ProcessState)
}

// watchParent closes the first channel when the parent writes k, the second when its end of the pipe closes.
func watchParent(pipe io.Reader) (endNow, parentGone <-chan struct{}) {
	killed, gone := make(chan struct{}), make(chan struct{})
	go func() {
		letter := make([]byte, 1)
		for {
			n, err := pipe.Read(letter)
			if n == 1 && letter[0] == 'k' {
				close(killed)
				return
			}
			if err != nil {
				close(gone)
				return
			}
		}
	}()
	return killed, gone
}

func exitStatus(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignalledBase + int(status.Signal())
	}
	return state.ExitCode()
}
