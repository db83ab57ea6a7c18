//! `request -f`: the requests of a file, each shown, all confirmed at once.

use std::path::Path;

use serde_json::Value;

use super::Desk;
use super::facts::{Access, Facts};
use super::request::tells;
use crate::api::{ElevationRequest, ElevationRequestSpec};
use crate::cli::arguments::RequestArguments;
use crate::cli::failure::{Failure, Kind};
use crate::cli::verbs::create::{create, new_name};

/// A request of a file: its name, where it has one, and what it asks for.
type Wanted = (Option<String>, String, ElevationRequestSpec);

/// Creates every request of a YAML file.
pub async fn from_file(desk: &Desk, file: &Path, wanted: &RequestArguments) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(
            Kind::Usage,
            format!("{} cannot be read: {error}.", file.display()),
        )
    })?;
    let requests = parsed(&text, &desk.session.person).map_err(|why| {
        Failure::new(
            Kind::Usage,
            format!("Nothing was asked for: {}: {why}", file.display()),
        )
    })?;
    let namespace = desk.session.home()?.to_owned();
    let mut facts = Facts::for_terminal(&desk.terminal);
    for (_, _, spec) in &requests {
        facts.words("Why:", spec.justification.as_deref());
        let access = Access {
            account: &spec.account_id,
            account_name: None,
            ou_path: None,
            permission_set: spec.permission_set.as_str(),
            start: spec.start_time,
            duration: spec.duration,
            waits: true,
        };
        access.facts(&mut facts, &desk.times);
    }
    facts.line(format!(
        "You ask for these {}, as {}, in namespace {namespace}.",
        requests.len(),
        desk.session.described()
    ));
    desk.terminal.say(&facts.text());
    desk.goes_on("Ask for all of them?")?;
    for (name, beginning, spec) in &requests {
        let name = name
            .clone()
            .unwrap_or_else(|| new_name(beginning.trim_end_matches('-')));
        let created = create(&desk.session, &namespace, &name, spec).await?;
        tells(desk, &created, wanted).await?;
    }
    Ok(())
}

/// The requests of a file, all of them or an error: half a file is no wish.
fn parsed(text: &str, person: &str) -> Result<Vec<Wanted>, String> {
    let documents =
        serde_saphyr::from_multiple::<Value>(text).map_err(|error| format!("it is no YAML: {error}"))?;
    let objects: Vec<Value> = documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect();
    if objects.is_empty() {
        return Err("it has no request.".to_owned());
    }
    let mut requests = Vec::new();
    for (place, object) in objects.into_iter().enumerate() {
        let number = place + 1;
        if object["kind"] != "ElevationRequest" {
            return Err(format!("document {number} is no ElevationRequest."));
        }
        let request: ElevationRequest = serde_json::from_value(object)
            .map_err(|error| format!("document {number} is no complete ElevationRequest: {error}."))?;
        let mut spec = request.spec;
        if spec
            .requester
            .as_deref()
            .is_some_and(|requester| requester != person)
        {
            return Err(format!(
                "document {number} asks for somebody else, and you are {person}: leave spec.requester out."
            ));
        }
        spec.requester = Some(person.to_owned());
        let beginning = request
            .metadata
            .generate_name
            .unwrap_or_else(|| "request".to_owned());
        requests.push((request.metadata.name, beginning, spec));
    }
    Ok(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "kind: ElevationRequest\napiVersion: team-operator.io/v1alpha1\nmetadata: {generateName: orders-}\n\
                       spec: {accountId: \"111122223333\", permissionSet: Admin, duration: 2h}\n";

    #[test]
    fn every_document_becomes_a_request_of_the_person() {
        let requests = parsed(&format!("{ONE}---\n{ONE}"), "alice").unwrap();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1].2.requester.as_deref(), Some("alice"));
        assert_eq!(requests[0].1, "orders-");
    }

    #[test]
    fn a_file_with_anything_else_in_it_is_no_wish_at_all() {
        for (text, says) in [
            ("", "has no request"),
            ("a: [", "no YAML"),
            ("kind: Pod", "document 1 is no ElevationRequest"),
            (
                &format!("{ONE}---\nkind: Pod"),
                "document 2 is no ElevationRequest",
            ),
            (&ONE.replace("2h", "1.5h"), "such as 90m, 2h or 1h30m"),
            (
                &ONE.replace("{accountId", "{requester: bob, accountId"),
                "asks for somebody else",
            ),
        ] {
            let why = parsed(text, "alice").unwrap_err();
            assert!(why.contains(says), "{text:?}: {why}");
        }
    }
}
