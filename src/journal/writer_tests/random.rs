//! Random sequences of steps, faults of sink and head, kills and takeovers; the laws of sink and leaves hold after each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use tokio::time::sleep;

use super::bench::*;
use crate::domain::journal::Around;
use crate::journal::content;

/// How many sequences are tried.
const SEQUENCES: u64 = 60;

/// How many things happen in one.
const EVENTS: usize = 60;

/// What is done wrong on purpose: what no law notices is no law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sabotage {
    /// The sink says that it has the lines, and has lost them.
    TheSinkForgets,
    /// A successor tells a step otherwise than the process that took it.
    TheSuccessorTellsOtherwise,
    /// Nobody writes what a killed process left out.
    NobodyCompletes,
}

/// One sequence, and how long each history is.
struct Sequence {
    bench: Bench,
    random: Rng,
    process: Process,
    term: i64,
    histories: BTreeMap<String, i64>,
    sabotage: Option<Sabotage>,
}

impl Sequence {
    fn new(seed: u64, sabotage: Option<Sabotage>) -> Self {
        let bench = Bench::new();
        let process = bench.start(1);
        Self {
            bench,
            random: Rng::with_seed(seed),
            process,
            term: 1,
            histories: BTreeMap::new(),
            sabotage,
        }
    }

    fn hand_over(&self, uid: &str) -> bool {
        let mut request = request(uid, self.histories[uid]);
        if self.sabotage == Some(Sabotage::TheSuccessorTellsOtherwise) && self.term > 1 {
            request.status.history[0].message = "Another sentence.".to_owned();
        }
        self.process.journal.steps(&request, &Around::default())
    }

    async fn event(&mut self) -> Result<(), String> {
        match self.random.u8(..10) {
            0..=3 => {
                let uid = format!("u{}", self.random.u8(..5));
                *self.histories.entry(uid.clone()).or_default() += 1;
                self.hand_over(&uid);
                // The step is stored, and the process may be killed before it hands it over anywhere.
                if self.random.u8(..4) == 0 {
                    self.take_over();
                }
            }
            4 => self.create().await?,
            5 if self.sabotage == Some(Sabotage::TheSinkForgets) => {}
            5 => {
                let modes = [
                    SinkMode::Takes,
                    SinkMode::IsClosed,
                    SinkMode::HasSpaceFor(self.random.usize(..300)),
                ];
                self.bench.bytes.be(modes[self.random.usize(..3)]);
            }
            6 => {
                let modes = [
                    HeadMode::Answers,
                    HeadMode::IsAway,
                    HeadMode::LosesAnswers,
                    HeadMode::Hangs,
                ];
                self.bench.heads.be(modes[self.random.usize(..4)]);
            }
            7 => self.take_over(),
            _ => sleep(Duration::from_millis(self.random.u64(..3_000))).await,
        }
        Ok(())
    }

    /// Another process leads; now and then the old one does not know that yet.
    fn take_over(&mut self) {
        self.term += 1;
        let next = self.bench.start(self.term);
        let old = std::mem::replace(&mut self.process, next);
        if self.random.bool() {
            old.task.abort();
        }
    }

    /// No create precedes the lines that justify it in the sink.
    async fn create(&self) -> Result<(), String> {
        let Some(uid) = self.histories.keys().next() else {
            return Ok(());
        };
        let hand_over = || self.hand_over(uid);
        if !self
            .process
            .journal
            .is_sunk_within(Duration::from_secs(3), hand_over)
            .await
        {
            return Ok(());
        }
        let text = self.bench.bytes.text();
        let lines = text.split(|byte| *byte == b'\n').filter_map(content);
        let keys: BTreeSet<String> = lines.map(|line| line["key"].to_string()).collect();
        for sequence in 1..=self.histories[uid] {
            let key = json!({ "uid": uid, "sequence": sequence }).to_string();
            if !keys.contains(&key) {
                return Err(format!("a create precedes step {sequence} of {uid}"));
            }
        }
        Ok(())
    }

    /// Each entry has a committed leaf in the end, and every leaf of one entry says the same.
    async fn end(mut self) -> Result<(), String> {
        if self.sabotage == Some(Sabotage::TheSinkForgets) {
            return Ok(());
        }
        self.bench.bytes.be(SinkMode::Takes);
        self.bench.heads.be(HeadMode::Answers);
        self.term += 1;
        self.process.task.abort();
        self.process = self.bench.start(self.term);
        self.process.tells("the last leader");
        if self.sabotage != Some(Sabotage::NobodyCompletes) {
            for uid in self.histories.keys() {
                self.hand_over(uid);
            }
        }
        // Others that do not know yet that they lost write as well, and give in.
        sleep(Duration::from_secs(30)).await;
        let (lines, _) = self.bench.verified();
        let mut told: BTreeMap<(String, i64), String> = BTreeMap::new();
        for line in lines.iter().filter(|line| line["kind"] == "RequestStep") {
            let uid = line["key"]["uid"].as_str().unwrap().to_owned();
            let key = (uid, line["key"]["sequence"].as_i64().unwrap());
            let entry = line["entry"].to_string();
            if told
                .insert(key, entry.clone())
                .is_some_and(|before| before != entry)
            {
                return Err("one step is told in two ways".to_owned());
            }
        }
        for (uid, length) in &self.histories {
            for sequence in 1..=*length {
                if !told.contains_key(&(uid.clone(), sequence)) {
                    return Err(format!("step {sequence} of {uid} has no committed leaf"));
                }
            }
        }
        Ok(())
    }
}

async fn run(seed: u64, sabotage: Option<Sabotage>) -> Result<(), String> {
    let mut sequence = Sequence::new(seed, sabotage);
    if sabotage == Some(Sabotage::TheSinkForgets) {
        sequence.bench.bytes.be(SinkMode::Forgets);
    }
    for _ in 0..EVENTS {
        sequence.event().await?;
    }
    sequence.end().await
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_every_step_has_a_leaf_one_content_and_no_create_precedes_it() {
    for seed in 0..SEQUENCES {
        let outcome = run(seed, None).await;
        assert_eq!(outcome, Ok(()), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_law_notices_what_breaks_it() {
    for (sabotage, law) in [
        (Sabotage::TheSinkForgets, "a create precedes"),
        (Sabotage::TheSuccessorTellsOtherwise, "told in two ways"),
        (Sabotage::NobodyCompletes, "has no committed leaf"),
    ] {
        let mut noticed = false;
        for seed in 0..SEQUENCES {
            if let Err(why) = run(seed, Some(sabotage)).await {
                noticed |= why.contains(law);
                break;
            }
        }
        assert!(noticed, "{sabotage:?}");
    }
}
