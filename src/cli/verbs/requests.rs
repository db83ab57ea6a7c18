//! Reading requests: one by name, or many, page by page and never half.

use futures::future::join_all;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::core::Status;
use serde_json::json;

use crate::api::{ElevationRequest, ElevationRequestStatus, Phase};
use crate::cli::failure::{Failure, Kind, acts};
use crate::cli::session::Session;

/// How many objects a page has.
const PAGE: u32 = 500;

/// How often a list begins anew because its pages expired.
const RESTARTS: usize = 3;

/// A request as the API server gave it, and as it reads.
#[derive(Debug, Clone)]
pub struct Found {
    /// Exactly what the API server gave.
    pub raw: DynamicObject,
    /// The same, read.
    pub request: ElevationRequest,
}

impl Found {
    /// The name of the request.
    pub fn name(&self) -> &str {
        self.request.metadata.name.as_deref().unwrap_or_default()
    }

    /// The namespace of the request.
    pub fn namespace(&self) -> &str {
        self.request.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// The uid of the request: another one of the same name has another.
    pub fn uid(&self) -> &str {
        self.request.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The status; an empty one before the controller has written any.
    pub fn status(&self) -> ElevationRequestStatus {
        self.request.status.clone().unwrap_or_default()
    }

    /// The phase; none before the controller has looked at it.
    pub fn phase(&self) -> Option<Phase> {
        self.request.status.as_ref()?.phase
    }

    /// Whether nothing is left to decide or to end.
    pub fn is_over(&self) -> bool {
        self.phase().is_some_and(Phase::is_terminal)
    }

    /// When it was made.
    pub fn created(&self) -> Option<crate::api::Timestamp> {
        serde_json::from_value(json!(self.request.metadata.creation_timestamp)).ok()
    }

    /// Whether this person asked for it.
    pub fn is_of(&self, person: &str) -> bool {
        self.request.spec.requester.as_deref() == Some(person)
    }

    /// Whether an approval of this person would count now.
    pub fn awaits(&self, person: &str) -> bool {
        self.phase() == Some(Phase::Pending) && self.status().approvers.iter().any(|name| name == person)
    }

    fn read(raw: DynamicObject) -> Result<Self, String> {
        match serde_json::from_value(json!(raw)) {
            Ok(request) => Ok(Self { raw, request }),
            Err(_) => Err(raw.metadata.name.unwrap_or_default()),
        }
    }
}

/// Many requests.
#[derive(Debug, Default)]
pub struct Listing {
    /// Those that read.
    pub found: Vec<Found>,
    /// The names of those that this version cannot read.
    pub unreadable: Vec<String>,
    /// Namespaces that could not be listed, and why: what is there is unknown.
    pub unknown: Vec<(String, Failure)>,
}

/// The API for requests of one namespace, or of all.
pub fn api(session: &Session, namespace: Option<&str>) -> Api<DynamicObject> {
    let kind = ApiResource::erase::<ElevationRequest>(&());
    match namespace {
        Some(namespace) => Api::namespaced_with(session.client.clone(), namespace, &kind),
        None => Api::all_with(session.client.clone(), &kind),
    }
}

/// A value in a field selector, in which these characters mean something: user names of certificates have them.
pub fn selectable(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace(',', "\\,")
        .replace('=', "\\=")
}

/// Where the session looks: namespaces, or once everywhere.
pub fn places(session: &Session) -> Vec<Option<&str>> {
    let namespaces = &session.place.namespaces;
    if namespaces.is_empty() {
        return vec![None];
    }
    namespaces.iter().map(|name| Some(name.as_str())).collect()
}

/// Lists the requests that fulfil a field selector, where the session looks. An error where nothing could be listed.
pub async fn list(session: &Session, fields: &str) -> Result<Listing, Failure> {
    let places = places(session);
    let lists = places.iter().map(|place| whole(api(session, *place), fields));
    let mut listing = Listing::default();
    for (place, listed) in places.iter().zip(join_all(lists).await) {
        match listed {
            Err(failure) => listing
                .unknown
                .push((place.unwrap_or("all namespaces").to_owned(), failure)),
            Ok((found, unreadable)) => {
                listing.found.extend(found);
                listing.unreadable.extend(unreadable);
            }
        }
    }
    if listing.unknown.len() == places.len()
        && let Some((_, failure)) = listing.unknown.pop()
    {
        return Err(failure);
    }
    Ok(listing)
}

/// A step of reading a list page by page.
pub enum Page {
    /// The next requests; those that this version cannot read by name.
    Next(Vec<Found>, Vec<String>),
    /// Everything so far is read again: its pages expired.
    Restart,
}

/// Reads a list page by page. Pages that expire meanwhile are read again from the beginning: a list without its end would look
/// whole.
pub async fn pages(
    api: Api<DynamicObject>,
    fields: &str,
    mut page: impl FnMut(Page) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut restarts = 0;
    let mut params = ListParams::default().fields(fields).limit(PAGE);
    loop {
        match api.list(&params).await {
            Ok(list) => {
                let (mut found, mut unreadable) = (Vec::new(), Vec::new());
                for raw in list.items {
                    match Found::read(raw) {
                        Ok(request) => found.push(request),
                        Err(name) => unreadable.push(name),
                    }
                }
                page(Page::Next(found, unreadable))?;
                match list.metadata.continue_.filter(|token| !token.is_empty()) {
                    Some(token) => params.continue_token = Some(token),
                    None => return Ok(()),
                }
            }
            Err(kube::Error::Api(status)) if has_expired(&status) && restarts < RESTARTS => {
                restarts += 1;
                params.continue_token = None;
                page(Page::Restart)?;
            }
            Err(error) => return Err(acts::LIST.failed(&error)),
        }
    }
}

/// A whole list.
async fn whole(api: Api<DynamicObject>, fields: &str) -> Result<(Vec<Found>, Vec<String>), Failure> {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    pages(api, fields, |page| {
        match page {
            Page::Next(requests, names) => {
                found.extend(requests);
                unreadable.extend(names);
            }
            Page::Restart => {
                found.clear();
                unreadable.clear();
            }
        }
        Ok(())
    })
    .await?;
    Ok((found, unreadable))
}

fn has_expired(status: &Status) -> bool {
    status.code == 410
}

/// Reads one request by what a person calls it: its name, `NAMESPACE/NAME`, or what `request` printed.
pub async fn get(session: &Session, word: &str) -> Result<Found, Failure> {
    let (namespace, name) = named(word)?;
    if let Some(namespace) = namespace {
        return in_namespace(session, namespace, name).await;
    }
    let namespaces = &session.place.namespaces;
    if namespaces.is_empty() {
        return anywhere(session, name).await;
    }
    let looks = namespaces
        .iter()
        .map(|namespace| in_namespace(session, namespace, name));
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for look in join_all(looks).await {
        match look {
            Ok(one) => found.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    if found.len() > 1 {
        return Err(several(name, &found));
    }
    if let Some(one) = found.pop() {
        return Ok(one);
    }
    // That one namespace could not be read says more than that the others have nothing.
    match failures.iter().find(|failure| failure.kind != Kind::NotFound) {
        Some(failure) => Err(failure.clone()),
        None => Err(absent(session, name)),
    }
}

/// Reads one request where it is known to live.
pub async fn in_namespace(session: &Session, namespace: &str, name: &str) -> Result<Found, Failure> {
    let raw = api(session, Some(namespace)).get(name).await.map_err(|error| {
        let failure = acts::READ.failed(&error);
        if failure.kind == Kind::NotFound {
            absent(session, name)
        } else {
            failure
        }
    })?;
    readable(raw)
}

/// The same request again; an error where another one has taken its name.
pub async fn again(session: &Session, found: &Found) -> Result<Found, Failure> {
    let now = in_namespace(session, found.namespace(), found.name()).await?;
    if now.uid() == found.uid() {
        return Ok(now);
    }
    Err(Failure::new(
        Kind::Refused,
        format!(
            "{} is another request than the one that was shown: it was replaced under the same name.",
            found.name()
        ),
    )
    .advise("Look at it again before you decide."))
}

/// A request out of an answer of the API server.
pub fn readable(raw: DynamicObject) -> Result<Found, Failure> {
    Found::read(raw).map_err(|name| {
        Failure::new(
            Kind::Unreachable,
            format!("Request {name} was written by a newer version and cannot be read."),
        )
        .advise("Update the plugin.")
    })
}

async fn anywhere(session: &Session, name: &str) -> Result<Found, Failure> {
    let mut listing = list(session, &format!("metadata.name={name}")).await?;
    match (listing.found.len(), listing.found.pop()) {
        (1, Some(one)) => Ok(one),
        (_, Some(last)) => {
            listing.found.push(last);
            Err(several(name, &listing.found))
        }
        (_, None) => Err(absent(session, name)),
    }
}

fn absent(session: &Session, name: &str) -> Failure {
    Failure::new(
        Kind::NotFound,
        format!(
            "There is no request {name:?} in {}, asked as {}.",
            session.searched(),
            session.described()
        ),
    )
    .advise(format!(
        "`{} list -A` shows what you may see elsewhere.",
        session.program
    ))
}

fn several(name: &str, found: &[Found]) -> Failure {
    let places: Vec<&str> = found.iter().map(Found::namespace).collect();
    Failure::new(
        Kind::NotFound,
        format!("{name:?} is in several namespaces: {}.", places.join(", ")),
    )
    .advise("Name one of them with -n.")
}

/// Namespace and name out of `NAME`, `NAMESPACE/NAME`, `er/NAME` or `elevationrequest.team-operator.io/NAME`.
fn named(word: &str) -> Result<(Option<&str>, &str), Failure> {
    let (namespace, name) = match word.split_once('/') {
        None => (None, word),
        Some((kind, name)) if kind == "er" || kind.starts_with("elevationrequest") => (None, name),
        Some((namespace, name)) => (Some(namespace), name),
    };
    let is_name = |text: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        let ends = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
        text.len() <= 253 && text.chars().all(fits) && ends(text.chars().next()) && ends(text.chars().last())
    };
    if is_name(name) && namespace.is_none_or(is_name) {
        return Ok((namespace, name));
    }
    Err(
        Failure::new(Kind::Usage, format!("{word:?} is no name of a request."))
            .advise("Names have lower case letters, digits and dashes; `list` shows them."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_called_by_its_name_in_four_forms() {
        for (word, namespace, name) in [
            ("orders-x7k2p", None, "orders-x7k2p"),
            ("access/orders", Some("access"), "orders"),
            ("er/orders", None, "orders"),
            ("elevationrequest.team-operator.io/orders", None, "orders"),
        ] {
            assert_eq!(named(word).unwrap(), (namespace, name));
        }
        for wrong in ["", "a/b/c", "Orders", "a b", "access/", "../x", "a\u{202e}"] {
            assert_eq!(named(wrong).unwrap_err().kind, Kind::Usage, "{wrong:?}");
        }
    }
}
