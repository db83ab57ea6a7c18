//! One HTTP request on a connection of its own: to an address that was checked, without redirects, with an end.

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use ::http::{HeaderMap, Request, StatusCode, Uri};
use chrono::TimeDelta;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::destination::Allowed;
use crate::admission::with_causes;

/// From the first look at the name to the last byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// No answer that is read is longer.
const LONGEST_ANSWER: usize = 256 * 1024;

/// The longest time that an answer may ask us to wait.
const LONGEST_DELAY: i64 = 24 * 3600;

/// A client that dials only what is allowed.
#[derive(Clone)]
pub(super) struct HttpClient {
    allowed: Arc<Allowed>,
    tls: TlsConnector,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HttpError {
    /// The destination is not allowed.
    Refused(String),
    /// It failed on the way; the other side may have taken the request.
    Failed(String),
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub(super) struct HttpAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Either kind of connection.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl HttpClient {
    /// Trusts whom the machine trusts.
    pub(super) fn new(allowed: Arc<Allowed>) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(error = %with_causes(error), "a certificate of the machine could not be read");
        }
        roots.add_parsable_certificates(found.certs);
        let configuration = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            allowed,
            tls: TlsConnector::from(Arc::new(configuration)),
        }
    }

    /// Posts a body. A host that is not listed is spoken to over TLS alone.
    pub(super) async fn post(
        &self,
        uri: &Uri,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<HttpAnswer, HttpError> {
        match tokio::time::timeout(TIMEOUT, self.send(uri, headers, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpError::Failed(format!(
                "no answer within {} s",
                TIMEOUT.as_secs()
            ))),
        }
    }

    async fn send(
        &self,
        uri: &Uri,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<HttpAnswer, HttpError> {
        let host = uri.host().unwrap_or_default();
        let is_tls = uri.scheme_str() == Some("https");
        if !is_tls && !self.allowed.lists(host) {
            return Err(HttpError::Refused(format!(
                "{host} is not spoken to without TLS: write https, or list the host in --allow-destination"
            )));
        }
        let stream = self
            .connect(host, uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }))
            .await?;
        let stream: Box<dyn Stream> = if is_tls {
            self.encrypted(host, stream).await?
        } else {
            Box::new(stream)
        };
        let failed = |error: &dyn std::error::Error| HttpError::Failed(with_causes(error));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(&error))?;
        // Ends with the request, or when the answer is dropped.
        let driven = tokio::spawn(connection);
        let request = request(uri, headers, body).map_err(|error| failed(&error))?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| failed(&error))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        driven.abort();
        Ok(HttpAnswer {
            status: parts.status,
            headers: parts.headers,
            // What was answered besides its status is of interest to some alone, and it was accepted or not by then.
            body: body.map(http_body_util::Collected::to_bytes).unwrap_or_default(),
        })
    }

    /// A connection to an address of the host that may be dialled: the name is looked up here and nowhere else.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, HttpError> {
        dial(&self.allowed, host, port).await
    }

    async fn encrypted(&self, host: &str, stream: TcpStream) -> Result<Box<dyn Stream>, HttpError> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|error| HttpError::Refused(format!("{host} is no name of a host: {error}")))?;
        let stream = self.tls.connect(name, stream).await;
        let stream =
            stream.map_err(|error| HttpError::Failed(format!("TLS with {host}: {}", with_causes(&error))))?;
        Ok(Box::new(stream))
    }
}

/// Looks a name up, and dials its addresses that are allowed, one after another.
pub(super) async fn dial(allowed: &Allowed, host: &str, port: u16) -> Result<TcpStream, HttpError> {
    let bare = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((bare, port)).await;
    let found = found
        .map_err(|error| HttpError::Failed(format!("the name {host} could not be looked up: {error}")))?;
    let found: Vec<_> = found.collect();
    let mut last = format!("{host} has no address");
    for address in allowed.of_host(bare, &found).map_err(HttpError::Refused)? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = format!("{address}: {error}"),
        }
    }
    Err(HttpError::Failed(format!("no connection to {host}: {last}")))
}

fn request(
    uri: &Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, ::http::Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri
        .authority()
        .map(::http::uri::Authority::as_str)
        .unwrap_or_default();
    // A name and password in the address are not for the Host header.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let mut request = Request::post(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("team-operator/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_LENGTH, body.len());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Full::from(body))
}

/// How long an answer asks us to wait.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    let seconds: i64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(TimeDelta::seconds(seconds.clamp(0, LONGEST_DELAY)))
}
