//! The temporary folder of one control plane, gone with it or at the next start.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::Error;

/// Finished folders start with this; the process that owns one holds a lock on `owner` inside it.
const PREFIX: &str = "team-operator-control-plane-";
/// Folders being made, whose lock is not taken yet, start with this and are nobody's leftover.
const UNFINISHED_PREFIX: &str = ".team-operator-control-plane-";
/// The file whose lock shows that the owner is running. The operating system releases it when the owner exits.
const OWNER: &str = "owner";

/// A folder only this user can enter: it holds tokens, keys and the store's socket.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    _owner: File,
}

impl RunFolder {
    /// Makes a folder below the system's temporary folder, and removes those of dead processes.
    pub(crate) fn create() -> Result<RunFolder, Error> {
        let parent = std::env::temp_dir();
        remove_leftovers(&parent);
        RunFolder::create_in(&parent)
    }

    fn create_in(parent: &Path) -> Result<RunFolder, Error> {
        let unfinished = tempfile::Builder::new()
            .prefix(UNFINISHED_PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(Error::file("create a folder in", parent))?;
        let owner_path = unfinished.path().join(OWNER);
        let owner = File::create(&owner_path).map_err(Error::file("create", &owner_path))?;
        owner.lock().map_err(Error::file("lock", &owner_path))?;
        let unfinished = unfinished.keep();
        let name = unfinished
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let path = parent.join(name.trim_start_matches('.'));
        std::fs::rename(&unfinished, &path).map_err(Error::file("rename", &unfinished))?;
        Ok(RunFolder { path, _owner: owner })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path inside the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that only this user can read, and returns its path. Whoever reads it while it is written again sees
    /// the old content or the new, never a part: several threads ask for the kubeconfig of one person.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, Error> {
        use std::io::Write as _;
        let path = self.join(name);
        tempfile::NamedTempFile::new_in(&self.path)
            .and_then(|mut file| {
                file.write_all(content.as_ref())?;
                Ok(file.persist(&path)?)
            })
            .map_err(Error::file("write", &path))?;
        Ok(path)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What cannot be removed now is a leftover for the next start.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes folders whose owner is dead. What cannot be removed belongs to somebody else.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let path = entry.path();
        let Ok(owner) = File::open(path.join(OWNER)) else {
            continue;
        };
        if owner.try_lock().is_ok() {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_the_living_stays_and_one_of_the_dead_goes() {
        let parent = tempfile::tempdir().unwrap();
        let alive = RunFolder::create_in(parent.path()).unwrap();
        let dead = parent.path().join(format!("{PREFIX}dead"));
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join(OWNER), "").unwrap();
        let foreign = parent.path().join("something-else");
        std::fs::create_dir(&foreign).unwrap();
        remove_leftovers(parent.path());
        assert!(alive.path().exists() && foreign.exists());
        assert!(!dead.exists());
    }

    #[test]
    fn a_folder_is_private_and_goes_with_its_value() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create_in(parent.path()).unwrap();
        let path = folder.path().to_owned();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let file = folder.write("secret", "content").unwrap();
        assert_eq!(
            std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(folder);
        assert!(!path.exists());
    }
}
