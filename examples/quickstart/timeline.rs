//! What happens, line by line, as people read it: when, who, what.

use std::io::{Stdout, Write as _, stdout};

use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

/// The longest name of anybody who acts.
const WHO_WIDTH: usize = 10;
/// How long a line of text may be before it is broken: with time and name it fits into 110 columns.
const TEXT_WIDTH: usize = 88;

/// Whoever acted last: more about what was just told.
pub const SAME: &str = "";

/// Prints what happens and remembers at which step the story is.
pub struct Timeline {
    output: Stdout,
    step: String,
}

impl Timeline {
    /// A timeline on standard output.
    pub fn new() -> Self {
        Self {
            output: stdout(),
            step: "start".to_owned(),
        }
    }

    /// The story comes to this step. It is not printed: if it fails, people are told that this was the step.
    pub fn comes_to(&mut self, step: impl Into<String>) {
        self.step = step.into();
    }

    /// The step at which the story is.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// Somebody does something, or something happens to somebody.
    pub fn tell(&self, who: &str, what: &str) {
        self.tell_lines(who, &broken(what));
    }

    /// The same, with lines that are to stay as they are, such as a table.
    pub fn tell_lines(&self, who: &str, lines: &[String]) {
        let time = SystemClock.now().format("%H:%M:%S").to_string();
        for (number, line) in lines.iter().enumerate() {
            let (time, who) = if number == 0 && who != SAME {
                (time.as_str(), who)
            } else {
                ("", "")
            };
            self.print(format!("{time:8}  {who:WHO_WIDTH$}  {line}").trim_end());
        }
    }

    /// The command with which somebody does what was just told; its lines stay as they are.
    pub fn tell_command(&self, command: &str) {
        let mut lines = command.lines();
        let first = lines.next().map(|line| format!("$ {line}"));
        let lines: Vec<String> = first
            .into_iter()
            .chain(lines.map(|line| format!("    {line}")))
            .collect();
        self.tell_lines(SAME, &lines);
    }

    /// A new part of the story begins.
    pub fn heading(&self, text: &str) {
        self.print(&format!("\n{text}\n"));
    }

    /// Prints lines as they are.
    pub fn print(&self, text: &str) {
        // Whoever stopped reading wants no more of it; what happens still decides how the program ends.
        let _ = writeln!(self.output.lock(), "{text}");
    }
}

/// The text in lines that are not too long, broken between words.
fn broken(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for line in text.lines() {
        for word in line.split_whitespace() {
            let last = lines.last().map_or(0, |line| line.chars().count());
            if last > 0 && last + 1 + word.chars().count() > TEXT_WIDTH {
                lines.push(String::new());
            }
            if let Some(last) = lines.last_mut() {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
        }
    }
    lines
}
