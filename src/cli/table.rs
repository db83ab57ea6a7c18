//! Tables as kubectl prints them: columns by spaces, no lines, ready for `awk`.

use unicode_width::UnicodeWidthStr as _;

use super::text::{cut, visible};

/// The gap between two columns.
const GAP: usize = 3;

/// No column is cut below this.
const NARROWEST: usize = 8;

/// Rows under a heading.
#[derive(Debug, Default)]
pub struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(heading: &[&'static str]) -> Self {
        Self {
            heading: heading.to_vec(),
            rows: vec![],
        }
    }

    /// Adds a row. An empty cell shows as `-`, so that columns stay countable.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| visible(&cell));
        self.rows.push(
            cells
                .map(|cell| if cell.is_empty() { "-".to_owned() } else { cell })
                .collect(),
        );
    }

    /// The lines, no wider than `width` where one is given: the widest columns are cut first, and never the first one, by which
    /// things are called.
    pub fn lines(&self, headings: bool, width: Option<usize>) -> Vec<String> {
        let heading: Vec<String> = self.heading.iter().map(|&name| name.to_owned()).collect();
        let all: Vec<&Vec<String>> = headings
            .then_some(&heading)
            .into_iter()
            .chain(&self.rows)
            .collect();
        let mut widths: Vec<usize> = (0..self.heading.len())
            .map(|column| all.iter().map(|row| row[column].width()).max().unwrap_or(0))
            .collect();
        while width.is_some_and(|width| total(&widths) > width) {
            let cuttable = widths.iter_mut().skip(1).max_by_key(|column| **column);
            match cuttable {
                Some(column) if *column > NARROWEST => *column -= 1,
                _ => break,
            }
        }
        all.iter().map(|row| line(row, &widths)).collect()
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = cut(cell, *width);
        line.push_str(&cell);
        line.push_str(&" ".repeat(width - cell.width().min(*width) + GAP));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["NAME", "ACCOUNT", "PHASE"]);
        table.row([
            "orders-x7k2p".into(),
            "prod-orders-of-the-whole-company".into(),
            "Active".into(),
        ]);
        table.row(["a".into(), "表\u{202e}".into(), String::new()]);
        table
    }

    #[test]
    fn columns_stand_under_each_other_and_empty_cells_are_marked() {
        assert_eq!(
            table().lines(true, None),
            [
                "NAME           ACCOUNT                            PHASE",
                "orders-x7k2p   prod-orders-of-the-whole-company   Active",
                "a              表\\u{202e}                         -",
            ]
        );
        assert_eq!(table().lines(false, None).len(), 2);
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column_and_never_the_name() {
        let lines = table().lines(true, Some(40));
        assert!(lines.iter().all(|line| line.width() <= 40), "{lines:#?}");
        assert!(lines[1].starts_with("orders-x7k2p   prod-"), "{lines:#?}");
        assert!(table().lines(true, Some(5))[1].contains("orders-x7k2p"));
    }
}
