//! The HTTP face: one port for AWS's protocols and for `/sandbox/…`.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::post;
use chrono::{DateTime, Utc};
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::control;
use super::organization_file::{FileError, OrganizationFile};
use super::reply::{Delivery, HoldId};
use super::shared::Shared;
use super::store::Store;
use super::wire;
use super::world::World;
use team_operator::ports::Clock;

/// What a sandbox needs to start.
pub struct Options {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The world at the first start.
    pub organization: OrganizationFile,
    /// Where the world is kept; absent, it ends with the process.
    pub data: Option<PathBuf>,
    /// The time the world lives in.
    pub clock: Arc<dyn Clock>,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another with --listen (port 0 takes any free one)")]
    Listen {
        /// What was tried.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The kept state cannot be read or written.
    #[error("the state in {file} cannot be used: {source}; correct it, or move it away to start over")]
    Data {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// The organization file cannot become a world.
    #[error(transparent)]
    Organization(#[from] FileError),
}

/// A sandbox that is being served; dropping it ends it and closes its connections.
pub struct RunningSandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    kept: bool,
    server: JoinSet<()>,
}

/// Marks a response that must not be sent: the connection breaks instead.
#[derive(Debug, Clone, Copy)]
struct BreakConnection;

impl RunningSandbox {
    /// Starts to listen and serve.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options {
            listen,
            organization,
            data,
            clock,
        } = options;
        let (store, kept) = match data {
            None => (None, None),
            Some(directory) => {
                let broken = |source| StartError::Data {
                    file: directory.display().to_string(),
                    source,
                };
                let store = Store::open(&directory).map_err(broken)?;
                let kept = store.load().map_err(|source| StartError::Data {
                    file: store.file().display().to_string(),
                    source,
                })?;
                (Some(store), kept)
            }
        };
        let was_kept = kept.is_some();
        let world = match kept {
            Some(world) => world,
            None => organization.world(clock.now())?,
        };
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|source| StartError::Listen {
            address: listen,
            source,
        })?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: listen,
            source,
        })?;
        let shared = Arc::new(Shared::new(world, clock, store));
        let router = Router::new()
            .route("/", post(aws))
            .merge(control::routes())
            .with_state(shared.clone());
        let mut server = JoinSet::new();
        server.spawn(serve(listener, router));
        Ok(Self {
            shared,
            address,
            kept: was_kept,
            server,
        })
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether the world came from the data directory rather than from the organization file.
    pub fn was_kept(&self) -> bool {
        self.kept
    }

    /// Looks into the world or changes it, at the present moment of its clock.
    pub fn with<R>(&self, act: impl FnOnce(&mut World, DateTime<Utc>) -> R) -> R {
        self.shared.with_saved(act)
    }

    /// Lets a held request go on; false when there is no such one.
    pub fn release(&self, hold: HoldId) -> bool {
        self.shared.release(hold)
    }

    /// Serves until the server ends by itself, which it does not.
    pub async fn wait(mut self) {
        while self.server.join_next().await.is_some() {}
    }
}

/// Every call of an AWS client.
async fn aws(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let (protocol, call) = wire::read(&headers, &body);
    let mut response = match call {
        Err(error) => wire::write(protocol, &Err(error)),
        Ok(call) => {
            let (outcome, delivery, waiting) = shared.answer(&call);
            match delivery {
                Delivery::Plain => wire::write(protocol, &outcome),
                Delivery::Slow(time) => {
                    tokio::time::sleep(time).await;
                    wire::write(protocol, &outcome)
                }
                Delivery::Unavailable => {
                    wire::answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain", String::new())
                }
                Delivery::Html => wire::answer(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "text/html",
                    "<!doctype html><title>500 Internal Server Error</title><h1>Internal Server Error</h1>"
                        .into(),
                ),
                Delivery::Lost => broken_connection(),
                Delivery::Held(_) => match waiting {
                    Some(waiting) => waiting
                        .await
                        .map_or_else(|_| broken_connection(), |outcome| wire::write(protocol, &outcome)),
                    None => broken_connection(),
                },
            }
        }
    };
    if let Ok(date) = HeaderValue::from_str(&shared.date()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn broken_connection() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(BreakConnection);
    response
}

/// Accepts connections until dropped, which drops them too.
async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, router.clone()))),
            Err(error) => {
                eprintln!("a connection could not be accepted: {error}");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let answered: Result<Response<Body>, Infallible> =
                TowerToHyperService::new(router).call(request).await;
            match answered {
                Ok(response) if response.extensions().get::<BreakConnection>().is_none() => Ok(response),
                _ => Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "a fault script breaks this connection",
                )),
            }
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    drop(served); // clients that go away, and broken connections, are everyday matters here
}
