//! Where the story happens: a control plane, a simulated Identity Center, and the controller.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use identity_center_sandbox::{Options as SandboxOptions, OrganizationFile, RunningSandbox, World};
use kube::api::Api;
use team_operator::api::ElevationRequest;
use team_operator::runtime::SystemClock;
use team_operator_control_plane::{
    ControlPlane, MutatingAdmission, Options, Person, Program, Supervised, Tool,
};

use crate::binary::{self, repository};
use crate::kubectl::NAMESPACE;
use crate::trouble::Trouble;

/// Who asks. She leads a team too, and so could approve what others ask for.
pub const ALICE: &str = "alice@example.com";
/// Who approves for the team.
pub const BOB: &str = "bob@example.com";
/// Who approves for security.
pub const ERIN: &str = "erin@example.com";

/// Where and as whom the controller runs, as `team-operator manifests` installs it.
const CONTROLLER: (&str, &str) = ("team-operator-system", "team-operator");

/// The organization that the other examples speak of.
const ORGANIZATION: &str = "examples/organization.yaml";

/// Shorter delays than in production, where AWS is asked every few seconds only and its lists lag more than the sandbox's.
const DELAYS: [&str; 5] = [
    "--poll-interval=1s",
    "--lookup-retry=1s",
    "--retry-min=1s",
    "--list-lag=3s",
    // The sandbox takes longer than this for an operation: everybody sees that access is being removed.
    "--show-after=1s",
];

/// Where AWS's own clients look for the address to talk to: for all services, and for each that the controller uses.
const ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_IDENTITYSTORE",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
    "AWS_ENDPOINT_URL_SSO_ADMIN",
    "AWS_ENDPOINT_URL_STS",
];

/// Everything that runs. Dropping it ends all of it.
pub struct Stage {
    // Before the control plane, whose folder goes with it.
    controller: Option<Supervised>,
    pub plane: ControlPlane,
    pub sandbox: RunningSandbox,
    pub team_operator: PathBuf,
    region: String,
}

