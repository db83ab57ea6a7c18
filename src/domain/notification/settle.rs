//! What becomes of a message by what the medium answered.

use chrono::TimeDelta;

use super::pace::Pace;
use super::plan::{Call, settle};
use crate::api::{DeliveryResult, MessageReference, Reason, RequestReportStatus, Timestamp};
use crate::domain::messages::shortened;
use crate::domain::window::after;

/// What a medium answered to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It accepted it.
    Sent {
        /// The message, where it can be edited.
        message: Option<MessageReference>,
    },
    /// It does not accept it, and would not another time.
    Refused {
        /// What the refusal is about.
        refusal: Refusal,
        /// Why, in one word.
        reason: Reason,
        /// Why, and what to do.
        message: String,
    },
    /// Whether it was accepted is not known, or it was not, and it is tried again.
    TriedAgain {
        /// Why, in one word.
        reason: Reason,
        /// Why, in a sentence.
        message: String,
        /// Not before so long.
        delay: Option<TimeDelta>,
    },
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// This message: others are sent.
    Message,
    /// This person: others are told.
    Person,
    /// The channel: nothing is sent to it but a probe now and then.
    Channel,
}

/// The report after a call.
pub fn answered(
    report: &RequestReportStatus,
    call: &Call,
    answer: &Answer,
    pace: &Pace,
    now: Timestamp,
) -> RequestReportStatus {
    let mut report = report.clone();
    let Some(delivery) = report.deliveries.iter_mut().find(|delivery| call.is_of(delivery)) else {
        return report;
    };
    let (key, event) = (call.happening.key.as_str(), call.happening.event);
    let try_again = |delay: TimeDelta, why: &str, delivery: &mut crate::api::Delivery| {
        if let Some(sending) = delivery.sending.as_mut().filter(|sending| sending.key == key) {
            sending.attempts = sending.attempts.saturating_add(1);
            sending.retry_time = Some(after(now, delay));
            sending.last_error = Some(shortened(why, 512));
        }
    };
    match answer {
        Answer::Sent { message } => {
            settle(delivery, key, event, DeliveryResult::Sent, None, None, now);
            delivery.sending = None;
            if message.is_some() {
                delivery.message.clone_from(message);
            }
        }
        Answer::Refused {
            refusal: Refusal::Channel,
            message,
            ..
        } => try_again(pace.probe, message, delivery),
        Answer::Refused { message, .. } => {
            settle(
                delivery,
                key,
                event,
                DeliveryResult::Failed,
                None,
                Some(message),
                now,
            );
            delivery.sending = None;
        }
        Answer::TriedAgain { message, delay, .. } => {
            let attempts = delivery.sending.as_ref().map_or(0, |sending| sending.attempts);
            let own = backoff(pace, attempts);
            try_again(delay.map_or(own, |delay| delay.max(own)), message, delivery);
        }
    }
    report
}

/// The delay after so many failures.
fn backoff(pace: &Pace, attempts: i32) -> TimeDelta {
    let doubled = 1_i32 << attempts.clamp(0, 16);
    pace.retry_min
        .checked_mul(doubled)
        .map_or(pace.retry_max, |delay| delay.min(pace.retry_max))
}
