//! The state of this process for `/readyz`, one line per fact.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Named facts about this process; cheap to clone, and all clones share the state.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    facts: Arc<Mutex<BTreeMap<&'static str, Fact>>>,
}

/// The state of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Whether this fact lets the process do its work.
    pub state: State,
    /// For people.
    pub sentence: String,
}

/// Whether a fact lets the process do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Good,
    /// It does, and somebody should know of it. To stop or restart the process would not help.
    Warning,
    /// It keeps the process from acting when it is told to.
    Bad,
}

impl Readiness {
    /// Sets a fact that lets the process do its work.
    pub fn ready(&self, name: &'static str, sentence: impl Into<String>) {
        self.set(name, State::Good, sentence.into());
    }

    /// Sets a fact that somebody should know of, and that fails nothing.
    pub fn warn(&self, name: &'static str, sentence: impl Into<String>) {
        self.set(name, State::Warning, sentence.into());
    }

    /// Sets a fact that keeps the process from its work.
    pub fn not_ready(&self, name: &'static str, sentence: impl Into<String>) {
        self.set(name, State::Bad, sentence.into());
    }

    /// One fact, if it was ever set.
    pub fn fact(&self, name: &str) -> Option<Fact> {
        self.lock().get(name).cloned()
    }

    /// Whether there are facts and none is bad, with a line for each.
    pub fn report(&self) -> (bool, String) {
        let facts = self.lock();
        let mut lines = String::new();
        for (name, fact) in facts.iter() {
            let mark = match fact.state {
                State::Good => "[+]",
                State::Warning => "[!]",
                State::Bad => "[-]",
            };
            let _ = writeln!(lines, "{mark} {name}: {}", fact.sentence); // writing to a String does not fail
        }
        (
            !facts.is_empty() && facts.values().all(|fact| fact.state != State::Bad),
            lines,
        )
    }

    fn set(&self, name: &'static str, state: State, sentence: String) {
        self.lock().insert(name, Fact { state, sentence });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Fact>> {
        // No code panics while it holds the lock.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_when_every_fact_is_and_not_before_the_first() {
        let readiness = Readiness::default();
        assert_eq!(readiness.report(), (false, String::new()));
        readiness.not_ready("leader", "the lease was not read yet");
        readiness.ready("AWS", "connected");
        let lines = "[+] AWS: connected\n[-] leader: the lease was not read yet\n";
        assert_eq!(readiness.report(), (false, lines.to_owned()));
        readiness.clone().ready("leader", "holds the lease");
        assert_eq!(
            readiness.report(),
            (
                true,
                "[+] AWS: connected\n[+] leader: holds the lease\n".to_owned()
            )
        );
        readiness.warn("AWS", "does not answer");
        assert_eq!(
            readiness.report(),
            (
                true,
                "[!] AWS: does not answer\n[+] leader: holds the lease\n".to_owned()
            )
        );
    }
}
