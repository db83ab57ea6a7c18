//! What is done beside requests: statuses of policies and settings, reviews, finished requests, the sweep.

mod guard_monitor;
mod policy_status;
mod retention;
mod reviews;
mod seal_watch;
mod settings_status;
mod sweep;

pub use guard_monitor::keep_the_guard;
pub use seal_watch::watch_the_seal_key;
pub use settings_status::remembered as remembered_settings;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::context::Context;
use super::lookups::{About, answer};
use crate::api::AccountId;
use crate::domain::policy_status::OrganizationFacts;
use crate::domain::{FactReader, Facts};
use crate::ports::{CallOptions, PortError};

/// How often facts are asked for before the answer is made from those that there are.
const ROUNDS: usize = 12;

/// Starts all background work, for when policies, settings and records are known; it ends with the set.
pub fn start(context: &Arc<Context>, client: &kube::Client, tasks: &mut JoinSet<()>) {
    let (here, client) = (|| Arc::clone(context), || client.clone());
    tasks.spawn(when_ready(here(), policy_status::keep_statuses(here(), client())));
    tasks.spawn(when_ready(here(), settings_status::keep_status(here(), client())));
    tasks.spawn(when_ready(here(), reviews::answer_reviews(here(), client())));
    tasks.spawn(when_ready(here(), retention::look_through(here())));
    tasks.spawn(when_ready(here(), retention::take_up_leftovers(here())));
    tasks.spawn(when_ready(here(), sweep::sweep(here())));
}

async fn when_ready(context: Arc<Context>, task: impl Future<Output = ()>) {
    context.policies_are_known().await;
    context.record_cache.is_complete().await;
    task.await;
}

/// What `look` makes of the facts, once it has all that it asks for.
async fn with_facts<T>(context: &Context, about: &About, look: impl Fn(&FactReader<'_>) -> T) -> T {
    let mut facts = Facts::default();
    for _ in 0..ROUNDS {
        let now = context.now();
        let (made, questions) = {
            let reader = FactReader::new(&facts, &context.config.timings, now);
            let made = look(&reader);
            (made, reader.questions())
        };
        if questions.is_empty() {
            return made;
        }
        facts.merge(answer(context, about, questions).await);
    }
    look(&FactReader::new(&facts, &context.config.timings, context.now()))
}

/// The whole organization.
async fn organization(context: &Context, options: &CallOptions) -> Result<OrganizationFacts, PortError> {
    let tree = context.ports.organization.tree(options).await?.value;
    Ok(OrganizationFacts {
        accounts: tree.accounts.clone(),
        units: tree.units.clone(),
    })
}

/// Waits until something around requests changes, or for that long.
async fn until_a_change_or(epochs: &mut tokio::sync::watch::Receiver<u64>, wait: Duration) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        _ = epochs.changed() => {}
    }
}

/// Background questions are about no assignment.
fn about(options: CallOptions) -> About {
    About {
        options,
        account: AccountId::as_given("none"),
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
