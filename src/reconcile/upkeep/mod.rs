//! What is done beside requests: statuses of policies and settings, reviews, finished requests, the sweep.

mod finished;
mod policies;
mod reviews;
mod settings;
mod sweep;

pub use settings::remembered as remembered_settings;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::answers::answer;
use super::shell::Shell;
use crate::domain::policy_status::OrganizationFacts;
use crate::domain::{Facts, Inquiry, Question};
use crate::ports::{CallOptions, PortError};

/// How often facts are asked for before the answer is made from those that there are.
const ROUNDS: usize = 12;

/// Starts all upkeep; it ends with the set.
pub fn start(shell: &Arc<Shell>, client: &kube::Client, tasks: &mut JoinSet<()>) {
    tasks.spawn(policies::keep_statuses(Arc::clone(shell), client.clone()));
    tasks.spawn(settings::keep_status(Arc::clone(shell), client.clone()));
    tasks.spawn(reviews::answer_reviews(Arc::clone(shell), client.clone()));
    tasks.spawn(finished::look_through(Arc::clone(shell)));
    tasks.spawn(finished::take_up_leftovers(Arc::clone(shell)));
    tasks.spawn(finished::list_once_more(Arc::clone(shell)));
    tasks.spawn(sweep::sweep(Arc::clone(shell)));
}

impl Shell {
    /// What `look` makes of the facts, once it has all that it asks for.
    async fn with_facts<T>(&self, ask: &CallOptions, look: impl Fn(&Inquiry<'_>) -> T) -> T {
        let mut facts = Facts::default();
        for _ in 0..ROUNDS {
            let now = self.now();
            let (made, questions): (T, Vec<Question>) = {
                let inquiry = Inquiry::new(&facts, &self.settings.timings, now);
                let made = look(&inquiry);
                (made, inquiry.questions())
            };
            if questions.is_empty() {
                return made;
            }
            answer(self, ask, None, questions, &mut facts).await;
        }
        look(&Inquiry::new(&facts, &self.settings.timings, self.now()))
    }

    /// The whole organization; a copy that is young enough will do.
    async fn organization(&self) -> Result<OrganizationFacts, PortError> {
        let tree = self
            .outside
            .organization
            .tree(&CallOptions::background())
            .await?
            .value;
        Ok(OrganizationFacts {
            accounts: tree.accounts.clone(),
            units: tree.units.clone(),
        })
    }

    /// Waits until something around requests changes, or for that long.
    async fn until_a_change_or(&self, epochs: &mut tokio::sync::watch::Receiver<u64>, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = epochs.changed() => {}
        }
    }
}

/// Whether two statuses say the same, apart from what the API server fills in or leaves out.
fn says_the_same(stored: &Value, new: &Value) -> bool {
    match (stored, new) {
        (Value::Object(stored), Value::Object(new)) => {
            let missing = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
            let mut names = stored.keys().chain(new.keys());
            names.all(|name| says_the_same(&missing(stored.get(name)), &missing(new.get(name))))
        }
        (stored, new) => stored == new,
    }
}

/// A merge patch that puts `new` in the place of `stored`.
fn replacing(stored: &Value, new: &Value) -> Value {
    let mut status = new.clone();
    for name in stored.as_object().into_iter().flat_map(|fields| fields.keys()) {
        if new.get(name).is_none() {
            status[name] = Value::Null;
        }
    }
    json!({ "status": status })
}
