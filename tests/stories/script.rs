//! Scripts and their golden output, in one file: a line that begins at the margin is the script, and what is indented below
//! it is what was seen. `UPDATE=1 cargo test --test stories` writes anew what was seen.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One script.
pub(crate) struct Script {
    path: PathBuf,
    text: String,
    /// The sentences that the file begins with.
    pub(crate) preface: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// Lines that happen at once, and then the time to see what comes of them.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) lines: Vec<Line>,
    /// Sentences right before it.
    heading: Vec<String>,
    /// Whether an empty line comes before it.
    apart: bool,
}

/// One line of the script.
#[derive(Debug)]
pub(crate) struct Line {
    /// In the file, from 1.
    pub(crate) number: usize,
    /// Without the comma that joins it to the next.
    pub(crate) text: String,
}

impl Script {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stories/scripts/{name}.story"));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (mut preface, mut steps, mut open, mut apart) = (vec![], vec![], Step::default(), false);
        for (index, line) in text.lines().enumerate() {
            let seen = line.starts_with(' ');
            if let Some(sentence) = line.strip_prefix('#') {
                let sentence = sentence.trim().to_owned();
                if steps.is_empty() {
                    preface.push(sentence);
                } else {
                    open.heading.push(sentence);
                }
            } else if line.is_empty() {
                apart = true;
            } else if !seen {
                if open.lines.is_empty() {
                    open.apart = apart;
                }
                apart = false;
                let (text, joined) = match line.strip_suffix(',') {
                    Some(text) => (text, true),
                    None => (line, false),
                };
                open.lines.push(Line {
                    number: index + 1,
                    text: text.to_owned(),
                });
                if !joined {
                    steps.push(std::mem::take(&mut open));
                }
            }
        }
        assert!(
            open.lines.is_empty(),
            "{}: the last line ends in a comma",
            path.display()
        );
        Self {
            path,
            text,
            preface,
            steps,
        }
    }

    /// The file, as it is named to people.
    pub(crate) fn file(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        format!("tests/stories/scripts/{}", name.to_string_lossy())
    }

    /// Holds what was seen at each step against the file, or writes it there.
    pub(crate) fn compare(&self, seen: &[Vec<String>]) {
        let now = self.with(seen);
        if in_one_order(&now) == in_one_order(&self.text) {
            return;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&self.path, now).unwrap();
            return;
        }
        panic!(
            "{} tells another story than before (- as it was, + as it is):\n{}\
             If the new one is right: UPDATE=1 cargo test --test stories",
            self.file(),
            difference(&self.text, &now)
        );
    }

    fn with(&self, seen: &[Vec<String>]) -> String {
        let mut text = String::new();
        for sentence in &self.preface {
            writeln!(text, "{}", format!("# {sentence}").trim_end()).unwrap();
        }
        for (step, seen) in self.steps.iter().zip(seen) {
            if step.apart {
                text.push('\n');
            }
            for sentence in &step.heading {
                writeln!(text, "# {sentence}").unwrap();
            }
            let lines: Vec<&str> = step.lines.iter().map(|line| line.text.as_str()).collect();
            writeln!(text, "{}", lines.join(",\n")).unwrap();
            for line in seen {
                writeln!(text, "    {line}").unwrap();
            }
        }
        text
    }
}

/// The text with what was seen within a second in the order of what it is about: a request and its record have machines of their
/// own, and which of the two writes first within a second is nobody's promise. What one of them does stays in its order.
fn in_one_order(text: &str) -> Vec<String> {
    let is_seen = |line: &str| line.starts_with("    ");
    let mut parts: Vec<String> = vec![];
    for line in text.lines() {
        match parts.last_mut() {
            // A long line goes on.
            Some(last) if line.starts_with("         ") => {
                last.push('\n');
                last.push_str(line);
            }
            _ => parts.push(line.to_owned()),
        }
    }
    for seen in parts.chunk_by_mut(|one, other| is_seen(one) == is_seen(other)) {
        if is_seen(&seen[0]) {
            seen.sort_by(|one, other| time_and_subject(one).cmp(&time_and_subject(other)));
        }
    }
    parts
}

/// `10:05:05` and `record:`, `aws:`, `dave-1`, `event` and the like; of the journal the whole line, as each is about another request.
fn time_and_subject(line: &str) -> (&str, &str) {
    let (time, rest) = line.trim_start().split_once(' ').unwrap_or((line, ""));
    let subject = rest.trim_start().split(' ').next().unwrap_or_default();
    (time, if subject == "journal:" { rest } else { subject })
}

/// The lines that differ, with two lines around them.
fn difference(before: &str, now: &str) -> String {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    // The longest common part, from the end, so that the way from the beginning is read off.
    let mut common = vec![vec![0_usize; now.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in now.iter().enumerate().rev() {
            common[i][j] = if old == new {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, vec![]);
    while i < before.len() || j < now.len() {
        if i < before.len() && j < now.len() && before[i] == now[j] {
            lines.push((' ', before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == now.len() || (i < before.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', before[i]));
            i += 1;
        } else {
            lines.push(('+', now[j]));
            j += 1;
        }
    }
    let is_near = |at: usize| {
        lines[at.saturating_sub(2)..(at + 3).min(lines.len())]
            .iter()
            .any(|(mark, _)| *mark != ' ')
    };
    let mut shown = String::new();
    for (at, (mark, line)) in lines.iter().enumerate() {
        if is_near(at) {
            writeln!(shown, "{mark} {line}").unwrap();
        } else if at > 0 && is_near(at - 1) {
            shown.push_str("  …\n");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_was_and_what_is_with_its_surroundings() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh";
        let now = "a\nb\nc\nd\ne\nF\ng\nh";
        assert_eq!(difference(before, now), "  d\n  e\n- f\n+ F\n  g\n  h\n");
    }
}
