//! Making a request, once, however often its answer is lost.

use chrono::TimeDelta;
use kube::api::PostParams;
use serde_json::json;

use super::random_name;
use super::requests::{Found, api, in_namespace, readable};
use crate::api::{ElevationRequest, ElevationRequestSpec, Phase, Timestamp};
use crate::cli::failure::{Failure, Kind, acts};
use crate::cli::session::Session;

/// How often a create is sent whose answer was lost, or whose name was taken.
const ATTEMPTS: usize = 3;

/// The longest beginning of a name: with the random part it stays readable in a table.
const LONGEST_BEGINNING: usize = 30;

/// A name for a request: what it is about, and a part that nobody else chooses.
pub fn new_name(about: &str) -> String {
    let mut beginning: String = about
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .take(LONGEST_BEGINNING)
        .collect();
    while beginning.contains("--") {
        beginning = beginning.replace("--", "-");
    }
    let beginning = beginning.trim_matches('-');
    let beginning = if beginning.is_empty() {
        "request"
    } else {
        beginning
    };
    format!("{beginning}-{}", random_name(5))
}

/// Creates the request under this name. Its own request under that name already is success: an answer was lost.
pub async fn create(
    session: &Session,
    namespace: &str,
    name: &str,
    spec: &ElevationRequestSpec,
) -> Result<Found, Failure> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let request = ElevationRequest::new(name, spec.clone());
        let object = serde_json::from_value(json!(request)).map_err(|error| {
            Failure::new(Kind::Refused, format!("The request cannot be written: {error}."))
        })?;
        match api(session, Some(namespace))
            .create(&PostParams::default(), &object)
            .await
        {
            Ok(created) => return readable(created),
            Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => {
                let there = in_namespace(session, namespace, name).await?;
                if there.request.spec == *spec {
                    return Ok(there);
                }
                return Err(Failure::new(
                    Kind::Refused,
                    format!("There is another request {name:?} in {namespace}."),
                )
                .advise("Leave --name out, or choose another."));
            }
            Err(kube::Error::Api(status)) if !matches!(status.code, 408 | 429 | 500..) => {
                return Err(acts::ASK.failed(&kube::Error::Api(status)));
            }
            Err(error) => {
                let failure = acts::ASK.failed(&error);
                match in_namespace(session, namespace, name).await {
                    Ok(there) if there.request.spec == *spec => return Ok(there),
                    Err(look) if look.kind != Kind::NotFound => {
                        return Err(failure.advise(format!(
                            "Whether {name} was created is not known; look with: {} list --mine",
                            session.program
                        )));
                    }
                    _ => last = Some(failure),
                }
            }
        }
    }
    Err(last.unwrap_or_else(|| Failure::new(Kind::Unreachable, "The request could not be created.")))
}

/// The live request that gives what is wished: same account and permission set, not cancelled, from no later until no sooner.
pub fn covering<'a>(live: &'a [Found], wish: &ElevationRequestSpec, now: Timestamp) -> Option<&'a Found> {
    let (from, until) = window(wish, None, now);
    live.iter().find(|found| {
        let spec = &found.request.spec;
        let same = spec.account_id == wish.account_id && spec.permission_set == wish.permission_set;
        let alive = matches!(
            found.phase(),
            None | Some(Phase::Pending | Phase::Approved | Phase::Active)
        );
        let end = found.status().window.and_then(|window| window.end_time);
        let (lives_from, lives_until) = window(spec, end, now);
        same && alive
            && spec.cancelled != Some(true)
            && spec.requester == wish.requester
            && lives_from <= from
            && until <= lives_until
    })
}

/// From when until when a request lasts, as far as can be told now.
fn window(spec: &ElevationRequestSpec, end: Option<Timestamp>, now: Timestamp) -> (Timestamp, Timestamp) {
    let from = spec.start_time.map_or(now, |start| start.max(now));
    let last = from.checked_add(TimeDelta::from(spec.duration)).unwrap_or(from);
    match end {
        // Access that exists: it began, and its end is fixed.
        Some(end) => (now, end),
        None => (from, last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(minute: i64) -> Timestamp {
        let moment = 1_796_000_000 + minute * 60;
        chrono::DateTime::from_timestamp(moment, 0).unwrap().into()
    }

    fn spec(duration: &str, start: Option<i64>) -> ElevationRequestSpec {
        ElevationRequestSpec {
            requester: Some("alice".to_owned()),
            account_id: crate::api::AccountId::parse("111122223333").unwrap(),
            permission_set: crate::api::PermissionSetName::parse("Admin").unwrap(),
            start_time: start.map(time),
            duration: duration.parse().unwrap(),
            ticket_number: None,
            justification: None,
            cancelled: None,
        }
    }

    fn live(spec: &ElevationRequestSpec, phase: &str, end: Option<i64>) -> Found {
        let mut object = json!(ElevationRequest::new("live", spec.clone()));
        object["status"] = json!({ "phase": phase, "approvals": [] });
        if let Some(end) = end {
            object["status"]["window"] = json!({ "endTime": time(end) });
        }
        readable(serde_json::from_value(object).unwrap()).unwrap()
    }

    #[test]
    fn a_live_request_covers_what_its_window_contains() {
        let wish = spec("1h", None);
        for (request, phase, end, covers) in [
            (spec("2h", None), "Pending", None, true),
            (spec("1h", None), "Approved", None, true),
            (spec("30m", None), "Pending", None, false),
            (spec("2h", None), "Active", Some(90), true),
            (spec("2h", None), "Active", Some(30), false),
            (spec("2h", Some(30)), "Approved", None, false),
            (spec("2h", None), "Revoking", Some(90), false),
            (spec("2h", None), "Ended", Some(90), false),
        ] {
            let found = [live(&request, phase, end)];
            assert_eq!(
                covering(&found, &wish, time(0)).is_some(),
                covers,
                "{phase} {}",
                request.duration
            );
        }
    }

    #[test]
    fn what_is_cancelled_or_another_persons_or_another_access_covers_nothing() {
        let wish = spec("1h", None);
        let cancelled = ElevationRequestSpec {
            cancelled: Some(true),
            ..spec("2h", None)
        };
        let others = ElevationRequestSpec {
            requester: Some("bob".to_owned()),
            ..spec("2h", None)
        };
        let read_only = crate::api::PermissionSetName::parse("ReadOnly").unwrap();
        let other = ElevationRequestSpec {
            permission_set: read_only,
            ..spec("2h", None)
        };
        for request in [cancelled, others, other] {
            assert!(covering(&[live(&request, "Active", Some(600))], &wish, time(0)).is_none());
        }
    }

    #[test]
    fn a_later_wish_is_covered_by_a_window_that_reaches_it() {
        let wish = spec("1h", Some(30));
        assert!(covering(&[live(&spec("2h", None), "Active", Some(90))], &wish, time(0)).is_some());
        assert!(covering(&[live(&spec("2h", None), "Active", Some(80))], &wish, time(0)).is_none());
    }

    #[test]
    fn a_name_says_what_it_is_about_and_is_nobody_elses() {
        let (first, second) = (new_name("Orders (prod)"), new_name("Orders (prod)"));
        assert!(
            first.starts_with("orders-prod-") && first.len() == "orders-prod-".len() + 5,
            "{first}"
        );
        assert_ne!(first, second);
        assert!(new_name("表").starts_with("request-"));
    }
}
