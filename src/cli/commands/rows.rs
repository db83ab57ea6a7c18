//! Rows of an export, in a temporary file until all of them are there: what breaks off would look complete.

use std::io::{Seek as _, SeekFrom, Write as _};

use serde_json::{Map, Value, json};

use super::Desk;
use crate::cli::arguments::ExportFormat;
use crate::cli::failure::{Failure, Kind};
use crate::cli::text::visible;

/// Rows in a temporary file.
pub struct Rows {
    format: ExportFormat,
    file: std::fs::File,
    /// How many there are.
    pub count: usize,
}

/// A place in the file to go back to.
#[derive(Clone, Copy)]
pub struct Mark {
    length: u64,
    count: usize,
}

impl Rows {
    /// An empty file.
    pub fn new(format: ExportFormat) -> Result<Self, Failure> {
        let file = tempfile::tempfile().map_err(|error| unwritten(&error))?;
        Ok(Self {
            format,
            file,
            count: 0,
        })
    }

    /// Where the file ends now.
    pub fn mark(&mut self) -> Result<Mark, Failure> {
        let length = self.file.stream_position().map_err(|error| unwritten(&error))?;
        Ok(Mark {
            length,
            count: self.count,
        })
    }

    /// Forgets what came after the mark.
    pub fn back_to(&mut self, mark: Mark) -> Result<(), Failure> {
        self.count = mark.count;
        let cut = self
            .file
            .set_len(mark.length)
            .and_then(|()| self.file.seek(SeekFrom::Start(mark.length)));
        cut.map(drop).map_err(|error| unwritten(&error))
    }

    /// Adds a row.
    pub fn add(&mut self, row: &[(&'static str, String)]) -> Result<(), Failure> {
        let text = match self.format {
            ExportFormat::Csv => csv_line(row.iter().map(|(_, value)| cell(value)))?,
            ExportFormat::Ndjson => {
                let fields: Map<String, Value> = row
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), json!(value)))
                    .collect();
                crate::cli::text::safe_json(&json!(fields).to_string()) + "\n"
            }
        };
        self.count += 1;
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| unwritten(&error))
    }

    /// Prints everything, in CSV under this heading.
    pub fn print(mut self, desk: &Desk, heading: &[&str]) -> Result<(), Failure> {
        if self.format == ExportFormat::Csv {
            desk.terminal
                .print(&csv_line(heading.iter().map(|name| (*name).to_owned()))?)?;
        }
        self.file.rewind().map_err(|error| unwritten(&error))?;
        let mut rest = String::new();
        let mut reader = std::io::BufReader::new(&mut self.file);
        loop {
            rest.clear();
            let read =
                std::io::BufRead::read_line(&mut reader, &mut rest).map_err(|error| unwritten(&error))?;
            if read == 0 {
                return Ok(());
            }
            desk.terminal.print(&rest)?;
        }
    }
}

fn csv_line(cells: impl IntoIterator<Item = String>) -> Result<String, Failure> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(vec![]);
    writer.write_record(cells).map_err(|error| unwritten(&error))?;
    let bytes = writer.into_inner().map_err(|error| unwritten(&error))?;
    String::from_utf8(bytes).map_err(|error| unwritten(&error))
}

/// A cell that no spreadsheet takes for a formula, with nothing hidden in it.
fn cell(value: &str) -> String {
    let value = visible(value);
    if value.starts_with(['=', '+', '-', '@']) {
        format!("'{value}")
    } else {
        value
    }
}

/// Why nothing was exported.
pub fn unwritten(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Kind::Refused, format!("Nothing was exported: {error}."))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_hides_nothing() {
        for (value, shown) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("-1", "'-1"),
            ("@cmd", "'@cmd"),
            ("\t=1", "\\u{9}=1"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("plain", "plain"),
        ] {
            assert_eq!(cell(value), shown);
        }
        assert_eq!(
            csv_line(["a,b".to_owned(), "c\"d".to_owned()]).unwrap(),
            "\"a,b\",\"c\"\"d\"\r\n"
        );
    }

    #[test]
    fn rows_go_back_to_where_a_list_began() {
        let mut rows = Rows::new(ExportFormat::Ndjson).unwrap();
        rows.add(&[("name", "one".to_owned())]).unwrap();
        let mark = rows.mark().unwrap();
        rows.add(&[("name", "two".to_owned())]).unwrap();
        rows.back_to(mark).unwrap();
        rows.add(&[("name", "three".to_owned())]).unwrap();
        assert_eq!(rows.count, 2);
        rows.file.rewind().unwrap();
        let mut text = String::new();
        rows.file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "{\"name\":\"one\"}\n{\"name\":\"three\"}\n");
    }
}
