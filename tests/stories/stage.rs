//! Where a story happens: a cluster with our manifests and the policies of the examples, AWS, and the controller.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kube::runtime::events::Reporter;
use serde_json::{Value, json};
use team_operator::admission::{Guard, Installation, SealKey};
use team_operator::api;
use team_operator::controller::{Config, Controller, Delays, Parts, Ports, Stopped};
use team_operator::domain::{IdentityCenter, Timings};
use team_operator::journal::{JournalParts, SigningKey, StreamSink};
use team_operator::metrics::Metrics;
use team_operator::ports::Instance as _;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::aws::Aws;
use crate::chronicle::{Chronicle, Happened, JournalLines};
use crate::clock::StoryClock;
use crate::cluster::Cluster;
use crate::cluster::kinds::Kind;
use crate::cluster::refusal::Refusal;
use crate::cluster::writes::Writer;
use crate::process::Pulse;

/// Where requests live, as in the examples.
pub(crate) const NAMESPACE: &str = "access-requests";
/// Whoever applies manifests and policies.
pub(crate) const PLATFORM: &str = "platform@example.com";
/// Those who hold the verb `revoke`: the examples bind it to Security.
const MAY_REVOKE: [&str; 2] = ["carol@example.com", "erin@example.com"];
/// How long people wait to see what comes of what they did.
const A_WHILE: Duration = Duration::from_secs(10);

/// How often the guard looks while nothing rests on it. It is a minute in life, where a year takes as long as a year.
const RARELY: Duration = Duration::from_hours(1);

/// How long a create or a deletion lasts before requests show it: a little longer than in life, where it is as long as the time
/// to the second look at AWS, and which of the two comes first is nobody's promise.
const SHOWN_AFTER: TimeDelta = TimeDelta::seconds(7);

/// The documents that every story begins with.
const BEGINNING: [&str; 3] = [
    include_str!("../../examples/settings.yaml"),
    include_str!("../../examples/eligibility-policy.yaml"),
    include_str!("../../examples/approver-policy.yaml"),
];

/// Where a story happens.
pub(crate) struct Stage {
    pub(crate) chronicle: Chronicle,
    pub(crate) cluster: Cluster,
    pub(crate) aws: Aws,
    processes: Vec<Process>,
    /// How many requests each person made.
    made: BTreeMap<String, usize>,
    /// The request that was made last, which is meant where none is named.
    pub(crate) latest: Option<String>,
    /// What was removed and may be put back.
    pub(crate) removed: BTreeMap<String, Value>,
    /// A record as somebody kept it.
    pub(crate) copy: Option<Value>,
    /// How long the present step lasts.
    pub(crate) lasts: Duration,
    /// How often the guard looks while nobody asks.
    pub(crate) guard_interval: Duration,
    /// What the next process of the controller takes for its own version.
    pub(crate) installation: Installation,
}

/// One process of the controller.
struct Process {
    pulse: Pulse,
    task: AbortHandle,
}

/// How a process is configured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Configured {
    /// As it should be.
    #[default]
    Well,
    /// With an instance that is not the one that everything was made in.
    Elsewhere,
    /// The same, and told that the other instance was left for good.
    ElsewhereForGood,
}

/// How long a process that comes back takes to read whose the lease is.
const READS_THE_LEASE: Duration = Duration::from_secs(1);

