//! Which keys a verifier believes.

use serde_json::Value;

use super::findings::Committed;
use super::line;
use super::note::VerifierKey;
use super::verify::Verifier;

impl Verifier {
    /// One key may sign several trees: each bears it under its own name.
    pub(super) fn opened_by_a_key(&self, note: &str, origin: &str) -> Result<(), String> {
        let mut why = String::new();
        for key in &self.keys {
            match key.of(origin).open(note) {
                Ok(_) => return Ok(()),
                Err(error) => why = error.to_string(),
            }
        }
        Err(why)
    }

    /// The last line under a key names the next one: whoever believes the first believes that.
    pub(super) fn learn_key(&mut self, committed: &Committed<'_>) {
        const KIND: &[u8] = b"\"KeyRotation\"";
        if !self.knows_the_signer() || !committed.bytes.windows(KIND.len()).any(|part| part == KIND) {
            return;
        }
        let content = line::content(committed.bytes).unwrap_or(Value::Null);
        let next = content["entry"]["next"]["vkey"].as_str();
        if let ("KeyRotation", Some(Ok(key))) = (
            content["kind"].as_str().unwrap_or_default(),
            next.map(VerifierKey::parse),
        ) {
            self.note(format!(
                "Line {} of {} exchanges the key, and names {key}.",
                committed.index, committed.origin
            ));
            self.keys.push(key);
        }
    }
}