impl Stage {
    /// Starts a control plane and a simulated Identity Center. Builds first what is missing, and says so.
    pub async fn open() -> Result<Stage, Trouble> {
        let team_operator = binary::team_operator().await?;
        let built = "the programs of a Kubernetes control plane";
        tokio::task::spawn_blocking(|| team_operator_control_plane::build(&[Tool::Kubectl]))
            .await
            .map_err(Trouble::instead_of(built))?
            .map_err(Trouble::instead_of(built))?;
        let options = Options {
            people: vec![
                Person::new(ALICE, ["developers", "leads"]),
                Person::new(BOB, ["developers", "leads"]),
                Person::new(ERIN, ["security"]),
            ],
            ..Options::default()
        };
        let plane = ControlPlane::start_own(options).await;
        let plane = plane.map_err(Trouble::instead_of("a Kubernetes control plane that is ready"))?;
        let text = read(ORGANIZATION)?;
        let organization = OrganizationFile::parse(&text);
        let organization =
            organization.map_err(Trouble::instead_of(format!("{ORGANIZATION} describes one")))?;
        let region = organization.region().to_owned();
        let options = SandboxOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            organization,
            data: None,
            clock: Arc::new(SystemClock),
        };
        let sandbox = RunningSandbox::start(options).await;
        let sandbox = sandbox.map_err(Trouble::instead_of("a simulated Identity Center that listens"))?;
        Ok(Stage {
            controller: None,
            plane,
            sandbox,
            team_operator,
            region,
        })
    }

    /// The option for clusters that do not fill in names, before Kubernetes 1.36.
    pub fn stamping(&self) -> String {
        let stamps = self.plane.mutating_admission() == Some(MutatingAdmission::Stamping);
        format!("--stamping={stamps}")
    }

    /// Runs the controller as a process of its own, with its own service account and no other rights.
    pub async fn start_controller(&mut self) -> Result<(), Trouble> {
        let (namespace, account) = CONTROLLER;
        let token = self.plane.service_account_token(namespace, account).await;
        let token = token.map_err(Trouble::instead_of("a token of the controller's service account"))?;
        let kubeconfig = self.plane.kubeconfig_with_token(&token);
        let kubeconfig = kubeconfig.map_err(Trouble::instead_of("a kubeconfig for the controller"))?;
        let mut arguments: Vec<OsString> = ["run", "--health-listen=127.0.0.1:0"]
            .map(OsString::from)
            .to_vec();
        arguments.extend(DELAYS.map(OsString::from));
        arguments.push(format!("--aws-region={}", self.region).into());
        arguments.extend(["--kubeconfig".into(), kubeconfig.into_os_string()]);
        arguments.extend(["--journal".into(), self.journal().into_os_string()]);
        let program = Program {
            name: "team-operator",
            path: self.team_operator.clone(),
            arguments,
            environment: self.environment(),
            log: self.controllers_log(),
        };
        let controller = self.plane.supervise(program);
        self.controller = Some(controller.map_err(Trouble::instead_of("team-operator runs"))?);
        Ok(())
    }

    /// What AWS's own variables have to say so that no call leaves this machine, whatever the shell says.
    fn environment(&self) -> Vec<(OsString, OsString)> {
        let endpoint = self.sandbox.endpoint();
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", "sandbox"),
            ("AWS_SECRET_ACCESS_KEY", "sandbox"),
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"),
        ];
        variables.extend(ENDPOINTS.map(|name| (name, endpoint.as_str())));
        // A proxy is for other machines, and nothing here leaves this one.
        variables.extend(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].map(|name| (name, "")));
        variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    /// That the controller has ended, with the end of its log; `None` while it runs.
    pub fn controllers_end(&self) -> Option<String> {
        let controller = self.controller.as_ref()?;
        let status = controller.ended()?;
        let log = controller.log();
        let last: Vec<&str> = log.lines().rev().take(10).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Some(format!(
            "the controller has ended ({status}); the end of its log:\n{}",
            last.join("\n")
        ))
    }

    /// The requests, in the eyes of this person.
    pub fn requests(&self, person: &str) -> Result<Api<ElevationRequest>, Trouble> {
        let client = self.plane.client(person);
        let client = client.map_err(Trouble::instead_of(format!("a client for {person}")))?;
        Ok(Api::namespaced(client, NAMESPACE))
    }

    /// A kubeconfig of this person, under a short name.
    pub fn kubeconfig(&self, person: &str, short: &str) -> Result<PathBuf, Trouble> {
        let expected = format!("a kubeconfig for {person}");
        let file = self.plane.kubeconfig(person);
        let file = file.map_err(Trouble::instead_of(&expected))?;
        let copy = self.folder().join(short);
        std::fs::copy(file, &copy).map_err(Trouble::instead_of(&expected))?;
        Ok(copy)
    }

    /// Whether Identity Center holds this assignment now, in truth.
    pub fn is_assigned(&self, user: &str, permission_set: &str, account: &str) -> bool {
        let rows = self.sandbox.with(World::assigned_by_name);
        rows.iter().any(|row| {
            row["principal"] == user && row["permissionSet"] == permission_set && row["account"] == account
        })
    }

    /// Where the controller writes its journal.
    pub fn journal(&self) -> PathBuf {
        self.folder().join("journal.jsonl")
    }

    /// The controller's log while it runs.
    pub fn controllers_log(&self) -> PathBuf {
        self.folder().join("team-operator.log")
    }

    /// Copies all logs to where they stay when everything has ended; says where that is.
    pub fn keep_logs(&self) -> String {
        let folder = binary::kept_folder();
        match copy_logs(self.folder(), &folder) {
            Ok(()) => folder.display().to_string(),
            Err(error) => format!("could not be kept in {}: {error}", folder.display()),
        }
    }

    fn folder(&self) -> &Path {
        // A control plane of our own has one.
        self.plane.log_folder().unwrap_or(Path::new("."))
    }
}

/// A file of the repository.
pub fn read(name: &str) -> Result<String, Trouble> {
    let text = std::fs::read_to_string(repository().join(name));
    text.map_err(Trouble::instead_of(format!("{name} can be read")))
}

/// Logs only: the folder holds keys and tokens too.
fn copy_logs(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let is_log = path
            .extension()
            .is_some_and(|ending| ending == "log" || ending == "jsonl");
        if let Some(name) = path.file_name().filter(|_| is_log) {
            std::fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
