//! The files of the repository, as a commit made now would hold them.

use super::source::RustFile;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One broken rule, at one place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) sentence: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, sentence: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            sentence: sentence.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

/// A file that is text; binary files are not read.
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file of the repository, by its path from the root, with `/` as separator.
pub(crate) struct Repository {
    files: Vec<TextFile>,
}

impl Repository {
    pub(crate) fn open() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = listed_by_git(root).unwrap_or_else(|| found_by_walking(root));
        paths.sort();
        paths.dedup();
        let read = |path: String| {
            Some(TextFile {
                text: std::fs::read_to_string(root.join(&path)).ok()?,
                path,
            })
        };
        Self {
            files: paths.into_iter().filter_map(read).collect(),
        }
    }

    /// A repository that exists only in a test of a checker.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    pub(crate) fn files(&self) -> &[TextFile] {
        &self.files
    }

    pub(crate) fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.path.as_str()).collect()
    }

    pub(crate) fn guide(&self) -> &str {
        self.file("ARCHITECTURE.md").map_or("", |file| file.text.as_str())
    }

    pub(crate) fn rust_files(&self) -> Vec<RustFile> {
        self.files
            .iter()
            .filter(|file| is_rust(&file.path))
            .map(|file| RustFile::new(&file.path, &file.text))
            .collect()
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "rs")
}

/// Tracked files and new ones that git does not ignore: a finding should come before the commit, not after it.
/// None without git, or where the folder is no repository of its own (an unpacked archive).
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .ok()?;
    let listing = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = listing
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect();
    (output.status.success() && paths.iter().any(|path| path == "Cargo.toml")).then_some(paths)
}

fn found_by_walking(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !is_left_out(&path) => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(path.to_string_lossy().replace('\\', "/")),
                _ => {}
            }
        }
    }
    found
}

/// What `.gitignore` would leave out, where there is no git to ask.
fn is_left_out(folder: &Path) -> bool {
    folder
        .file_name()
        .is_some_and(|name| [".git", "target"].iter().any(|left_out| name == *left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_and_the_walk_find_the_same_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = |paths: Vec<String>| {
            let mut sources: Vec<String> = paths
                .into_iter()
                .filter(|path| path.starts_with("src/") && is_rust(path))
                .collect();
            sources.sort();
            sources
        };
        let walked = sources(found_by_walking(root));
        assert!(walked.iter().any(|path| path == "src/lib.rs"));
        if let Some(listed) = listed_by_git(root) {
            let present = listed
                .into_iter()
                .filter(|path| root.join(path).exists())
                .collect();
            assert_eq!(sources(present), walked);
        }
    }

    #[test]
    fn a_finding_reads_as_a_place_and_a_sentence() {
        assert_eq!(
            Finding::new("src/a.rs", 3, "say why").to_string(),
            "src/a.rs:3: say why"
        );
    }
}
