//! What a channel wants.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::told::Told;
use crate::api::{NotificationChannelSpec, Timestamp};

/// A channel, as a plan reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelFacts {
    /// Its name.
    pub name: String,
    /// What it wants.
    pub spec: NotificationChannelSpec,
    /// What it wants begins here.
    pub since: Timestamp,
    /// Nothing may be sent before this.
    pub ready_at: Option<Timestamp>,
}

/// How a medium takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediumKind {
    /// It gets every event, in order.
    Events,
    /// It shows the newest state: a later event stands for an earlier one.
    State,
}

impl ChannelFacts {
    /// How its medium takes messages.
    pub fn medium(&self) -> MediumKind {
        if self.spec.webhook.is_some() {
            MediumKind::Events
        } else {
            MediumKind::State
        }
    }

    /// A digest of where messages go.
    pub fn destination(&self) -> String {
        let NotificationChannelSpec { slack, webhook, .. } = &self.spec;
        let slack = slack.as_ref().map(|slack| &slack.channel);
        let text = json!([slack, webhook]).to_string();
        hex(&text)[..16].to_owned()
    }
}

/// A digest of all that decides what the channel wants: where it changes, wanting begins anew.
pub fn digest_of(spec: &NotificationChannelSpec) -> String {
    let NotificationChannelSpec {
        slack,
        webhook,
        events,
        audience,
        matching,
        ..
    } = spec;
    hex(&json!([slack, webhook, events, audience, matching]).to_string())
}

/// Whether a channel tells of this object. Where an organizational unit is asked for and the request has none yet, it does not.
pub fn reaches(spec: &NotificationChannelSpec, told: &Told) -> bool {
    let (Some(matching), Some((request, status))) = (&spec.matching, told.request()) else {
        return true;
    };
    let namespace = told.about.namespace.as_deref().unwrap_or_default();
    let path = status.access.as_ref().map(|access| access.ou_path.as_str());
    let is_one_of = |list: &[String], value: &str| list.is_empty() || list.iter().any(|entry| entry == value);
    is_one_of(&matching.namespaces, namespace)
        && (matching.accounts.is_empty() || matching.accounts.contains(&request.account_id))
        && (matching.permission_sets.is_empty() || matching.permission_sets.contains(&request.permission_set))
        && (matching.organizational_units.is_empty()
            || path.is_some_and(|path| matching.organizational_units.iter().any(|unit| is_in(path, unit))))
}

/// Whether a path of names is the unit's or goes on below it.
fn is_in(path: &str, unit: &str) -> bool {
    path.strip_prefix(unit.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The same for each attempt to send the same message: receivers drop what they have by it.
pub fn message_id(uid: &str, key: &str, destination: &str, recipient: Option<&str>) -> String {
    hex(&json!([uid, key, destination, recipient]).to_string())[..32].to_owned()
}

/// SHA-256 in hex.
fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(digits, "{byte:02x}"); // writing to a String does not fail
    }
    digits
}
