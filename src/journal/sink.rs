//! Where lines go. A sink may block for long: the writer calls it where nobody else waits.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

use super::line::{self, Read, StoredCheckpoint};

/// How much of the end of a file is looked through for its newest checkpoint.
const TAIL_BYTES: u64 = 4 << 20;

/// Where lines go.
pub trait Sink: Send {
    /// Writes whole lines, each with its newline. After a failure nothing is known of what arrived: the same lines are given again.
    fn append(&mut self, lines: &str) -> io::Result<()>;

    /// Whether a call may take long.
    fn may_block(&self) -> bool;
}

/// A file. What it has accepted is on disk.
pub struct FileSink {
    file: File,
    /// Whether the file ends within a line.
    within_line: bool,
}

impl FileSink {
    /// The file at the path, to write at its end, with the newest checkpoint that is in it.
    pub fn open(path: &Path) -> io::Result<(Self, Option<StoredCheckpoint>)> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(TAIL_BYTES);
        // A pipe or a device has no end to look at.
        let mut tail = vec![];
        if file.metadata()?.is_file() {
            file.seek(SeekFrom::Start(from))?;
            (&file).take(TAIL_BYTES).read_to_end(&mut tail)?;
        }
        let within_line = tail.last().is_some_and(|last| *last != b'\n');
        let lines = tail.split(|byte| *byte == b'\n');
        let checkpoints = lines.filter_map(|line| match line::read(line) {
            Read::Checkpoint(stored) => Some(stored),
            Read::Leaf { .. } | Read::Damaged | Read::Foreign => None,
        });
        let newest = checkpoints.fold(None, |_, stored| Some(stored));
        Ok((Self { file, within_line }, newest))
    }
}

impl Sink for FileSink {
    fn append(&mut self, lines: &str) -> io::Result<()> {
        let begin = if self.within_line { "\n" } else { "" };
        // Until all of it is there, the file may end anywhere.
        self.within_line = true;
        self.file.write_all(format!("{begin}{lines}").as_bytes())?;
        self.file.sync_data()?;
        self.within_line = false;
        Ok(())
    }

    fn may_block(&self) -> bool {
        true
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

    #[test]
    fn a_file_that_ends_within_a_line_is_gone_on_with_on_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, "{\"half").unwrap();
        let (mut sink, newest) = FileSink::open(&path).unwrap();
        assert_eq!(newest, None);
        sink.append("{}\n").unwrap();
        sink.append("{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"half\n{}\n{}\n");
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
