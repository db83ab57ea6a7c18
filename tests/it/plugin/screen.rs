//! A person at a terminal of their own: what they read, and what they type when they were asked.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::stage::wait::PATIENCE;

/// A command on a terminal.
pub struct Screen {
    child: Child,
    keyboard: File,
    shown: Arc<Mutex<String>>,
    read: usize,
}

impl Screen {
    /// Runs a command on a terminal of this width.
    pub fn of(mut command: Command, columns: usize) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, vec![]).unwrap();
        let open = || {
            File::options()
                .read(true)
                .write(true)
                .open(name.to_str().unwrap())
                .unwrap()
        };
        command
            .env("COLUMNS", columns.to_string())
            .env_remove("CI")
            .env("TERM", "dumb");
        let child = command
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .unwrap();
        let keyboard = File::from(master);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut screen, kept) = (keyboard.try_clone().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading a terminal that its last process has left is an error.
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                kept.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self {
            child,
            keyboard,
            shown,
            read: 0,
        }
    }

    /// Types without having been asked.
    pub fn types(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits until this is asked, and answers.
    pub async fn answers(&mut self, question: &str, line: &str) {
        let since = Instant::now();
        loop {
            let shown = self.shown();
            if let Some(at) = shown[self.read..].find(question) {
                self.read += at + question.len();
                break;
            }
            assert!(since.elapsed() < PATIENCE, "never asked {question:?}: {shown}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.types(line);
    }

    /// Everything that was shown so far.
    pub fn shown(&self) -> String {
        self.shown.lock().unwrap().replace('\r', "")
    }

    /// Waits for the end; the exit code, and everything that was shown.
    pub async fn ends(mut self) -> (i32, String) {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What was written last is read a moment later.
                tokio::time::sleep(Duration::from_millis(100)).await;
                return (status.code().unwrap_or(-1), self.shown());
            }
            assert!(since.elapsed() < PATIENCE, "it does not end: {}", self.shown());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
