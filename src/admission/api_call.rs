//! Calls to the API server: none takes for ever, and what became of a write is a value.

use std::time::Duration;

use kube::core::{ApiResource, GroupVersionKind};

use super::API_TIMEOUT;
use crate::api::{GROUP, VERSION};

/// The API server gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the API server could not {action}: {why}")]
pub struct NoAnswer {
    /// What was asked of it.
    pub action: &'static str,
    /// What happened.
    pub why: String,
}

/// What an error says about a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// Somebody wrote in between.
    Conflict,
    /// There is no such object.
    Gone,
    /// The API server does not accept it.
    Refused(String),
    /// It may have landed, or land later.
    NoAnswer(String),
}

/// The kind, for clients without types.
pub fn resource(kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, kind), plural)
}

/// Waits for an answer, but not for ever.
pub async fn within<T>(
    action: &'static str,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<Result<T, kube::Error>, NoAnswer> {
    within_time(action, API_TIMEOUT, call).await
}

/// Waits for an answer that long.
pub async fn within_time<T>(
    action: &'static str,
    time: Duration,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<Result<T, kube::Error>, NoAnswer> {
    tokio::time::timeout(time, call).await.map_err(|_| NoAnswer {
        action,
        why: format!("no answer within {} s", time.as_secs_f32()),
    })
}

/// What an error of the API server says, for people.
pub fn no_answer(action: &'static str, error: &kube::Error) -> NoAnswer {
    let why = match error {
        kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
        other => with_causes(other),
    };
    NoAnswer { action, why }
}

/// What an error of the API server says about a write.
pub fn failed(action: &'static str, error: &kube::Error) -> Failed {
    match error {
        kube::Error::Api(status) => match status.code {
            409 => Failed::Conflict,
            404 => Failed::Gone,
            429 | 500.. => Failed::NoAnswer(no_answer(action, error).to_string()),
            _ => Failed::Refused(status.message.clone()),
        },
        _ => Failed::NoAnswer(no_answer(action, error).to_string()),
    }
}

/// An error with what caused it, where its own sentence does not say it: kube's say "client error (Connect)" and leave
/// "connection refused" to their cause.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !sentence.contains(&text) {
            sentence = format!("{sentence}: {text}");
        }
        cause = error.source();
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_and_nothing_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("no answer")]
        struct Outer(#[source] Middle);
        #[derive(Debug, thiserror::Error)]
        #[error("connect: {0}")]
        struct Middle(#[source] std::io::Error);
        let error = Outer(Middle(std::io::Error::other("refused")));
        assert_eq!(with_causes(&error), "no answer: connect: refused");
    }
}
