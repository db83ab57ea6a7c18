//! What a run of `verify --state` leaves for the next one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ToolError;
use crate::journal::{CompactRange, Input, hash_of, leaf_hash, text_of};

/// What a run of `verify --state` leaves for the next one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) range: Vec<String>,
    pub(super) note: String,
    /// The file that was read last, a digest of its first line, and how far it was read.
    pub(super) file: PathBuf,
    pub(super) first_line: String,
    pub(super) offset: u64,
}

impl State {
    pub(super) fn read(path: &Path) -> Result<Option<Self>, ToolError> {
        let wrong = |why: String| ToolError::State {
            path: path.display().to_string(),
            why,
        };
        match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| wrong(error.to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    pub(super) fn tree(&self) -> Option<CompactRange> {
        let nodes: Option<Vec<_>> = self.range.iter().map(|text| hash_of(text)).collect();
        CompactRange::of(self.size, nodes?)
    }

    /// From where on a file has to be read.
    pub(super) fn offset_in(&self, path: &Path) -> u64 {
        let same = self.file == path && first_line(path).is_some_and(|line| line == self.first_line);
        let long_enough = fs::metadata(path).is_ok_and(|data| data.len() >= self.offset);
        if same && long_enough { self.offset } else { 0 }
    }

    /// Replaces the file as a whole: a run that is killed leaves the old one or the new one.
    pub(super) fn write(&self, path: &Path) -> Result<(), ToolError> {
        let beside = path.with_extension("new");
        let text = json!(self).to_string();
        let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
        written.map_err(|source| ToolError::Output {
            path: path.display().to_string(),
            source,
        })
    }
}

pub(super) fn first_line(path: &Path) -> Option<String> {
    let mut digest = None;
    let read = Input::default().each_line(path, 0, &mut |bytes, _, _| {
        digest = Some(text_of(&leaf_hash(bytes)));
        false
    });
    read.ok().and(digest)
}
