//! The controller killed right after each of its writes of a record: whatever it had done by then, the life of the request
//! comes to the same end.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use serde_json::Value;
use team_operator::journal::{Committed, Input, Verdict, Verifier, content};

use super::scene::Scene;
use crate::support::TELLING_PATIENCE;

/// The writes of a record in a life in which AWS is quick: the claim, the intent, Present, Deleting, Absent.
const WRITES: usize = 5;

/// The API server's audit log from a place on.
struct Watched {
    file: std::fs::File,
    text: String,
}

impl Watched {
    fn from_now(scene: &Scene) -> Self {
        let path = scene.stage.plane.audit_log().unwrap();
        let mut file = std::fs::File::open(path).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        Self {
            file,
            text: String::new(),
        }
    }

    /// How many writes of records about this account were answered since then.
    fn writes(&mut self, account: &str) -> usize {
        self.file.read_to_string(&mut self.text).unwrap();
        let whole = self.text.rfind('\n').map_or("", |end| &self.text[..end]);
        let about = whole
            .lines()
            .filter(|line| line.contains("accountassignments") && line.contains(account));
        let is_write = |line: &&str| {
            let event: Value = serde_json::from_str(line).unwrap();
            let stored = matches!(event["responseStatus"]["code"].as_i64(), Some(200 | 201));
            stored && (event["verb"] == "create" || event["verb"] == "update")
        };
        about.filter(is_write).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_whichever_write_of_a_record_it_is_killed_the_access_comes_once_and_goes() {
    for number in 1..=WRITES {
        let scene = Scene::with_crashes().await;
        scene.waives().await;
        let mut log = Watched::from_now(&scene);
        let name = scene.asks("alice", "Waived", "4s").await;
        let killed = tokio::time::timeout(TELLING_PATIENCE, async {
            while log.writes(&scene.account) < number {
                // Shorter than the controller takes to go on.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            scene.stage.kill_controllers_alone();
        });
        killed
            .await
            .unwrap_or_else(|_| panic!("write {number} of a record never came"));
        scene.stage.kill_controllers().await;
        scene.stage.start_controller(&[]).await;
        let ended = scene.is(&name, "Ended").await;
        assert_eq!(ended["status"]["reason"], "EndReached", "after write {number}");
        assert!(!scene.has("alice", "Waived"), "after write {number}");
        let creates = scene.calls("CreateAccountAssignment");
        // One that was killed before it knew what became of its create cannot know whether it was sent.
        let most = if number == 2 { 2 } else { 1 };
        assert!(
            (1..=most).contains(&creates),
            "{creates} creates after write {number}"
        );
        assert_eq!(scene.record("Waived").await.unwrap()["status"]["state"], "Absent");
        let recorded = |request: &Value| request["status"]["finished"] == true;
        let finished = scene.until(&name, "is recorded", recorded).await;
        journal_has_all_of(&scene, &finished, number);
    }
}

/// Every step of the history is in the journal, under a checkpoint, in one way only, whoever wrote it.
fn journal_has_all_of(scene: &Scene, request: &Value, number: usize) {
    let input = Input {
        files: vec![scene.stage.journal()],
        field: None,
    };
    let mut verifier = Verifier::new(vec![], vec![]);
    let mut told: Vec<Value> = vec![];
    let mut on = |line: &Committed<'_>| told.extend(content(line.bytes));
    let read = input.each_line(&scene.stage.journal(), 0, &mut |bytes, position, _| {
        verifier.line(bytes, position, &mut on);
        true
    });
    read.unwrap();
    assert_eq!(
        verifier.finish(),
        Verdict::EndNotProvable,
        "{:?}",
        verifier.findings
    );
    let of_request =
        |line: &&Value| line["kind"] == "RequestStep" && line["key"]["uid"] == request["metadata"]["uid"];
    for entry in request["status"]["history"].as_array().unwrap() {
        let same = |line: &&Value| line["key"]["sequence"] == entry["sequence"];
        let lines: Vec<&Value> = told.iter().filter(of_request).filter(same).collect();
        assert!(
            !lines.is_empty(),
            "{entry} is not in the journal after write {number}"
        );
        for line in lines {
            assert_eq!(line["entry"]["step"], *entry, "after write {number}");
        }
    }
}
