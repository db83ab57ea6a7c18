//! The assignment machines that remember something.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{AssignmentConfig, AssignmentMachine, Moment};

/// The machines that remember something, by the names of their records. One that is in a pass is not here.
pub struct Machines {
    config: AssignmentConfig,
    idle: Mutex<HashMap<String, AssignmentMachine>>,
}

impl Machines {
    /// None yet.
    pub fn new(config: AssignmentConfig) -> Self {
        Self {
            config,
            idle: Mutex::default(),
        }
    }

    /// The machine of this record, out of here until it is put back; a new one where none remembers anything.
    pub fn take(&self, name: &str) -> AssignmentMachine {
        let known = self.idle().remove(name);
        known.unwrap_or_else(|| AssignmentMachine::new(name, self.config.clone()))
    }

    /// Keeps a machine until its next pass.
    pub fn put(&self, name: &str, machine: AssignmentMachine) {
        self.idle().insert(name.to_owned(), machine);
    }

    /// Whether access is to be taken away by one of them.
    pub fn any_ending(&self, moment: &Moment) -> bool {
        self.idle().values().any(|machine| machine.is_ending(moment))
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<String, AssignmentMachine>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
