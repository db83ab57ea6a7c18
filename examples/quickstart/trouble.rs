//! Why the story does not go on.

use std::fmt::{self, Display};

/// What was expected, and what was there instead.
#[derive(Debug)]
pub struct Trouble {
    expected: String,
    found: String,
}

impl Trouble {
    /// What was expected, and what was there instead.
    pub fn new(expected: impl Display, found: impl Display) -> Self {
        Self {
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Turns an error into trouble: this was expected, and the error was there.
    pub fn instead_of<E: Display>(expected: impl Display) -> impl FnOnce(E) -> Self {
        move |error| Self::new(expected, error)
    }
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Under each other, however many lines each of them has.
        let indented = |text: &str| text.trim().replace('\n', "\n             ");
        writeln!(f, "  expected:  {}", indented(&self.expected))?;
        write!(f, "  there was: {}", indented(&self.found))
    }
}
