//! Whether policies and settings are what the API server has now. A watch that was cut off shows the past, and the past
//! neither grants nor denies.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use kube::api::ListParams;
use tokio::sync::Mutex;

use super::policy_cache::{PolicyKind, Shown};
use super::policy_store::Generations;
use crate::controller::api_call::{NoAnswer, no_answer, within};

/// For how many seconds a watch may be behind without anybody being told.
const MOMENT: u64 = 10;

/// Reads policies and settings beside the watches.
pub struct PolicyStaleness {
    client: kube::Client,
    last: Mutex<Option<Look>>,
    behind_since: std::sync::Mutex<Option<Instant>>,
}

/// What was there, as of a moment.
struct Look {
    began: Instant,
    found: Result<Shown, NoAnswer>,
}

impl PolicyStaleness {
    /// One that has not looked yet.
    pub fn new(client: kube::Client) -> Self {
        Self {
            client,
            last: Mutex::default(),
            behind_since: std::sync::Mutex::default(),
        }
    }

    /// A moment is nothing to speak of; a watch that stays behind keeps every decision waiting. How long it has been behind.
    pub fn note(&self, current: bool) -> Duration {
        let mut since = self.behind_since.lock().unwrap_or_else(PoisonError::into_inner);
        if current {
            *since = None;
            return Duration::ZERO;
        }
        let behind = since.get_or_insert_with(Instant::now).elapsed();
        let seconds = behind.as_secs();
        if seconds < MOMENT {
            tracing::debug!("policies or settings have changed, and the watch has not shown it yet");
        } else {
            tracing::warn!(
                seconds,
                "the watch of policies and settings stays behind what the API server has: nothing that rests on them is \
                 decided until it has caught up"
            );
        }
        behind
    }

    /// What the API server has, in a look that began after this was called. Everybody who asks while one is under way shares
    /// the next.
    pub async fn found(&self) -> Result<Shown, NoAnswer> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some(look) = last.as_ref().filter(|look| look.began >= asked) {
            return look.found.clone();
        }
        let began = Instant::now();
        let found = self.look().await;
        *last = Some(Look {
            began,
            found: found.clone(),
        });
        found
    }

    async fn look(&self) -> Result<Shown, NoAnswer> {
        let lists = PolicyKind::ALL.map(async |kind| Ok((kind, self.list(kind).await?)));
        let lists = futures::future::try_join_all(lists).await?;
        Ok(lists.into_iter().collect())
    }

    async fn list(&self, kind: PolicyKind) -> Result<Generations, NoAnswer> {
        let action = "list policies and settings";
        let objects = kind.objects(self.client.clone());
        let all = within(action, objects.list_metadata(&ListParams::default())).await?;
        let all = all.map_err(|error| no_answer(action, &error))?;
        let metadata = all.items.into_iter().map(|object| object.metadata);
        Ok(metadata
            .map(|metadata| {
                (
                    metadata.uid.unwrap_or_default(),
                    metadata.generation.unwrap_or_default(),
                )
            })
            .collect())
    }
}
