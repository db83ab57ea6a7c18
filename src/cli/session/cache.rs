//! What completion answers from: files of this person alone, written by commands that asked the cluster anyway.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// A folder for one context of one kubeconfig.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The folder for a context and the address of its server; none where there is no folder for caches.
    pub fn of(context: &str, server: &str) -> Option<Self> {
        let base = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(std::env::var_os("HOME")?).join(".cache"),
        };
        let digest = Sha256::digest(format!("{context}\n{server}"));
        let name = digest
            .iter()
            .take(8)
            .fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
        Some(Self {
            folder: base.join("team-operator").join(format!("{name:016x}")),
        })
    }

    /// Remembers a value. Nothing depends on it: what cannot be written is forgotten.
    pub fn remember(&self, name: &str, value: &impl Serialize) {
        let Ok(text) = serde_json::to_vec(value) else {
            return;
        };
        let written = private_folder(&self.folder).and_then(|()| {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&text)?;
            file.persist(self.folder.join(name)).map_err(|error| error.error)
        });
        drop(written);
    }

    /// What was remembered.
    pub fn recall<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.folder.join(name)).ok()?).ok()
    }
}

#[cfg(unix)]
fn private_folder(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &std::path::Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_recalled_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: folder.path().join("a").join("b"),
        };
        assert_eq!(cache.recall::<Vec<String>>("names"), None);
        cache.remember("names", &["one", "two"]);
        assert_eq!(cache.recall::<Vec<String>>("names").unwrap(), ["one", "two"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&cache.folder), 0o700);
            assert_eq!(mode(&cache.folder.join("names")), 0o600);
        }
    }
}
