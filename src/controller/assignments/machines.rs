//! The assignment machines that remember something.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{AssignmentConfig, AssignmentMachine, Moment};

/// The machines that remember something, by the names of their records. One that is in a pass is here as it was before.
pub struct Machines {
    config: AssignmentConfig,
    known: Mutex<HashMap<String, AssignmentMachine>>,
}

impl Machines {
    /// None yet.
    pub fn new(config: AssignmentConfig) -> Self {
        Self {
            config,
            known: Mutex::default(),
        }
    }

    /// The machine of this record; a new one where none remembers anything.
    pub fn get(&self, name: &str) -> AssignmentMachine {
        let known = self.known().get(name).cloned();
        known.unwrap_or_else(|| AssignmentMachine::new(name, self.config.clone()))
    }

    /// Keeps a machine until its next pass.
    pub fn put(&self, name: &str, machine: AssignmentMachine) {
        self.known().insert(name.to_owned(), machine);
    }

    /// The machine of this record has nothing to remember.
    pub fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    /// The names of the records of all.
    pub fn names(&self) -> Vec<String> {
        self.known().keys().cloned().collect()
    }

    /// Whether access is to be taken away by one of them.
    pub fn any_ending(&self, moment: &Moment) -> bool {
        self.known().values().any(|machine| machine.is_ending(moment))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, AssignmentMachine>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
