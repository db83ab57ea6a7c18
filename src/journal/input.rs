//! Files of lines: as they were written, as a container runtime wraps them, or as a field of what a log shipper makes of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::findings::Position;
use super::line::{self, Read};

/// The longest line that is read, in bytes: far above what one request can fill.
const LONGEST_LINE: usize = 16 << 20;

/// How many lines are looked at to find the first one of a journal.
const HEAD_LINES: usize = 1_000;

/// Where the lines are.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The field of a JSON object that holds a line as a string, where a log shipper put it there.
    pub field: Option<String>,
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read: {source}")]
pub struct InputError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

impl Input {
    /// The files in the order of their trees: each tree where it first appears, its files by their first index.
    pub fn in_order(&self) -> Result<Vec<PathBuf>, InputError> {
        let mut origins: Vec<String> = vec![];
        let mut keyed = vec![];
        for (place, path) in self.files.iter().enumerate() {
            let first = self.first_place(path)?;
            let (origin, index) = first.unwrap_or_default();
            let known = origins.iter().position(|known| *known == origin);
            let of_origin = known.unwrap_or_else(|| {
                origins.push(origin);
                origins.len() - 1
            });
            keyed.push(((of_origin, index, place), path.clone()));
        }
        keyed.sort();
        Ok(keyed.into_iter().map(|(_, path)| path).collect())
    }

    fn first_place(&self, path: &Path) -> Result<Option<(String, u64)>, InputError> {
        let (mut found, mut left) = (None, HEAD_LINES);
        self.each_line(path, 0, &mut |bytes, _, _| {
            left -= 1;
            if let Read::Leaf { place, .. } = line::read(bytes) {
                found = Some((place.origin, place.index));
            }
            found.is_none() && left > 0
        })?;
        Ok(found)
    }

    /// Reads a file from an offset on; `on` says whether to go on, and is told where the line ends. Where the reading ended.
    pub fn each_line(
        &self,
        path: &Path,
        from: u64,
        on: &mut dyn FnMut(&[u8], &Position, u64) -> bool,
    ) -> Result<u64, InputError> {
        let failed = |source| InputError {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut position = Position {
            file: path.display().to_string(),
            line: 0,
        };
        let (mut offset, mut buffer, mut joined) = (from, vec![], vec![]);
        loop {
            buffer.clear();
            let read = (&mut reader)
                .take(LONGEST_LINE as u64)
                .read_until(b'\n', &mut buffer);
            let read = read.map_err(failed)?;
            if read == 0 {
                return Ok(offset);
            }
            offset += read as u64;
            position.line += 1;
            if buffer.last() == Some(&b'\n') {
                buffer.pop();
            }
            let go_on = match wrapped(&buffer) {
                Some((part, true)) => {
                    joined.extend_from_slice(part);
                    true
                }
                Some((part, false)) => {
                    joined.extend_from_slice(part);
                    let whole = std::mem::take(&mut joined);
                    on(&whole, &position, offset)
                }
                None => match self.field.as_deref().and_then(|field| field_of(&buffer, field)) {
                    Some(line) => on(line.as_bytes(), &position, offset),
                    None => on(&buffer, &position, offset),
                },
            };
            if !go_on {
                return Ok(offset);
            }
        }
    }
}

/// What a container runtime wrapped: time, stream, whether the line goes on, and the part of the line.
fn wrapped(line: &[u8]) -> Option<(&[u8], bool)> {
    if !line.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut fields = line.splitn(4, |byte| *byte == b' ');
    let (time, stream, tag, part) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let of_runtime = time.contains(&b'T') && matches!(stream, b"stdout" | b"stderr");
    match tag.first() {
        Some(b'P') if of_runtime => Some((part, true)),
        Some(b'F') if of_runtime => Some((part, false)),
        _ => None,
    }
}

fn field_of(line: &[u8], field: &str) -> Option<String> {
    let object: Value = serde_json::from_slice(line).ok()?;
    object[field]
        .as_str()
        .map(|line| line.trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_container_runtime_are_joined() {
        assert_eq!(
            wrapped(b"2026-12-01T09:00:00Z stdout P {\"a"),
            Some((b"{\"a".as_slice(), true))
        );
        assert_eq!(
            wrapped(b"2026-12-01T09:00:00Z stdout F \":1}"),
            Some((b"\":1}".as_slice(), false))
        );
        assert_eq!(wrapped(b"{\"a\":1}"), None);
        assert_eq!(wrapped(b"1 2"), None);
    }

    #[test]
    fn the_field_of_a_shipper_holds_the_line() {
        assert_eq!(
            field_of(br#"{"log":"{\"a\":1}\n"}"#, "log").as_deref(),
            Some(r#"{"a":1}"#)
        );
        assert_eq!(field_of(b"no", "log"), None);
    }
}
