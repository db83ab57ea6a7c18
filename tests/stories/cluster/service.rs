//! The API server as a client reaches it: paths, queries, patches and watches, without a socket.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;

use axum::body::{Body, to_bytes};
use futures::stream;
use http::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Cluster;
use super::kinds::Kind;
use super::patch::{json_patch, merge};
use super::refusal::Refusal;
use super::selector::Selector;
use super::store::{Change, Place, Stored};
use super::writes::Writer;
use crate::chronicle::Happened;
use crate::process::Pulse;

/// The longest body that anybody sends.
const LONGEST_BODY: usize = 4 << 20;

/// A path with what it names.
struct Path {
    kind: &'static Kind,
    namespace: Option<String>,
    name: Option<String>,
    subresource: String,
}

/// One call, as it arrived.
struct Call {
    user: String,
    dry_run: bool,
    method: Method,
    path: Path,
    query: BTreeMap<String, String>,
    content_type: String,
    body: Value,
    metadata_only: bool,
}

impl Call {
    fn writer(&self) -> Writer<'_> {
        Writer {
            user: &self.user,
            dry_run: self.dry_run,
        }
    }

    /// Whether it changes something.
    fn is_write(&self) -> bool {
        self.method != Method::GET && !self.dry_run
    }
}

impl Cluster {
    /// A client that speaks as this user. It asks `alive` before each call: a process that is stopped sends nothing.
    pub(crate) fn client(&self, user: &str, alive: &Pulse) -> kube::Client {
        let (cluster, user, alive) = (self.clone(), user.to_owned(), alive.clone());
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let (cluster, user, alive) = (cluster.clone(), user.clone(), alive.clone());
            async move {
                alive.beats().await;
                cluster.serve(&user, &alive, request).await
            }
        });
        kube::Client::new(service, "default")
    }

    async fn serve(
        &self,
        user: &str,
        alive: &Pulse,
        request: Request<kube::client::Body>,
    ) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        if !*self.access.reachable().borrow() || alive.cut_off().borrow().is_some() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionRefused,
                "connection refused",
            ));
        }
        let body = to_bytes(Body::new(body), LONGEST_BODY)
            .await
            .map_err(io::Error::other)?;
        let query = query(parts.uri.query().unwrap_or_default());
        let header = |name: &str| {
            let value = parts.headers.get(name);
            let value = value.and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let answer = match path(parts.uri.path()) {
            None => Err(Refusal::not_served()),
            Some(path) if query.contains_key("watch") => {
                return Ok(Response::new(self.watch(&path, &query, alive)));
            }
            Some(path) => {
                let call = Call {
                    user: user.to_owned(),
                    dry_run: query.get("dryRun").is_some_and(|value| value == "All"),
                    method: parts.method.clone(),
                    path,
                    query,
                    content_type: header("content-type"),
                    body: serde_json::from_slice(&body).unwrap_or_default(),
                    metadata_only: header("accept").contains("as=PartialObjectMetadata"),
                };
                self.answer_in_time(call).await?
            }
        };
        let (code, text) = match answer {
            Ok(text) => (200, text),
            Err(refusal) => (refusal.code, refusal.status().to_string()),
        };
        let response = Response::builder()
            .status(code)
            .header("content-type", "application/json");
        response.body(Body::from(text)).map_err(io::Error::other)
    }

    /// The answer at once, unless the write is held back: then it lands later, also when nobody waits for it any more.
    async fn answer_in_time(&self, call: Call) -> io::Result<Result<String, Refusal>> {
        if call.is_write() && !self.access.is_writable() {
            return Ok(Err(Refusal::read_only()));
        }
        let is_record = call.is_write() && call.path.kind.plural == "accountassignments";
        let held = if is_record { self.access.hold() } else { None };
        let Some(held) = held else {
            return Ok(self.answer(&call));
        };
        self.chronicle.note(Happened::Told(
            "the API server holds the write of a record back".to_owned(),
        ));
        let cluster = self.clone();
        let lands = tokio::spawn(async move {
            held.notified().await;
            cluster.answer(&call)
        });
        lands.await.map_err(io::Error::other)
    }

    fn answer(&self, call: &Call) -> Result<String, Refusal> {
        let (writer, path, body) = (call.writer(), &call.path, &call.body);
        let kind = path.kind;
        let namespace = path.namespace.as_deref();
        let Some(name) = &path.name else {
            return match call.method {
                Method::POST => self
                    .create(writer, kind, namespace.unwrap_or_default(), body)
                    .map(|stored| text(&stored)),
                _ => Ok(self.list(path, &call.query, call.metadata_only)),
            };
        };
        let place = Place::new(kind, namespace.unwrap_or_default(), name);
        let found = || self.stored(&place).ok_or_else(|| Refusal::not_found(kind, name));
        match call.method {
            Method::GET => found().map(|stored| text(&stored)),
            Method::PUT => self
                .update(writer, kind, &place, &path.subresource, body)
                .map(|stored| text(&stored)),
            Method::DELETE => self
                .delete(writer, kind, &place, &body["preconditions"])
                .map(|stored| text(&stored)),
            Method::PATCH => {
                let mut wanted = (*found()?.object).clone();
                if call.content_type.contains("json-patch") {
                    json_patch(&mut wanted, body).map_err(Refusal::bad_request)?;
                } else {
                    merge(&mut wanted, body);
                }
                self.update(writer, kind, &place, &path.subresource, &wanted)
                    .map(|stored| text(&stored))
            }
            _ => Err(Refusal::not_served()),
        }
    }

    fn list(&self, path: &Path, query: &BTreeMap<String, String>, metadata_only: bool) -> String {
        let kind = path.kind;
        let selector = selector(query);
        let store = self.store();
        let chosen = store
            .all(kind, path.namespace.as_deref())
            .filter(|stored| selector.selects(&stored.object));
        let chosen: Vec<&Stored> = chosen.collect();
        // Pages as they were asked for; the token is how many came before.
        let from: usize = query
            .get("continue")
            .and_then(|token| token.parse().ok())
            .unwrap_or(0);
        let limit: usize = query
            .get("limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(usize::MAX);
        let page: Vec<String> = chosen
            .iter()
            .skip(from)
            .take(limit)
            .map(|stored| shown(stored, metadata_only))
            .collect();
        let rest = chosen.len().saturating_sub(from + page.len());
        let token = if rest == 0 {
            String::new()
        } else {
            (from + page.len()).to_string()
        };
        let (api_version, kind) = if metadata_only {
            ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadata".to_owned())
        } else {
            (kind.api_version(), kind.kind.to_owned())
        };
        let metadata = json!({ "resourceVersion": store.version().to_string(), "continue": token });
        format!(
            r#"{{"apiVersion":"{api_version}","kind":"{kind}List","metadata":{metadata},"items":[{}]}}"#,
            page.join(",")
        )
    }

    /// Lines of changes, from the version asked for until the server goes away.
    fn watch(&self, path: &Path, query: &BTreeMap<String, String>, alive: &Pulse) -> Body {
        let since: u64 = query
            .get("resourceVersion")
            .and_then(|version| version.parse().ok())
            .unwrap_or(0);
        let (plural, selector) = (path.kind.plural, selector(query));
        let watch = Watch {
            versions: self.versions.subscribe(),
            reachable: self.access.reachable(),
            cut_off: alive.cut_off(),
            shows_rules: self.shows_rules.subscribe(),
            cluster: self.clone(),
            plural,
            selector,
            since,
        };
        Body::from_stream(stream::unfold(watch, |mut watch| async move {
            let lines = watch.next().await?;
            Some((Ok::<_, Infallible>(lines), watch))
        }))
    }
}

