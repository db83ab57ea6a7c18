//! Where lines go. A sink may block for long: the writer calls it where nobody else waits.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::line::{self, Read, StoredCheckpoint};

/// How much of the end of a file is looked through for its newest checkpoint.
const TAIL_BYTES: u64 = 4 << 20;

/// Where lines go.
pub trait Sink: Send {
    /// Looks at what is there already, when this process begins to write: the newest checkpoint, where there is one.
    fn begin(&mut self) -> io::Result<Option<StoredCheckpoint>> {
        Ok(None)
    }

    /// Writes whole lines, each with its newline. After a failure nothing is known of what arrived: the same lines are given again.
    fn append(&mut self, lines: &str) -> io::Result<()>;

    /// Whether a call may take long.
    fn may_block(&self) -> bool {
        true
    }
}

/// A file. What it has accepted is on disk. A file that was moved away, to rotate it, is followed by another one of its name.
pub struct FileSink {
    path: PathBuf,
    file: File,
    /// Whether the file ends within a line, as far as is known.
    within_line: bool,
}

impl FileSink {
    /// The file at the path, to write at its end.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: opened(path)?,
            within_line: true,
        })
    }

    /// Whether the path names another file by now, or none.
    fn was_moved(&self) -> io::Result<bool> {
        let ours = self.file.metadata()?;
        match std::fs::metadata(&self.path) {
            Ok(there) => Ok(!are_same(&ours, &there)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }
}

fn opened(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

#[cfg(unix)]
fn are_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn are_same(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    true
}

impl Sink for FileSink {
    fn begin(&mut self) -> io::Result<Option<StoredCheckpoint>> {
        if self.was_moved()? {
            self.file = opened(&self.path)?;
        }
        let data = self.file.metadata()?;
        // A pipe or a device has no end to look at.
        let mut tail = vec![];
        if data.is_file() {
            let from = data.len().saturating_sub(TAIL_BYTES);
            self.file.seek(SeekFrom::Start(from))?;
            (&self.file).take(TAIL_BYTES).read_to_end(&mut tail)?;
        }
        self.within_line = tail.last().is_some_and(|last| *last != b'\n');
        let lines = tail.split(|byte| *byte == b'\n');
        let checkpoints = lines.filter_map(|line| match line::read(line) {
            Read::Checkpoint(stored) => Some(stored),
            Read::Leaf { .. } | Read::Damaged | Read::Foreign => None,
        });
        Ok(checkpoints.fold(None, |_, stored| Some(stored)))
    }

    fn append(&mut self, lines: &str) -> io::Result<()> {
        if self.was_moved()? {
            self.begin()?;
        }
        let begin = if self.within_line { "\n" } else { "" };
        // Until all of it is there, the file may end anywhere.
        self.within_line = true;
        self.file.write_all(format!("{begin}{lines}").as_bytes())?;
        self.file.sync_data()?;
        self.within_line = false;
        Ok(())
    }
}

/// A stream such as standard output: what it has accepted was handed on, and no more.
pub struct StreamSink<W> {
    stream: W,
    within_line: bool,
    may_block: bool,
}

impl<W: Write + Send> StreamSink<W> {
    /// A stream of the system.
    pub fn new(stream: W) -> Self {
        Self {
            stream,
            within_line: false,
            may_block: true,
        }
    }

    /// A stream in memory, which takes everything at once.
    pub fn in_memory(stream: W) -> Self {
        Self {
            may_block: false,
            ..Self::new(stream)
        }
    }
}

impl<W: Write + Send> Sink for StreamSink<W> {
    fn append(&mut self, lines: &str) -> io::Result<()> {
        let begin = if self.within_line { "\n" } else { "" };
        self.within_line = true;
        self.stream.write_all(format!("{begin}{lines}").as_bytes())?;
        self.stream.flush()?;
        self.within_line = false;
        Ok(())
    }

    fn may_block(&self) -> bool {
        self.may_block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(path: &Path) -> FileSink {
        let mut sink = FileSink::open(path).unwrap();
        assert_eq!(sink.begin().unwrap(), None);
        sink
    }

    #[test]
    fn a_file_that_ends_within_a_line_is_gone_on_with_on_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, "{\"half").unwrap();
        let mut sink = begun(&path);
        sink.append("{}\n").unwrap();
        sink.append("{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"half\n{}\n{}\n");
    }

    #[test]
    fn what_another_process_wrote_between_opening_and_beginning_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut sink = FileSink::open(&path).unwrap();
        std::fs::write(&path, "{}\n{\"half").unwrap();
        assert_eq!(sink.begin().unwrap(), None);
        sink.append("{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n{\"half\n{}\n");
    }

    #[test]
    fn a_file_that_was_moved_away_is_followed_by_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (
            folder.path().join("journal.jsonl"),
            folder.path().join("journal.1"),
        );
        let mut sink = begun(&path);
        sink.append("1\n").unwrap();
        std::fs::rename(&path, &old).unwrap();
        sink.append("2\n").unwrap();
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "1\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2\n");
    }

    /// Takes so many bytes, and then no more until it is emptied.
    struct Full(Vec<u8>, usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let left = self.1.min(bytes.len());
            if left == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.extend_from_slice(&bytes[..left]);
            self.1 -= left;
            Ok(left)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_short_write_the_whole_line_comes_again() {
        let mut sink = StreamSink::in_memory(Full(vec![], 4));
        assert!(sink.append("{\"a\":1}\n").is_err());
        sink.stream.1 = 100;
        sink.append("{\"a\":1}\n").unwrap();
        assert_eq!(sink.stream.0, b"{\"a\"\n{\"a\":1}\n");
    }
}
