//! Asking the controller what the person may request.

use std::time::Instant;

use kube::api::{Api, PostParams};

use super::{BETWEEN_LOOKS, random_name};
use crate::api::{
    AccountId, EligibilityReview, EligibilityReviewSpec, EligibilityReviewStatus, HumanDuration,
    PermissionSetName, Timestamp,
};
use crate::cli::failure::{Failure, acts};
use crate::cli::session::Session;

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The whole answer.
    Complete(Box<EligibilityReviewStatus>),
    /// No answer, or only a part of one, in the time that it gets: why, where the controller says so.
    Unknown(Option<String>),
}

/// The question for everything, or for one account.
pub fn everything(account: Option<AccountId>) -> EligibilityReviewSpec {
    EligibilityReviewSpec {
        requester: None,
        account_id: account,
        permission_set: None,
        start_time: None,
        duration: None,
    }
}

/// The question for one whole request.
pub fn whole(
    account: AccountId,
    set: PermissionSetName,
    duration: HumanDuration,
    start: Option<Timestamp>,
) -> EligibilityReviewSpec {
    EligibilityReviewSpec {
        requester: None,
        account_id: Some(account),
        permission_set: Some(set),
        start_time: start,
        duration: Some(duration),
    }
}

/// Asks, and waits for the answer. Nobody but the controller lists reviews, so that the answer is looked for, not watched.
pub async fn ask(session: &Session, mut question: EligibilityReviewSpec) -> Result<Answer, Failure> {
    let reviews: Api<EligibilityReview> = Api::namespaced(session.client.clone(), session.home()?);
    question.requester = Some(session.person.clone());
    let name = format!("ask-{}", random_name(10));
    let review = EligibilityReview::new(&name, question);
    match reviews.create(&PostParams::default(), &review).await {
        Ok(_) => {}
        // An answer that was lost: nobody else chooses this name.
        Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => {}
        Err(error) => return Err(acts::REVIEW.failed(&error)),
    }
    let since = Instant::now();
    let mut said = None;
    while since.elapsed() < session.patience.question {
        let answered = reviews
            .get(&name)
            .await
            .map_err(|error| acts::REVIEW.failed(&error))?;
        if let Some(status) = answered.status {
            if status.complete {
                return Ok(Answer::Complete(Box::new(status)));
            }
            said = status.message.or(said);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(Answer::Unknown(said))
}
