//! What people do, as functions over a [`Session`](super::session::Session). They print nothing and ask nobody.

pub mod cancel;
pub mod create;
pub mod decide;
pub mod eligibility;
pub mod names;
pub mod requests;
pub mod stop;
pub mod wait;

#[cfg(test)]
mod lost_answers;

use std::time::Duration;

/// How long to leave the API server alone between two looks at one object.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A part of a name that nobody else chooses: lower case letters and digits that are not mistaken for each other, and no
/// vowels, so that no words come about.
fn random_name(length: usize) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut bytes = vec![0; length];
    if getrandom::fill(&mut bytes).is_err() {
        // Without a source of randomness the clock has to do: the API server refuses a name that is taken.
        let mut seconds = crate::cli::times::now().unix_seconds();
        for byte in &mut bytes {
            *byte = seconds.to_le_bytes()[0];
            seconds /= 27;
        }
    }
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    bytes.iter().map(letter).collect()
}
