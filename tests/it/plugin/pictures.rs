//! Pictures of screens for the guides: what the plugin printed, colors included, as SVG files that are held as goldens.

use std::path::Path;

use anstream::adapter::strip_str;
use anstyle_svg::{Term, WIN10_CONSOLE};

use super::mask::masked;

/// The marks that [`masked`] leaves; in a picture each is filled with a value of the story's own day.
const MARKS: [&str; 4] = ["MOMENT", "SPAN away", "SPAN", "ID)"];

/// A screen of which a picture is made.
pub struct Picture {
    /// The file in `docs/images`, without its ending.
    pub name: &'static str,
    /// What stands on the screen, with its colors.
    pub screen: String,
    /// What differs from run to run, in the order in which it stands there.
    pub values: &'static [&'static str],
}

impl Picture {
    /// Compares the picture with the file in `docs/images`, or rewrites that where UPDATE is set.
    pub fn is_held(&self, words: &[(String, String)]) {
        let screen = aligned(&filled(&masked(&self.screen, words), self.values));
        let svg = Term::new().palette(WIN10_CONSOLE).render_svg(&screen);
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs/images")
            .join(format!("{}.svg", self.name));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &svg).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            svg == expected,
            "{} shows another screen; UPDATE=1 rewrites it:\n{screen}",
            file.display()
        );
    }
}

/// The text with each mark replaced by the next value. A value too many or too few is an error: the screen has changed.
fn filled(text: &str, values: &[&str]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    let mut values = values.iter();
    while let Some((at, mark)) = next_mark(rest) {
        let value = values
            .next()
            .unwrap_or_else(|| panic!("no value is left for {mark} in: {rest}"));
        filled.push_str(&rest[..at]);
        filled.push_str(value);
        rest = &rest[at + mark.len()..];
    }
    let left: Vec<_> = values.collect();
    assert!(
        left.is_empty(),
        "nothing is left to fill with {left:?} in: {text}"
    );
    filled + rest
}

fn next_mark(text: &str) -> Option<(usize, &'static str)> {
    let found = MARKS.iter().filter_map(|mark| Some((text.find(mark)?, *mark)));
    // Of two that begin at the same place, the longer one.
    found.min_by_key(|(at, mark)| (*at, usize::MAX - mark.len()))
}

/// The columns of tables under each other again: their widths were those of the names that were masked.
fn aligned(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let tables = lines.chunk_by(|one, next| cells(one).len() == cells(next).len());
    tables.flat_map(table).collect::<Vec<_>>().join("\n")
}

/// What stands between the gaps of a row; a line that is none is one cell.
fn cells(line: &str) -> Vec<&str> {
    if super::mask::is_row(line) {
        line.split("   ").collect()
    } else {
        vec![line]
    }
}

fn table(lines: &[&str]) -> Vec<String> {
    let rows: Vec<Vec<&str>> = lines.iter().map(|line| cells(line)).collect();
    let width = |column: usize| rows.iter().map(|row| shown(row[column])).max();
    let row = |row: &Vec<&str>| {
        let padded = row.iter().enumerate().map(|(column, cell)| {
            let gap = width(column).unwrap_or_default() - shown(cell) + 3;
            format!("{cell}{}", " ".repeat(gap))
        });
        padded.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(row).collect()
}

/// The columns that a cell takes, without its colors.
fn shown(cell: &str) -> usize {
    strip_str(cell).to_string().chars().count()
}

#[test]
fn what_was_masked_is_filled_and_columns_stand_under_each_other() {
    assert_eq!(
        filled("since MOMENT (SPAN away), for SPAN", &["12:00", "1h ago", "2h"]),
        "since 12:00 (1h ago), for 2h"
    );
    assert_eq!(
        aligned("NAME   WHO   AGE\norders-first   \u{1b}[1malice\u{1b}[0m   4m\nno row"),
        "NAME           WHO     AGE\norders-first   \u{1b}[1malice\u{1b}[0m   4m\nno row"
    );
}

#[test]
#[should_panic(expected = "no value is left for MOMENT")]
fn a_moment_that_nobody_expected_is_an_error() {
    filled("MOMENT and MOMENT", &["12:00"]);
}
