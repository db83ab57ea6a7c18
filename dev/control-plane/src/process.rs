//! A server under a supervisor that ends it however this process dies.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use crate::Error;

/// How much of a log is looked at for its last lines, in bytes: some hundred lines of any server.
const LOG_TAIL_BYTES: u64 = 64 * 1024;
/// How many lines of a log an error shows: enough for a Go stack or a usage text's first complaint.
const LOG_TAIL_LINES: usize = 25;
/// Longer lines are cut, in characters: etcd and the API server write whole structures into one line.
const LOG_LINE_CHARACTERS: usize = 400;

/// Does what the Go supervisor does, for machines with ready-made programs and no Go. It lacks the
/// parent-death signal: when only this script is killed, the server lives until the parent is gone too.
const SHELL_SUPERVISOR: &str = r#"
log=$1; shift
exec 3<&0
"$@" </dev/null 3<&- >>"$log" 2>&1 &
server=$!
echo "$server"
exec >/dev/null
(
  trap '' INT HUP
  if read -r _ <&3; then
    kill -KILL "$server"
  else
    kill -TERM "$server"; sleep 3; kill -KILL "$server"
  fi
) 2>/dev/null </dev/null &
watcher=$!
exec 3<&-
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

/// What ends a server when its parent is gone.
#[derive(Clone, Debug)]
pub(crate) enum Supervisor {
    /// The Go program.
    Program(PathBuf),
    /// The same in `sh`.
    Shell,
}

/// What to run and where.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The name used in messages.
    pub(crate) name: &'static str,
    pub(crate) program: &'a Path,
    pub(crate) arguments: Vec<OsString>,
    /// Variables set, or removed if there is no value.
    pub(crate) environment: Vec<(OsString, Option<OsString>)>,
    pub(crate) folder: &'a Path,
    pub(crate) log: PathBuf,
}

/// A running server. Dropping it ends the server.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    supervisor: Child,
    /// Closing this ends the server; the operating system closes it when this process dies.
    lifeline: Option<ChildStdin>,
    pub(crate) pid: Option<u32>,
    pub(crate) log: PathBuf,
}

impl Server {
    /// Starts the supervisor, which starts the server.
    pub(crate) fn start(supervisor: &Supervisor, launch: Launch<'_>) -> Result<Server, Error> {
        let mut command = match supervisor {
            Supervisor::Program(path) => Command::new(path),
            Supervisor::Shell => {
                let mut shell = Command::new("sh");
                shell.args(["-c", SHELL_SUPERVISOR, "supervisor"]);
                shell
            }
        };
        command
            .arg(&launch.log)
            .arg(launch.program)
            .args(&launch.arguments)
            .current_dir(launch.folder);
        for (name, value) in launch.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // A group of its own, so that Ctrl-C in a terminal reaches us and not the servers before us.
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let program = PathBuf::from(command.get_program());
        let mut supervisor = command.spawn().map_err(Error::run(&program))?;
        let lifeline = supervisor.stdin.take();
        let mut server = Server {
            name: launch.name,
            supervisor,
            lifeline,
            pid: None,
            log: launch.log,
        };
        server.pid = server.read_pid();
        Ok(server)
    }

    /// The supervisor's first line is the server's process id; there is none if the server could not start.
    fn read_pid(&mut self) -> Option<u32> {
        let mut line = String::new();
        BufReader::new(self.supervisor.stdout.take()?)
            .read_line(&mut line)
            .ok()?;
        line.trim().parse().ok()
    }

    /// The process ids of the supervisor and, unless it never started, of the server.
    pub(crate) fn pids(&self) -> Vec<u32> {
        std::iter::once(self.supervisor.id()).chain(self.pid).collect()
    }

    /// How the server ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.supervisor.try_wait().ok().flatten()
    }

    /// An error with the log's end if the server is no longer there.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        match self.ended() {
            None => Ok(()),
            Some(status) => Err(Error::ServerEnded {
                server: self.name,
                status: status.to_string(),
                log: self.log_tail(),
            }),
        }
    }

    /// The error for a server that runs but does not become ready.
    pub(crate) fn not_ready(&self, seconds: u64, waiting_for: impl Display) -> Error {
        let waiting_for = waiting_for.to_string();
        Error::NotReady {
            server: self.name,
            seconds,
            waiting_for,
            log: self.log_tail(),
        }
    }

    /// The last lines of the server's output.
    pub(crate) fn log_tail(&self) -> String {
        log_tail(&self.log)
    }

    /// Waits until the server has ended by itself.
    pub(crate) fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.supervisor.wait()
    }

    /// Asks for the end without waiting for it, so that several servers can end at once.
    pub(crate) fn begin_stop(&mut self) {
        if let Some(mut lifeline) = self.lifeline.take() {
            // A failed write means that the supervisor is gone already.
            let _ = lifeline.write_all(b"k\n");
        }
    }

    /// Ends the server now and waits until it is gone. Nothing is saved: a test server has nothing to lose.
    pub(crate) fn stop(&mut self) {
        self.begin_stop();
        let _ = self.supervisor.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The last lines of a log file; a sentence about it if it cannot be read.
pub(crate) fn log_tail(path: &Path) -> String {
    match read_tail(path) {
        Ok(text) => {
            let lines: Vec<String> = text
                .lines()
                .map(|line| line.chars().take(LOG_LINE_CHARACTERS).collect())
                .collect();
            lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
        }
        Err(error) => format!("(the log {} cannot be read: {error})", path.display()),
    }
}

fn read_tail(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(folder: &Path, script: &str) -> Server {
        let launch = Launch {
            name: "a script",
            program: Path::new("sh"),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("GREETING".into(), Some("hello".into()))],
            folder,
            log: folder.join("log"),
        };
        Server::start(&Supervisor::Shell, launch).unwrap()
    }

    fn alive(pid: u32) -> bool {
        Command::new("kill")
            .args(["-0", &pid.to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    #[test]
    fn a_server_that_ends_is_noticed_with_its_status_and_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = shell(folder.path(), "echo $GREETING from the script; exit 7");
        server.supervisor.wait().unwrap();
        let message = server.check().unwrap_err().to_string();
        assert!(
            message.contains("exit status: 7") && message.contains("hello from the script"),
            "{message}"
        );
    }

    #[test]
    fn stopping_ends_a_server_that_ignores_requests_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = shell(folder.path(), "trap '' TERM; while :; do sleep 0.05; done");
        let pid = server.pid.unwrap();
        assert!(alive(pid));
        server.stop();
        assert!(!alive(pid));
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch {
            name: "nothing",
            program: Path::new("/nonexistent/program"),
            arguments: vec![],
            environment: vec![],
            folder: folder.path(),
            log: folder.path().join("log"),
        };
        let mut server = Server::start(&Supervisor::Shell, launch).unwrap();
        server.supervisor.wait().unwrap();
        assert!(
            server
                .check()
                .unwrap_err()
                .to_string()
                .contains("/nonexistent/program")
        );
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let lines: Vec<String> = (0..30_000).map(|number| format!("line {number}")).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let tail = log_tail(&path);
        assert_eq!(tail.lines().count(), LOG_TAIL_LINES);
        assert!(tail.ends_with("line 29999"));
    }
}
