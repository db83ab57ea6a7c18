//! The ports that the sandbox has on its world, for tests without a network, say what the adapters say.

use std::sync::Arc;
use std::time::Duration;

use crate::always_send::AlwaysSend;
use identity_center_sandbox::{Caller, Client};
use team_operator::ports::{Assignments, Class, Directory, Effect, PortError, SendPermit};

use super::ask;
use crate::support::Boxed;

/// What a caller goes by.
type Meaning = (Class, Effect, Option<Duration>);

fn meaning(error: &PortError) -> Meaning {
    (error.class, error.effect, error.retry_after)
}

#[tokio::test]
async fn every_refusal_and_loss_means_the_same_to_both() {
    let effects = [
        "ConflictException",
        "ThrottlingException",
        "TooManyRequestsException",
        "too-many-outstanding",
        "AccessDeniedException",
        "ServiceQuotaExceededException",
        "ValidationException",
        "UnrecognizedClientException",
        "ExpiredTokenException",
        "InternalServerException",
        "signature-expired",
        "kms-access-denied",
        "kms-disabled",
        "kms-not-found",
        "kms-throttled",
        "NobodyKnowsException",
    ]
    .map(|code| format!(r#"{{"kind":"refuse","code":"{code}"}}"#));
    let losses =
        ["lost", "unavailable", "html"].map(|kind| format!(r#"{{"kind":"{kind}","applied":false}}"#));
    let permit: Arc<dyn SendPermit> = Arc::new(AlwaysSend);
    for effect in effects.iter().chain(&losses) {
        let boxed = Boxed::start(|_| ()).await;
        let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
        let script = format!(r#"{{"effect":{effect}}}"#);
        boxed.script(&script);
        let directly = |ask: &dyn Fn(&mut Client<'_>) -> PortError| {
            boxed.sandbox.with(|world, now| {
                let caller = Caller::of(world);
                ask(&mut Client::new(world, &caller, now))
            })
        };
        let write = aws.create(&ask(), &tuple, permit.clone()).await.unwrap_err();
        let same = directly(&|client| client.create(&tuple, &*permit).unwrap_err());
        assert_eq!(meaning(&same), meaning(&write), "{effect}: a create");
        let question = aws.user(&ask(), &tuple.user_id).await.unwrap_err();
        let same = directly(&|client| client.user(&tuple.user_id).unwrap_err());
        assert_eq!(meaning(&same), meaning(&question), "{effect}: a question");
    }
}
