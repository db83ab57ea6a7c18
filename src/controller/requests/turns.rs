//! Whose turn it is: new requests of one person are opened one after the other, or all of them would pass the limit.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

/// Whose turn it is: one at a time for each name. Two names may share a turn; that costs them a moment.
pub struct Turns([Mutex<()>; 64]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Turns {
    /// The turn of this name, if it is free now; it lasts as long as what is returned. Nobody waits for it: a person with many
    /// new requests keeps no pass of others from running.
    pub fn of(&self, name: &str) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % 64).unwrap_or_default();
        self.0[place].try_lock().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_has_the_turn_of_a_name() {
        let turns = Turns::default();
        let turn = turns.of("alice");
        assert!(turn.is_some() && turns.of("alice").is_none());
        drop(turn);
        assert!(turns.of("alice").is_some());
    }
}
