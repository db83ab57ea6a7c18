//! Other programs beside a control plane, such as the controller under test: they end however this process ends.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;
use crate::process::{Launch, Server, Supervisor};

/// What to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// The name used in messages.
    pub name: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables on top of this process's own.
    pub environment: Vec<(OsString, OsString)>,
    /// Where its output goes, both kinds.
    pub log: PathBuf,
}

/// A program that runs. Dropping it ends the program at once.
#[derive(Debug)]
pub struct Supervised {
    server: Mutex<Server>,
}

impl Supervised {
    pub(crate) fn start(supervisor: &Supervisor, program: Program) -> Result<Self, Error> {
        let folder = program.log.parent().unwrap_or(Path::new(".")).to_owned();
        let launch = Launch {
            name: program.name,
            program: &program.path,
            arguments: program.arguments,
            environment: program
                .environment
                .into_iter()
                .map(|(name, value)| (name, Some(value)))
                .collect(),
            folder: &folder,
            log: program.log,
        };
        Ok(Self {
            server: Mutex::new(Server::start(supervisor, launch)?),
        })
    }

    /// Its process id; `None` when it could not be started, which its log explains.
    pub fn pid(&self) -> Option<u32> {
        self.server().pid
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.server().ended()
    }

    /// Ends it with SIGKILL and waits until it is gone.
    pub fn kill(&self) {
        self.server().stop();
    }

    /// Sends it a signal by name, such as `TERM`, `STOP` or `CONT`; says whether it could be sent.
    pub fn signal(&self, name: &str) -> bool {
        let Some(pid) = self.pid() else { return false };
        let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
        sent.is_ok_and(|status| status.success())
    }

    /// Waits until it has ended by itself. Blocks.
    pub fn wait(&self) -> std::io::Result<ExitStatus> {
        self.server().wait()
    }

    /// Its output so far.
    pub fn log(&self) -> String {
        let path = self.server().log.clone();
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
