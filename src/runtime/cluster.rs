//! The client of the Kubernetes API: every call has a timeout, and it records the API server's clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response, Uri, header};
use kube::client::ClientBuilder;
use kube::config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tower::timeout::TimeoutLayer;
use tower::util::{MapRequestLayer, MapResponseLayer};

use super::arguments::ClusterArguments;
use crate::ports::{Clock, RemoteClock, TimeSeen};

/// To establish a connection to the API server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Until a response begins: a watch responds at once too, and pages of lists take well under a second.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may be idle within a response. Longer than any watch, so that it detects connections that are
/// dead without having been closed; kube's watcher then starts another watch.
const READ_TIMEOUT: Duration = Duration::from_secs(75);
/// The `timeoutSeconds` of a watch. Kube's default is 290 s, which would delay the detection of a dead connection.
/// Bookmarks do not help: the API server sends none for a kind without any write since it started.
const WATCH_SECONDS: u32 = 60;
/// To send a request; requests have at most a few megabytes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A Kubernetes cluster.
#[derive(Clone)]
pub struct Cluster {
    /// The client for all calls.
    pub client: Client,
    /// The API server's clock, as last seen.
    pub clock: Arc<ApiServerClock>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The kubeconfig cannot be used.
    #[error("the kubeconfig cannot be used: {0}")]
    Kubeconfig(#[from] KubeconfigError),
    /// No configuration was found.
    #[error("no cluster is configured; outside of a pod set --kubeconfig FILE: {0}")]
    Nowhere(#[from] InferConfigError),
    /// The client could not be built.
    #[error("the client for the cluster could not be built from its configuration: {0}")]
    Client(#[from] kube::Error),
}

impl Cluster {
    /// A client for the cluster of these arguments. Makes no call yet.
    pub async fn configure(
        arguments: &ClusterArguments,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClusterError> {
        Self::of(configuration(arguments).await?, clock)
    }

    /// A client with this configuration; its timeouts and retries are replaced by ours.
    pub fn of(configuration: Config, clock: Arc<dyn Clock>) -> Result<Self, ClusterError> {
        let noted = Arc::new(ApiServerClock {
            clock,
            last_seen: Mutex::new(None),
        });
        let in_layer = Arc::clone(&noted);
        let note_date = MapResponseLayer::new(move |answer: Response<_>| {
            in_layer.note(answer.headers());
            answer
        });
        let client = ClientBuilder::try_from(limited(configuration))?
            .with_layer(&note_date)
            .with_layer(&TimeoutLayer::new(RESPONSE_TIMEOUT))
            .with_layer(&MapRequestLayer::new(with_short_watch))
            .build();
        Ok(Self { client, clock: noted })
    }
}

/// The API server's clock, from the `Date` header of its responses.
pub struct ApiServerClock {
    clock: Arc<dyn Clock>,
    last_seen: Mutex<Option<TimeSeen>>,
}

impl ApiServerClock {
    fn note(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let Some(remote) = date.and_then(http_date) else {
            return;
        };
        let seen = TimeSeen {
            remote,
            local: self.clock.now(),
        };
        *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }
}

impl RemoteClock for ApiServerClock {
    fn last_seen(&self) -> Option<TimeSeen> {
        *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn configuration(arguments: &ClusterArguments) -> Result<Config, ClusterError> {
    let ClusterArguments {
        kubeconfig,
        context,
        max_concurrent_reconciles: _,
    } = arguments;
    let options = KubeConfigOptions {
        context: context.clone(),
        ..KubeConfigOptions::default()
    };
    Ok(match kubeconfig {
        Some(file) => Config::from_custom_kubeconfig(Kubeconfig::read_from(file)?, &options).await?,
        None if context.is_some() => Config::from_kubeconfig(&options).await?,
        None => Config::infer().await?,
    })
}

fn limited(mut configuration: Config) -> Config {
    configuration.connect_timeout = Some(CONNECT_TIMEOUT);
    configuration.read_timeout = Some(READ_TIMEOUT);
    configuration.write_timeout = Some(WRITE_TIMEOUT);
    // Otherwise the idle time of a connection would count as waiting for the next response.
    configuration.reset_reader_on_write = true;
    // Kube would retry a refused call for minutes; callers retry themselves, because they know what has changed since.
    configuration.default_retry = false;
    configuration
}

/// Limits a watch, so that an idle connection is detected. Kube's watcher resumes where it was.
fn with_short_watch<B>(mut request: Request<B>) -> Request<B> {
    if let Some(shortened) = shortened(request.uri()) {
        *request.uri_mut() = shortened;
    }
    request
}

/// The path of a watch with our limit; `None` for other calls, and for a shorter watch.
fn shortened(uri: &Uri) -> Option<Uri> {
    let is_limit = |pair: &&str| pair.starts_with("timeoutSeconds=");
    let query = uri.query()?;
    let limit = query
        .split('&')
        .find(is_limit)
        .and_then(|pair| pair.split_once('=')?.1.parse().ok());
    let is_watch = query.split('&').any(|pair| pair == "watch=true");
    if !is_watch || limit.is_some_and(|seconds: u32| 0 < seconds && seconds <= WATCH_SECONDS) {
        return None;
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_limit(pair)).collect();
    let target = format!("{}?{}&timeoutSeconds={WATCH_SECONDS}", uri.path(), rest.join("&"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// A date as HTTP writes it.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[derive(Debug)]
    struct Stopped(DateTime<Utc>);

    impl Clock for Stopped {
        fn now(&self) -> DateTime<Utc> {
            self.0
        }
    }

    async fn server() -> (TcpListener, Config) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, Config::new(url.parse().unwrap()))
    }

    fn noon() -> DateTime<Utc> {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn the_date_of_an_answer_is_noted_with_our_own_time() {
        let (listener, configuration) = server().await;
        let cluster = Cluster::of(configuration, Arc::new(Stopped(noon()))).unwrap();
        assert_eq!(cluster.clock.last_seen(), None);
        let answering = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let answer =
                "HTTP/1.1 200 OK\r\ndate: Sun, 01 Mar 2026 12:00:31 GMT\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let request = http::Request::get("/version").body(Vec::new()).unwrap();
        cluster.client.request_text(request).await.unwrap();
        answering.await.unwrap();
        let seen = cluster.clock.last_seen().unwrap();
        assert_eq!(seen.local, noon());
        assert_eq!((seen.remote - seen.local).num_seconds(), 31);
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_given_up() {
        let (listener, configuration) = server().await;
        let cluster = Cluster::of(configuration, Arc::new(Stopped(noon()))).unwrap();
        let silent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            std::future::pending::<()>().await;
        });
        tokio::time::pause(); // thirty seconds pass as soon as nothing else can happen
        let request = http::Request::get("/version").body(Vec::new()).unwrap();
        let error = cluster.client.request_text(request).await.unwrap_err();
        assert!(
            crate::controller::with_causes(&error).contains("timed out"),
            "{error}"
        );
        silent.abort();
    }

    #[test]
    fn a_watch_ends_before_its_silence_would_mean_anything_and_nothing_else_is_changed() {
        assert!(Duration::from_secs(WATCH_SECONDS.into()) < READ_TIMEOUT);
        let check = |given: &str, expected: Option<&str>| {
            let shortened = shortened(&given.parse().unwrap());
            assert_eq!(
                shortened.map(|uri| uri.to_string()).as_deref(),
                expected,
                "{given}"
            );
        };
        let path = "/apis/team-operator.io/v1alpha1/elevationrequests";
        let short = format!("{path}?watch=true&resourceVersion=7&timeoutSeconds=60");
        check(
            &format!("{path}?watch=true&timeoutSeconds=290&resourceVersion=7"),
            Some(&short),
        );
        check(&format!("{path}?watch=true&resourceVersion=7"), Some(&short));
        check(
            &format!("{path}?watch=true&timeoutSeconds=0&resourceVersion=7"),
            Some(&short),
        );
        check(&format!("{path}?watch=true&timeoutSeconds=5"), None);
        check(&format!("{path}?limit=500"), None);
        check(path, None);
    }

    #[test]
    fn no_call_is_repeated_behind_our_back_and_none_lasts_for_ever() {
        let configuration = limited(Config::new("http://127.0.0.1:1".parse().unwrap()));
        assert!(!configuration.default_retry);
        assert!(configuration.connect_timeout.is_some() && configuration.write_timeout.is_some());
        assert_eq!(configuration.read_timeout, Some(READ_TIMEOUT));
    }
}
