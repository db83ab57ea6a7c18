//! `/healthz`, `/readyz` and `/metrics`: for the kubelet, for Prometheus and for people with curl.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::readiness::Readiness;
use crate::metrics::Metrics;

/// The type of the text format of OpenMetrics.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The HTTP server for probes and metrics. Dropping it stops the server.
#[derive(Debug)]
pub struct HealthServer {
    address: SocketAddr,
    server_task: JoinHandle<()>,
}

impl HealthServer {
    /// Starts listening; port 0 takes a free port.
    pub async fn start(listen: SocketAddr, readiness: Readiness, metrics: Metrics) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let routes = Router::new()
            // The response itself is the check: a process that hangs gives none.
            .route("/healthz", get(async || "alive\n"))
            .route("/readyz", get(ready))
            .with_state(readiness)
            .route("/metrics", get(exposition).with_state(metrics));
        let server_task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "health server stopped");
            }
        });
        Ok(Self { address, server_task })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for HealthServer {
    fn drop(&mut self) {
        self.server_task.abort();
    }
}

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, String) {
    let (ready, lines) = readiness.report();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, lines)
}

async fn exposition(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, OPENMETRICS)], metrics.exposition())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    async fn asked(server: &HealthServer, path: &str) -> String {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn it_is_alive_at_once_and_ready_when_every_fact_is() {
        let readiness = Readiness::default();
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = HealthServer::start(listen, readiness.clone(), Metrics::default())
            .await
            .unwrap();
        assert!(asked(&server, "/healthz").await.starts_with("HTTP/1.1 200"));
        readiness.not_ready("AWS", "no credentials");
        let answer = asked(&server, "/readyz").await;
        assert!(
            answer.starts_with("HTTP/1.1 503") && answer.ends_with("[-] AWS: no credentials\n"),
            "{answer}"
        );
        readiness.ready("AWS", "connected");
        let answer = asked(&server, "/readyz").await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("[+] AWS: connected\n"),
            "{answer}"
        );
        let answer = asked(&server, "/metrics").await;
        assert!(
            answer.contains(OPENMETRICS) && answer.contains("team_operator_leader 0.0"),
            "{answer}"
        );
        assert!(asked(&server, "/else").await.starts_with("HTTP/1.1 404"));
    }
}
