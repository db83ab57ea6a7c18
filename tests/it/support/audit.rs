//! The API server's audit log: the evidence that is not ours to lose.

use serde_json::Value;

use super::cluster::Ground;
use super::wait::awaited;

impl Ground {
    /// The first event about this request that fits; none where the audit log of an existing cluster is not ours to
    /// read.
    pub async fn audited(&self, what: &str, name: &str, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let log = self.cluster.plane.audit_log()?;
        let look = || {
            let lines = std::fs::read_to_string(&log).unwrap_or_default();
            let about = lines.lines().filter(|line| line.contains(name));
            about
                .filter_map(|line| serde_json::from_str(line).ok())
                .find(|event: &Value| event["objectRef"]["name"] == name && fits(event))
        };
        Some(awaited(what, || std::future::ready(look())).await)
    }
}
