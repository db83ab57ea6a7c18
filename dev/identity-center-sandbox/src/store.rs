//! The world on disk, so that it survives a restart.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::world::World;

const FILE: &str = "state.json";

/// A directory that keeps one world.
#[derive(Debug, Clone)]
pub(super) struct Store {
    directory: PathBuf,
}

impl Store {
    /// Uses the directory, making it if it is not there.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// Where the world is kept.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// The kept world; `None` when none was kept yet. A file that cannot be read is an error, never an empty world.
    pub(super) fn load(&self) -> io::Result<Option<World>> {
        let text = match fs::read_to_string(self.file()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Keeps the world. Written beside and renamed over, so that an interruption leaves the old state whole.
    pub(super) fn save(&self, world: &World) -> io::Result<()> {
        let beside = self.directory.join("state.json.new");
        fs::write(&beside, serde_json::to_vec(world)?)?;
        fs::rename(beside, self.file())
    }
}
