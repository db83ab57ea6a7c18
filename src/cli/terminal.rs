//! The three streams of the process: results on standard output, everything else on standard error, answers from standard
//! input where a person sits there.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use super::failure::{Failure, Kind};
use super::text::is_misleading;
use crate::api::Phase;

/// When to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a command speaks and listens.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Whether a person can be asked.
    pub asks: bool,
    /// Whether nothing but results is printed.
    pub quiet: bool,
    color: bool,
    /// The width of standard output, where it is a terminal.
    pub width: Option<usize>,
}

#[expect(clippy::unused_self, reason = "who speaks at a terminal was given one")]
impl Terminal {
    /// The streams as they are.
    pub fn of_process(color: Color, quiet: bool) -> Self {
        let (input, output, errors) = (io::stdin(), io::stdout(), io::stderr());
        // In CI nobody answers, even where a terminal is simulated.
        let asks = input.is_terminal() && errors.is_terminal() && std::env::var_os("CI").is_none();
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => AutoStream::choice(&output) != anstream::ColorChoice::Never,
        };
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok());
        let width = output
            .is_terminal()
            .then(|| columns.or_else(width_of_terminal))
            .flatten();
        Self {
            asks,
            quiet,
            color,
            width,
        }
    }

    /// Prints a result. A reader that went away ends the command, quietly.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut output = io::stdout().lock();
        let printed = output.write_all(text.as_bytes()).and_then(|()| {
            if text.ends_with('\n') || text.is_empty() {
                output.flush()
            } else {
                output.write_all(b"\n").and_then(|()| output.flush())
            }
        });
        printed.map_err(|error| unprinted(&error))
    }

    /// Says something beside the result.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Says what must not be missed.
    pub fn warn(&self, text: &str) {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Asks a question that is answered in one line; what was typed before it was asked is no answer.
    pub fn ask(&self, question: &str) -> Result<String, Failure> {
        forget_typed_ahead();
        let mut errors = io::stderr();
        let _ = write!(errors, "{question} ").and_then(|()| errors.flush());
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        match read {
            Ok(0) => Err(Failure::new(
                Kind::Interrupted,
                "Nothing was answered, and nothing was done.",
            )),
            Ok(_) => Ok(line.trim().chars().filter(|c| !is_misleading(*c)).collect()),
            Err(error) => Err(Failure::new(
                Kind::Refused,
                format!("The answer could not be read: {error}."),
            )),
        }
    }

    /// Asks for a yes. Anything else is a no.
    pub fn confirms(&self, question: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} [y/N]"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// The word of a phase, colored where colors show.
    pub fn phase(&self, phase: Option<Phase>) -> String {
        let word = phase.map_or("New", Phase::as_str);
        let color = match phase {
            Some(Phase::Active) => AnsiColor::Green,
            Some(Phase::Pending | Phase::Approved | Phase::Revoking) => AnsiColor::Yellow,
            Some(Phase::Denied | Phase::Rejected | Phase::Failed | Phase::Revoked) => AnsiColor::Red,
            _ => return word.to_owned(),
        };
        self.painted(word, Style::new().fg_color(Some(color.into())))
    }

    /// A heading, bold where that shows.
    pub fn heading(&self, text: &str) -> String {
        self.painted(text, Style::new().bold())
    }

    fn painted(&self, text: &str, style: Style) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

fn unprinted(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::new(Kind::Closed, "Standard output was closed.");
    }
    Failure::new(
        Kind::Refused,
        format!("The result could not be printed: {error}."),
    )
}

#[cfg(unix)]
fn width_of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

#[cfg(not(unix))]
fn width_of_terminal() -> Option<usize> {
    None
}

#[cfg(unix)]
fn forget_typed_ahead() {
    // Where standard input is no terminal there is nothing to forget.
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn forget_typed_ahead() {}