struct Watch {
    cluster: Cluster,
    versions: tokio::sync::watch::Receiver<u64>,
    reachable: tokio::sync::watch::Receiver<bool>,
    cut_off: tokio::sync::watch::Receiver<Option<Instant>>,
    shows_rules: tokio::sync::watch::Receiver<bool>,
    plural: &'static str,
    selector: Selector,
    since: u64,
}

/// What decisions rest on, by the plurals of the kinds.
const RULES: [&str; 3] = ["eligibilitypolicies", "approverpolicies", "teamsettings"];

impl Watch {
    async fn next(&mut self) -> Option<String> {
        loop {
            if RULES.contains(&self.plural) {
                tokio::select! {
                    shown = self.shows_rules.wait_for(|shown| *shown) => drop(shown.ok()?),
                    () = ends(&mut self.reachable, &mut self.cut_off) => return None,
                }
            }
            let (lines, version) = {
                let store = self.cluster.store();
                let changes = store.after(self.plural, self.since);
                let lines: String = changes
                    .filter_map(|change| line(change, &self.selector))
                    .collect();
                (lines, store.version())
            };
            self.since = version;
            if !lines.is_empty() {
                return Some(lines);
            }
            tokio::select! {
                changed = self.versions.changed() => changed.ok()?,
                () = ends(&mut self.reachable, &mut self.cut_off) => return None,
            }
        }
    }
}

/// Waits until the connection breaks.
async fn ends(
    reachable: &mut tokio::sync::watch::Receiver<bool>,
    cut_off: &mut tokio::sync::watch::Receiver<Option<Instant>>,
) {
    // Either fails only when the story is over.
    tokio::select! {
        _ = reachable.changed() => {}
        _ = cut_off.changed() => {}
    }
}

/// What leaves the selection looks like a deletion, and what enters it like a creation.
fn line(change: &Change, selector: &Selector) -> Option<String> {
    let was = change
        .before
        .as_ref()
        .is_some_and(|before| selector.selects(before));
    let is = !change.gone && selector.selects(&change.object);
    let kind = match (was, is) {
        (false, true) => "ADDED",
        (true, true) => "MODIFIED",
        (true, false) => "DELETED",
        (false, false) => return None,
    };
    Some(format!("{}\n", json!({ "type": kind, "object": *change.object })))
}

fn text(stored: &Stored) -> String {
    stored.text.to_string()
}

fn shown(stored: &Stored, metadata_only: bool) -> String {
    if !metadata_only {
        return stored.text.to_string();
    }
    json!({
        "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": stored.object["metadata"],
    })
    .to_string()
}

fn selector(query: &BTreeMap<String, String>) -> Selector {
    Selector::parse(query.get("fieldSelector").map_or("", String::as_str))
}

/// `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE`, or `/api/v1/…`.
fn path(path: &str) -> Option<Path> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, rest) = match parts.as_slice() {
        ["api", "v1", rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
        rest => (None, rest),
    };
    let mut rest = rest.iter().map(|part| (*part).to_owned());
    Some(Path {
        kind: Kind::served(group, &rest.next()?)?,
        namespace,
        name: rest.next(),
        subresource: rest.next().unwrap_or_default(),
    })
}

fn query(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (vec![], text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
