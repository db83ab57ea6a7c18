//! What the controller shows of itself during lives: `/metrics` and `/readyz`.

use std::sync::Arc;

use serde_json::{Value, json};
use team_operator_control_plane::Supervised;

use super::scene::Scene;
use crate::support::{eventually, probe, until};

/// How many series a process may have.
const SERIES_MAX: usize = 600;

/// What the leader alone shows.
const LEADER_ONLY: [&str; 7] = [
    "team_operator_requests",
    "team_operator_pending_requests",
    "team_operator_assignments",
    "team_operator_overdue_ends",
    "team_operator_oldest_overdue_end_timestamp_seconds",
    "team_operator_next_end_timestamp_seconds",
    "team_operator_guard_state",
];

/// The samples of one scrape.
struct Scrape(String);

impl Scrape {
    /// Asks a controller as Prometheus does.
    async fn of(controller: &Arc<Supervised>) -> Self {
        Self(answer(controller, "/metrics").await)
    }

    /// The series with their values.
    fn samples(&self) -> impl Iterator<Item = (&str, &str)> {
        let (_, text) = self.0.split_once("\r\n\r\n").unwrap();
        let lines = text.lines().filter(|line| line.starts_with("team_operator_"));
        lines.map(|line| line.rsplit_once(' ').unwrap())
    }

    /// The value of a series, if there is one.
    fn value(&self, series: &str) -> Option<f64> {
        let mut samples = self.samples();
        samples
            .find(|(name, _)| *name == series)
            .map(|(_, value)| value.parse().unwrap())
    }

    /// The same for something that is counted: what never happened has no series.
    fn count(&self, series: &str) -> u64 {
        let mut samples = self.samples();
        let sample = samples.find(|(name, _)| *name == series);
        sample.map_or(0, |(_, value)| value.parse().unwrap())
    }
}

/// What a controller answers to a probe.
async fn answer(controller: &Arc<Supervised>, path: &str) -> String {
    let address = until("it serves probes", async || {
        let log = controller.log();
        let line = log.lines().find(|line| line.contains("serving /healthz"))?;
        let (_, address) = line.split_once("address=")?;
        Some(address.trim().to_owned())
    });
    probe(&address.await, path)
}

/// Waits until a series has that value.
async fn shows(controller: &Arc<Supervised>, series: &str, value: f64) {
    let what = format!("{series} is {value}");
    eventually(&what, async || {
        Scrape::of(controller).await.value(series) == Some(value)
    })
    .await;
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
fn seconds(time: &Value) -> f64 {
    let time: chrono::DateTime<chrono::Utc> = time.as_str().unwrap().parse().unwrap();
    time.timestamp() as f64
}

const NEXT_END: &str = "team_operator_next_end_timestamp_seconds";
const OVERDUE: &str = "team_operator_overdue_ends";
const GRANTED: &str = "team_operator_access_latency_seconds_count";
const REMOVED: &str = "team_operator_revocation_lag_seconds_count";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_tell_the_life_of_a_request_and_a_standby_tells_nothing_of_the_world() {
    let scene = Scene::with_crashes().await;
    let leader = scene.stage.controller();
    let before = Scrape::of(&leader).await;
    assert!(
        before.0.contains("content-type: application/openmetrics-text"),
        "{}",
        before.0
    );
    assert_eq!(before.value("team_operator_leader"), Some(1.0));
    let name = scene.has_access("alice", "DatabaseAdmin", "30s").await;
    let standby = scene.stage.start_controller(&[]).await;

    let end = seconds(&scene.read(&name).await.unwrap()["status"]["window"]["endTime"]);
    shows(&leader, NEXT_END, end).await;
    shows(&leader, r#"team_operator_requests{phase="Active"}"#, 1.0).await;
    let active = Scrape::of(&leader).await;
    assert_eq!(active.count(GRANTED), before.count(GRANTED) + 1, "told once");
    let granted = r#"team_operator_transitions_total{reason="AccessGranted"}"#;
    assert_eq!(active.count(granted), before.count(granted) + 1);
    let creates = r#"team_operator_aws_calls_total{operation="CreateAccountAssignment",outcome="ok"}"#;
    assert_eq!(active.count(creates), before.count(creates) + 1);
    assert!(active.samples().count() <= SERIES_MAX);
    assert_eq!(active.value(OVERDUE), Some(0.0));

    eventually("it stands by", async || standby.log().contains("standby")).await;
    let stands_by = Scrape::of(&standby).await;
    assert_eq!(stands_by.value("team_operator_leader"), Some(0.0));
    for metric in LEADER_ONLY {
        let shown = stands_by.samples().any(|(series, _)| series.starts_with(metric));
        assert!(!shown, "{metric}: {}", stands_by.0);
    }
    assert!(
        stands_by
            .value("team_operator_lease_renewed_timestamp_seconds")
            .is_some()
    );

    scene.is(&name, "Ended").await;
    shows(&leader, NEXT_END, f64::INFINITY).await;
    let ended = Scrape::of(&leader).await;
    assert_eq!(ended.count(REMOVED), before.count(REMOVED) + 1, "told once");
    assert_eq!(ended.count(GRANTED), active.count(GRANTED));
    scene.stage.kill_controllers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_whose_delete_hangs_is_overdue_in_metrics_readiness_and_the_audit_log() {
    let scene = Scene::with_crashes().await;
    let leader = scene.stage.controller();
    let name = scene.has_access("alice", "DatabaseAdmin", "15s").await;
    let end = seconds(&scene.read(&name).await.unwrap()["status"]["window"]["endTime"]);
    let trouble = scene.stage.trouble(json!({
        "on": { "operation": "DeleteAccountAssignment", "account": scene.account },
        "effect": { "kind": "hold", "applied": false },
    }));
    shows(&leader, OVERDUE, 1.0).await;
    let overdue = Scrape::of(&leader).await;
    let oldest = "team_operator_oldest_overdue_end_timestamp_seconds";
    assert_eq!(overdue.value(oldest), Some(end), "the end of the access");
    assert_eq!(
        overdue.value(NEXT_END),
        Some(end),
        "what is not confirmed is still to come"
    );
    eventually("/readyz says it and stays ready", async || {
        let ready = answer(&leader, "/readyz").await;
        ready.starts_with("HTTP/1.1 200") && ready.contains("[!] ends: AWS has not confirmed in time")
    })
    .await;
    eventually("the audit log has it", async || {
        let audit = std::fs::read_to_string(scene.stage.journal()).unwrap_or_default();
        let says =
            |line: &str| line.contains(r#""reason":"RevocationOverdue""#) && line.contains(&scene.account);
        audit.lines().any(says)
    })
    .await;
    scene.stage.peace(trouble);
    scene.release_all();
    scene.is(&name, "Ended").await;
    shows(&leader, OVERDUE, 0.0).await;
    let alerts = r#"team_operator_alerts_total{reason="RevocationOverdue"}"#;
    assert!(Scrape::of(&leader).await.count(alerts) >= 1);
}
