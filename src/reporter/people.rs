//! A person's e-mail address, from the directory, right before something is sent.

use std::sync::Arc;

use tokio::sync::watch;

use crate::api::{Reason, TeamSettingsSpec};
use crate::domain::notification::{Answer, Refusal};
use crate::domain::{Enabled, UserLookup, approvers};
use crate::ports::{CallOptions, Directory};

/// The directory, once AWS has named it.
pub type DirectorySeen = watch::Receiver<Option<Arc<dyn Directory>>>;

/// The address of the person behind a Kubernetes user name: exactly one, who may sign in.
pub(super) async fn email_of(
    name: &str,
    settings: Option<&TeamSettingsSpec>,
    directory: &DirectorySeen,
) -> Result<String, Answer> {
    let directory = directory.borrow().clone();
    let (Some(directory), Some(settings)) = (directory, settings) else {
        return Err(unknown(
            "The directory, or how names are found in it, is not known yet.",
        ));
    };
    let Some((attribute, value)) = approvers::directory_name(name, &settings.identity) else {
        return Err(not_told("The name is nobody's in Identity Center."));
    };
    let options = CallOptions::background();
    match directory.user_by_attribute(&options, attribute, value).await {
        Err(error) => Err(unknown(&error.to_string())),
        Ok(found) => match found.value {
            UserLookup::Found(user) if user.enabled == Enabled::No => {
                Err(not_told("The person is disabled in Identity Center."))
            }
            UserLookup::Found(user) => user
                .email
                .ok_or_else(|| not_told("The person has no e-mail address in Identity Center.")),
            UserLookup::OtherSpelling { .. } | UserLookup::Absent => {
                Err(not_told("The name is nobody's in Identity Center."))
            }
        },
    }
}

fn not_told(message: &str) -> Answer {
    Answer::Refused {
        refusal: Refusal::Person,
        reason: Reason::PersonNotFound,
        message: message.to_owned(),
    }
}

fn unknown(message: &str) -> Answer {
    Answer::TriedAgain {
        reason: Reason::LookupFailed,
        message: message.to_owned(),
        delay: None,
    }
}
