//! Builds programs from the Go modules into the cache: one process at a time, and never half a file.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;
use crate::process::{Launch, Server, Supervisor};
use crate::tools::{GoModule, Tool, cached_path};
use crate::versions::KubernetesVersion;

/// How often a long build says that it is still there.
const REPORT_EVERY: Duration = Duration::from_secs(15);
/// How often a build or a lock is looked at: short beside both, and costs nothing.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Folders with programs that are being built start with this.
pub(crate) const UNFINISHED_PREFIX: &str = ".unfinished-";
/// Said with each report, so that nobody takes the first wait for a hang.
const FIRST_BUILD: &str = "all programs take 10 to 15 minutes on two cores, once";

/// Builds programs into a cache folder with a `go` command.
#[derive(Clone, Debug)]
pub(crate) struct Builder<'a> {
    pub(crate) cache: &'a Path,
    pub(crate) go: &'a Path,
    pub(crate) kubernetes: KubernetesVersion,
}

impl Builder<'_> {
    /// Where `tool` is or would be.
    pub(crate) fn path(&self, tool: Tool) -> PathBuf {
        cached_path(self.cache, tool, self.kubernetes)
    }

    /// Whether there is a Go toolchain.
    pub(crate) fn has_go(&self) -> bool {
        Command::new(self.go)
            .arg("version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// The path of `tool`, built first if it is not there.
    ///
    /// # Errors
    /// `Error::NothingToRun` if it would have to be built and there is no Go.
    pub(crate) fn ensure(&self, tool: Tool) -> Result<PathBuf, Error> {
        let path = self.path(tool);
        if path.is_file() {
            return Ok(path);
        }
        if !self.has_go() {
            return Err(Error::NothingToRun);
        }
        std::fs::create_dir_all(self.cache).map_err(Error::file("create the folder", self.cache))?;
        let _lock = lock(&self.cache.join("build.lock"))?;
        // Whoever held the lock before us may have built it.
        if !path.is_file() {
            self.build(tool, &path)?;
        }
        Ok(path)
    }

    fn build(&self, tool: Tool, path: &Path) -> Result<(), Error> {
        let module = GoModule::of(tool, self.kubernetes);
        let folder = self.cache.join(module.key());
        let source = folder.join("source");
        std::fs::create_dir_all(&source).map_err(Error::file("create the folder", &source))?;
        for (name, content) in module.files() {
            let file = source.join(name);
            std::fs::write(&file, content).map_err(Error::file("write", &file))?;
        }
        let title = [tool.name(), module.version()].join(" ").trim_end().to_owned();
        if module.needs_tidy {
            let arguments = ["mod", "tidy"].map(Into::into).to_vec();
            self.run_go(&format!("resolving the modules of {title}"), &source, arguments)?;
        }
        remove_unfinished(&folder);
        // Built beside its place and renamed, so that a file with the right name is always whole.
        let unfinished = tempfile::Builder::new()
            .prefix(UNFINISHED_PREFIX)
            .tempdir_in(&folder)
            .map_err(Error::file("create a folder in", &folder))?;
        let output = unfinished.path().join(tool.name());
        let mut arguments: Vec<std::ffi::OsString> =
            ["build", "-trimpath", "-buildvcs=false", "-mod=readonly"]
                .map(Into::into)
                .to_vec();
        arguments.extend(["-ldflags".into(), module.linker_flags().into()]);
        arguments.extend(["-o".into(), output.clone().into(), tool.package().into()]);
        self.run_go(&format!("building {title}"), &source, arguments)?;
        std::fs::rename(&output, path).map_err(Error::file("move the program to", path))
    }

    /// Runs `go` under the supervising script, so that a build does not outlive whoever wanted it, and reports.
    fn run_go(&self, title: &str, source: &Path, arguments: Vec<std::ffi::OsString>) -> Result<(), Error> {
        let log = source.join("go.log");
        // The log is of this run only.
        File::create(&log).map_err(Error::file("write", &log))?;
        let launch = Launch {
            name: "go",
            program: self.go,
            arguments,
            // A workspace file or a cross-compilation of the caller is not meant for us.
            environment: vec![
                ("CGO_ENABLED".into(), Some("0".into())),
                ("GOWORK".into(), Some("off".into())),
                ("GOFLAGS".into(), None),
                ("GOOS".into(), None),
                ("GOARCH".into(), None),
            ],
            folder: source,
            log,
        };
        let start = Instant::now();
        say(title);
        let mut go = Server::start(&Supervisor::Shell, launch)?;
        let mut reported = start;
        let status = loop {
            if let Some(status) = go.ended() {
                break status;
            }
            if reported.elapsed() >= REPORT_EVERY {
                reported = Instant::now();
                say(&format!("{title}: {} ({FIRST_BUILD})", elapsed(start)));
            }
            std::thread::sleep(LOOK_EVERY);
        };
        if !status.success() {
            let (tool, status, log) = (title.to_owned(), status.to_string(), go.log_tail());
            return Err(Error::BuildFailed { tool, status, log });
        }
        say(&format!("{title}: done after {}", elapsed(start)));
        Ok(())
    }
}

/// Takes the machine-wide right to build. The operating system gives it back when the holder dies.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(Error::file("open", path))?;
    let start = Instant::now();
    let mut reported: Option<Instant> = None;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if reported.is_none_or(|last| last.elapsed() >= REPORT_EVERY) {
                    reported = Some(Instant::now());
                    say(&format!(
                        "waiting for another process that builds: {}",
                        elapsed(start)
                    ));
                }
                std::thread::sleep(LOOK_EVERY);
            }
            Err(TryLockError::Error(source)) => {
                return Err(Error::File {
                    operation: "lock",
                    path: path.to_owned(),
                    source,
                });
            }
        }
    }
}

