//! The Secret with the key of the seal, looked at while the controller runs. A key that was swapped or deleted would be noticed at
//! the next start otherwise, when everything that the old one sealed counts as forged.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::admission::{SEAL_SECRET, stored_seal_key};
use crate::api::Reason;
use crate::controller::context::Context;
use crate::domain::Alert;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Compares the stored key with the one in use, for ever.
pub async fn watch_the_seal_key(context: Arc<Context>, client: kube::Client) {
    let mut was_right = true;
    loop {
        match stored_seal_key(client.clone(), &context.config.namespace).await {
            Ok(stored) => {
                let is_right = stored.as_deref() == Some(context.key.as_bytes());
                if !is_right {
                    tell(&context, stored.is_some());
                } else if !was_right {
                    tracing::warn!(secret = SEAL_SECRET, "the Secret holds the key in use again");
                }
                was_right = is_right;
            }
            // Not known is neither right nor wrong.
            Err(error) => tracing::debug!(%error, "the key of the seal could not be looked at"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn tell(context: &Context, is_there: bool) {
    if !context
        .memory
        .should_alert(SEAL_SECRET, Reason::SealBroken.as_str())
    {
        return;
    }
    let what = if is_there {
        "holds another key than the one in use"
    } else {
        "is missing"
    };
    let sentence = format!(
        "Secret {SEAL_SECRET} {what}. Put the key back from a backup before the controller starts again: without it everything that \
         was sealed counts as forged, and all access ends."
    );
    context.metrics.alert(Reason::SealBroken);
    tracing::error!(secret = SEAL_SECRET, "{sentence}");
    let alert = Alert::new(Reason::SealBroken, sentence);
    context
        .report
        .note(&alert, &json!({ "secret": SEAL_SECRET }), context.now());
}