impl Stage {
    /// A stage on which the controller has started and all is quiet.
    pub(crate) async fn set() -> Self {
        let chronicle = Chronicle::new(StoryClock::start());
        let cluster = Cluster::new(chronicle.clone(), &MAY_REVOKE);
        let mut stage = Self {
            aws: Aws::new(&chronicle),
            chronicle,
            cluster,
            processes: vec![],
            made: BTreeMap::new(),
            latest: None,
            removed: BTreeMap::new(),
            copy: None,
            lasts: A_WHILE,
            guard_interval: RARELY,
            // A cluster before 1.36, where everybody names themselves.
            installation: Installation::default().with_stamping(false),
        };
        // People in stories mean what they delete. What prevents mistakes is tested on a real API server.
        let against_mistakes = stage.installation.deletion_policies();
        let manifests = stage.installation.manifests();
        for manifest in manifests
            .into_iter()
            .filter(|manifest| !against_mistakes.contains(manifest))
        {
            stage.install(&manifest);
        }
        stage.install(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }));
        for text in BEGINNING {
            stage.apply(text).unwrap();
        }
        stage.start(Configured::Well);
        tokio::time::sleep(A_WHILE).await;
        stage
    }

    /// How long the step lasts that was just made; the next one lasts the usual while.
    pub(crate) fn takes(&mut self) -> Duration {
        std::mem::replace(&mut self.lasts, A_WHILE)
    }

    /// Tells the reader.
    pub(crate) fn tell(&self, sentence: String) {
        self.chronicle.note(Happened::Told(sentence));
    }

    /// Tells the reader what somebody was refused; what was accepted shows by itself.
    pub(crate) fn answer<T>(&self, answer: Result<T, Refusal>) {
        if let Err(refusal) = answer {
            self.tell(format!("refused: {}", refusal.message));
        }
    }

    /// The next name for a request of this person.
    pub(crate) fn new_name(&mut self, person: &str) -> String {
        let made = self.made.entry(person.to_owned()).or_default();
        *made += 1;
        format!("{person}-{made}")
    }

    /// Applies YAML as the platform: what is there is replaced.
    pub(crate) fn apply(&self, text: &str) -> Result<(), Refusal> {
        let documents = serde_saphyr::from_multiple::<Value>(text).unwrap();
        documents.iter().try_for_each(|document| self.apply_one(document))
    }

    /// Applies one document as the platform.
    pub(crate) fn apply_one(&self, document: &Value) -> Result<(), Refusal> {
        let kind = Kind::of(document).unwrap_or_else(|| panic!("{} is not served here", document["kind"]));
        let name = document["metadata"]["name"].as_str().unwrap_or_default();
        let writer = Writer::named(PLATFORM);
        let place = crate::cluster::store::Place::new(kind, NAMESPACE, name);
        if self.cluster.object(kind, NAMESPACE, name).is_some() {
            return self.cluster.update(writer, kind, &place, "", document).map(drop);
        }
        self.cluster.create(writer, kind, NAMESPACE, document).map(drop)
    }

    /// Starts a process of the controller, which leads from now on. One that could have kept its lease had given it up.
    pub(crate) fn start(&mut self, configured: Configured) {
        for process in &self.processes {
            if process.pulse.could_renew() {
                process.end();
            } else {
                process.pulse.lose_the_lead();
            }
        }
        let pulse = Pulse::new(self.cluster.access.clone());
        let controller = controller(self, &pulse, configured);
        let (chronicle, own) = (self.chronicle.clone(), pulse.clone());
        let task = tokio::spawn(async move {
            let stopped = controller
                .run(std::future::pending(), std::future::pending())
                .await;
            if stopped == Stopped::AwsSilent {
                own.kill();
                let sentence = "the controller gives up the lease: AWS does not answer it".to_owned();
                chronicle.note(Happened::Told(sentence));
            }
        });
        self.processes.push(Process {
            pulse,
            task: task.abort_handle(),
        });
    }

    /// Kills the process that leads.
    pub(crate) fn crash(&mut self) {
        if let Some(process) = self.processes.pop() {
            process.end();
        }
    }

    /// Cuts the process that leads off from the API server, it alone.
    pub(crate) fn cut_off(&self) {
        if let Some(process) = self.processes.last() {
            process.pulse.be_cut_off(true);
        }
    }

    /// Lets every process that was stopped or cut off go on. One that lost its lease meanwhile reads that, and ends.
    pub(crate) fn wake(&self) {
        for process in &self.processes {
            process.pulse.go_on();
            process.pulse.be_cut_off(false);
            let (pulse, task) = (process.pulse.clone(), process.task.clone());
            tokio::spawn(async move {
                tokio::time::sleep(READS_THE_LEASE).await;
                if pulse.read_the_lease() {
                    pulse.kill();
                    task.abort();
                }
            });
        }
    }

    /// Roles and accounts are not served: nobody here asks for them.
    fn install(&self, manifest: &Value) {
        if Kind::of(manifest).is_some() {
            self.apply_one(manifest).unwrap();
        }
    }
}

impl Process {
    fn end(&self) {
        self.pulse.kill();
        self.task.abort();
    }
}

/// A kind of ours.
pub(crate) fn ours(plural: &str) -> &'static Kind {
    Kind::served(api::GROUP, plural).unwrap()
}

/// A file of `fixtures/`, or of the examples.
pub(crate) fn fixture(name: &str) -> Result<String, String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["tests/stories/fixtures", "examples"].map(|folder| root.join(folder).join(name));
    let found = places.iter().find_map(|path| std::fs::read_to_string(path).ok());
    found.ok_or_else(|| format!("there is no {name} in tests/stories/fixtures or examples"))
}

/// Always the same, as the Secret in a cluster is.
pub(crate) const SEAL_KEY: [u8; 32] = [7; 32];

fn controller(stage: &Stage, pulse: &Pulse, configured: Configured) -> Controller {
    let installation = stage.installation.clone();
    let client = stage.cluster.client(&installation.controller_user_name(), pulse);
    let recorded = Arc::new(stage.aws.ports(pulse, false)).arn();
    let aws = Arc::new(stage.aws.ports(pulse, configured != Configured::Well));
    let key = SealKey::from_bytes(&SEAL_KEY).unwrap();
    let clock = stage.chronicle.clock;
    Controller::new(Parts {
        client: client.clone(),
        ports: Ports {
            directory: aws.clone(),
            organization: aws.clone(),
            permission_sets: aws.clone(),
            assignments: aws.clone(),
            instance: aws.clone(),
            clock: Arc::new(clock),
            aws_clock: Arc::new(stage.aws.date.clone()),
            api_server_clock: Arc::new(clock),
            leadership: Arc::new(pulse.clone()),
        },
        config: Config {
            identity_center: watch::channel(IdentityCenter {
                instance_arn: aws.arn(),
                delegated_administrator: false,
            })
            .1,
            abandoned_instance: (configured == Configured::ElsewhereForGood).then_some(recorded),
            timings: Timings {
                show_after: SHOWN_AFTER,
                ..Timings::default()
            },
            delays: Delays {
                guard_interval: stage.guard_interval,
                ..Delays::default()
            },
            concurrency: 8,
            namespace: installation.namespace().to_owned(),
        },
        guard: Guard::new(client, installation, key.clone()),
        key,
        journal: JournalParts {
            sink: Box::new(StreamSink::in_memory(JournalLines(stage.chronicle.clone()))),
            key: SigningKey::from_seed(&[7; 32]).unwrap(),
            term: 0,
        },
        reporter: Reporter::from("team-operator"),
        metrics: Metrics::default(),
    })
}