fn elapsed(start: Instant) -> String {
    let seconds = start.elapsed().as_secs();
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// Removes what builds that were killed left beside the programs. Called with the lock held.
pub(crate) fn remove_unfinished(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX) {
            // What stays costs disk and nothing else.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Writes a line to standard error directly: the test harness swallows what `eprintln!` prints, and somebody who
/// waits minutes for their tests should know why. In our own tests nobody waits.
pub(crate) fn say(line: &str) {
    if cfg!(test) {
        eprintln!("control plane: {line}");
    } else {
        // If nobody can hear it, there is nobody to tell either.
        let _ = writeln!(std::io::stderr(), "control plane: {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A stand-in for `go`: answers `version`, and otherwise does what `script` says with `$output` set to the
    /// argument after `-o`.
    fn fake_go(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("go");
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = version ] && exit 0\n\
             while [ $# -gt 0 ]; do [ \"$1\" = -o ] && output=$2; shift; done\n{script}\n"
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn builder<'a>(cache: &'a Path, go: &'a Path) -> Builder<'a> {
        Builder {
            cache,
            go,
            kubernetes: KubernetesVersion::pinned(),
        }
    }

    #[test]
    fn without_go_the_error_says_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let error = builder(folder.path(), Path::new("/nonexistent/go"))
            .ensure(Tool::Etcd)
            .unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("install Go") && message.contains("KUBEBUILDER_ASSETS"),
            "{message}"
        );
    }

    #[test]
    fn what_was_built_before_needs_no_go() {
        let folder = tempfile::tempdir().unwrap();
        let builder = builder(folder.path(), Path::new("/nonexistent/go"));
        let path = builder.path(Tool::Etcd);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        assert_eq!(builder.ensure(Tool::Etcd).unwrap(), path);
    }

    #[test]
    fn a_failed_build_shows_its_output_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let go = fake_go(
            folder.path(),
            "echo half > \"$output\"; echo no such package; exit 3",
        );
        let builder = builder(folder.path(), &go);
        let killed = builder.path(Tool::Etcd).with_file_name(".unfinished-by-the-dead");
        std::fs::create_dir_all(killed).unwrap();
        let message = builder.ensure(Tool::Etcd).unwrap_err().to_string();
        assert!(
            message.contains("etcd v3.6.") && message.contains("no such package"),
            "{message}"
        );
        assert!(!builder.path(Tool::Etcd).exists());
        let left: Vec<_> = std::fs::read_dir(builder.path(Tool::Etcd).parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["source"]);
    }

    #[test]
    fn two_that_want_the_same_program_build_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let script = format!(
            "echo built >> {}; sleep 0.3; echo program > \"$output\"",
            count.display()
        );
        let go = fake_go(folder.path(), &script);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| builder(folder.path(), &go).ensure(Tool::Etcd).unwrap());
            }
        });
        assert_eq!(std::fs::read_to_string(count).unwrap(), "built\n");
    }

    #[test]
    fn a_lock_file_left_by_the_dead_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build.lock");
        drop(lock(&path).unwrap());
        assert!(path.exists());
        drop(lock(&path).unwrap());
    }
}
