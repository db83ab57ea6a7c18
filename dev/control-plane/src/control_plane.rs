//! The front door: one type for a control plane of our own and for a cluster that exists already.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use kube::config::AuthInfo;
use kube::{Client, Config};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access::{ask_for_token, client_of};
use crate::binaries::Binaries;
use crate::credentials::{ADMIN, NODE, Person};
use crate::existing::{ExistingCluster, not_ours};
use crate::own::OwnCluster;
use crate::run_folder::RunFolder;
use crate::settings::Settings;
use crate::supervised::{Program, Supervised};
use crate::thread::on_own_thread;
use crate::tools::{Tool, hex};
use crate::{Error, KubernetesVersion};

/// What an API server does about `MutatingAdmissionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MutatingAdmission {
    /// The kinds are served and policies change objects, the default since Kubernetes 1.36.
    #[default]
    Stamping,
    /// The kinds are not served, as in versions before 1.36.
    NotServed,
    /// The kinds are served, and policies change nothing.
    Inert,
}

/// How a control plane is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who can talk to it, besides the administrator.
    pub people: Vec<Person>,
    /// What to do about mutating policies. Versions before 1.36 never serve them; whether a test got what it asked
    /// for is what [`ControlPlane::mutating_admission`] says. Ignored on an existing cluster.
    pub mutating_admission: MutatingAdmission,
    /// Whether the controller manager is started too: namespace deletion, garbage collection, service accounts,
    /// type checking of policies. It can also be started later. An existing cluster has its own.
    pub controller_manager: bool,
    /// More flags for kube-apiserver, such as `--event-ttl=5m`. Ignored on an existing cluster.
    pub api_server_arguments: Vec<String>,
}

/// A control plane to test against; clones are handles of the same one. When the last is dropped its servers end and
/// its folder goes.
#[derive(Clone, Debug)]
pub struct ControlPlane {
    cluster: Arc<Cluster>,
}

#[derive(Debug)]
enum Cluster {
    Own(Box<OwnCluster>),
    Existing(Box<ExistingCluster>),
}

impl ControlPlane {
    /// Starts a control plane, or opens the cluster named by `TEAM_OPERATOR_TEST_KUBECONFIG`, and waits until it is
    /// ready: a few seconds, or minutes if programs have to be built first, which is reported on standard error.
    ///
    /// # Errors
    /// Every error is a sentence that says what to do; those of a server show the end of its log.
    pub async fn start(options: Options) -> Result<ControlPlane, Error> {
        on_own_thread(move || ControlPlane::start_blocking(options)).await
    }

    /// Starts a control plane of our own even if an existing cluster is named: for what only servers of our own can
    /// do, such as being restarted or being started with other flags.
    ///
    /// # Errors
    /// As [`ControlPlane::start`].
    pub async fn start_own(options: Options) -> Result<ControlPlane, Error> {
        on_own_thread(move || {
            let settings = Settings {
                kubeconfig: None,
                ..Settings::from_environment()?
            };
            ControlPlane::with_settings(options, settings)
        })
        .await
    }

    /// As [`ControlPlane::start`], for callers without a runtime. Must not be called within one.
    ///
    /// # Errors
    /// As [`ControlPlane::start`].
    pub fn start_blocking(options: Options) -> Result<ControlPlane, Error> {
        ControlPlane::with_settings(options, Settings::from_environment()?)
    }

    fn with_settings(options: Options, settings: Settings) -> Result<ControlPlane, Error> {
        let kubeconfig = settings.kubeconfig.clone();
        let binaries = Binaries::find(settings)?;
        let cluster = match kubeconfig {
            Some(path) => Cluster::Existing(Box::new(ExistingCluster::open(&path, options, binaries)?)),
            None => Cluster::Own(Box::new(OwnCluster::start(options, binaries)?)),
        };
        Ok(ControlPlane {
            cluster: Arc::new(cluster),
        })
    }

    /// What this cluster does about mutating policies. `None` on an existing cluster that serves them, because
    /// being served does not mean that they act.
    pub fn mutating_admission(&self) -> Option<MutatingAdmission> {
        match &*self.cluster {
            Cluster::Own(cluster) => Some(cluster.mutating_admission()),
            Cluster::Existing(cluster) => cluster.mutating_admission,
        }
    }

    /// Whether the cluster existed before us, so that people are impersonated and servers cannot be restarted.
    pub fn is_external(&self) -> bool {
        matches!(&*self.cluster, Cluster::Existing(_))
    }

    /// The address of the API server, such as `https://127.0.0.1:20000`.
    pub fn server_url(&self) -> &str {
        match &*self.cluster {
            Cluster::Own(cluster) => &cluster.url,
            Cluster::Existing(cluster) => &cluster.url,
        }
    }

    /// The configuration of a client that speaks as `person`, with timeouts.
    ///
    /// # Errors
    /// `Error::UnknownPerson` if they were not declared.
    pub fn config(&self, person: &str) -> Result<Config, Error> {
        let mut config = self.anonymous_config()?;
        config.auth_info = self.auth_info(person)?;
        Ok(config)
    }

    /// A client that speaks as `person`, with timeouts. Must be called within a tokio runtime, and is bound to it.
    ///
    /// # Errors
    /// `Error::UnknownPerson` if they were not declared.
    pub fn client(&self, person: &str) -> Result<Client, Error> {
        client_of(self.anonymous_config()?, self.auth_info(person)?)
    }

    /// A client of somebody who may do everything (group `system:masters`), for setting up a test. On an existing
    /// cluster, whoever its kubeconfig names.
    ///
    /// # Errors
    /// Only if the client cannot be made.
    pub fn admin(&self) -> Result<Client, Error> {
        self.client(ADMIN)
    }

    /// The name by which [`ControlPlane::kubeconfig`] and its siblings know the administrator.
    pub fn admin_name() -> &'static str {
        ADMIN
    }

    /// A real token of an existing service account, valid for a day, asked for by `system:node:dev` through the
    /// `TokenRequest` API as kubelets do.
    ///
    /// # Errors
    /// `Error::Kube` if there is no such account, or a policy refuses.
    pub async fn service_account_token(&self, namespace: &str, name: &str) -> Result<String, Error> {
        ask_for_token(self.client(NODE)?, namespace, name).await
    }

    /// The configuration of a client that shows a bearer token.
    ///
    /// # Errors
    /// Only if the cluster's address is unusable.
    pub fn config_with_token(&self, token: &str) -> Result<Config, Error> {
        let mut config = self.anonymous_config()?;
        config.auth_info = AuthInfo {
            token: Some(token.to_owned().into()),
            ..AuthInfo::default()
        };
        Ok(config)
    }

    /// A client that shows a bearer token. Must be called within a tokio runtime, and is bound to it.
    ///
    /// # Errors
    /// Only if the client cannot be made.
    pub fn client_with_token(&self, token: &str) -> Result<Client, Error> {
        Ok(Client::try_from(self.config_with_token(token)?)?)
    }

    /// A kubeconfig file of `person`, for programs such as kubectl. It goes with the control plane.
    ///
    /// # Errors
    /// `Error::UnknownPerson` if they were not declared; `Error::File` if it cannot be written.
    pub fn kubeconfig(&self, person: &str) -> Result<PathBuf, Error> {
        let content = match &*self.cluster {
            Cluster::Own(cluster) => cluster.kubeconfig(person)?,
            Cluster::Existing(cluster) => cluster.kubeconfig(person)?,
        };
        self.write_kubeconfig(&content)
    }

    /// A kubeconfig file that shows a bearer token. It goes with the control plane.
    ///
    /// # Errors
    /// `Error::File` if it cannot be written.
    pub fn kubeconfig_with_token(&self, token: &str) -> Result<PathBuf, Error> {
        let cluster = match &*self.cluster {
            Cluster::Own(cluster) => cluster.kubeconfig_cluster(),
            Cluster::Existing(cluster) => cluster.kubeconfig_cluster()?,
        };
        self.write_kubeconfig(&crate::kubeconfig::kubeconfig(&cluster, &json!({"token": token})))
    }

    /// kubectl, speaking as `person`; the caller adds arguments. Builds it first if need be, which blocks.
    ///
    /// # Errors
    /// As [`ControlPlane::start`], and `Error::UnknownPerson`.
    pub fn kubectl(&self, person: &str) -> Result<Command, Error> {
        let mut command = Command::new(self.binaries().path(Tool::Kubectl)?);
        command.env("KUBECONFIG", self.kubeconfig(person)?);
        // What kubectl remembers of a server is filed under its address, which others had before.
        command.env("KUBECACHEDIR", self.folder().join("kubectl-cache"));
        Ok(command)
    }

    /// helm, speaking as `person`; the caller adds arguments. Builds it first if need be, which blocks.
    ///
    /// # Errors
    /// As [`ControlPlane::start`], and `Error::UnknownPerson`.
    pub fn helm(&self, person: &str) -> Result<Command, Error> {
        let mut command = Command::new(self.binaries().path(Tool::Helm)?);
        command.env("KUBECONFIG", self.kubeconfig(person)?);
        // The user's own plugins, repositories and cache are not part of a test.
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, self.folder().join("helm"));
        }
        Ok(command)
    }

    /// Where the API server records who did what: one JSON object in each line, with request and response for the
    /// kinds of team-operator.io. `None` on an existing cluster.
    pub fn audit_log(&self) -> Option<PathBuf> {
        self.own("").ok().map(OwnCluster::audit_log)
    }

    /// The folder with the servers' logs: `etcd.log`, `kube-apiserver.log`, `kube-controller-manager.log`. `None` on
    /// an existing cluster.
    pub fn log_folder(&self) -> Option<&Path> {
        self.own("").ok().map(OwnCluster::log_folder)
    }

    /// The version of the servers as the programs' source says; `None` on an existing cluster.
    pub fn kubernetes_version(&self) -> Option<KubernetesVersion> {
        self.own("").ok().map(|cluster| cluster.binaries.kubernetes())
    }

    /// Starts the controller manager unless it runs, and waits until its controllers work. An existing cluster has
    /// its own, so nothing happens there.
    ///
    /// # Errors
    /// As [`ControlPlane::start`].
    pub async fn start_controller_manager(&self) -> Result<(), Error> {
        self.on_own_cluster(OwnCluster::start_controller_manager)
            .await
            .or_else(|error| match error {
                Error::NotOurCluster { .. } => Ok(()),
                other => Err(other),
            })
    }

    /// Ends the API server at once, as a crash would. The store and everything in it stay.
    ///
    /// # Errors
    /// `Error::NotOurCluster` on an existing cluster.
    pub fn stop_api_server(&self) -> Result<(), Error> {
        self.own("stop the API server")?.stop_api_server();
        Ok(())
    }

    /// Ends the API server if it runs, starts it again with the same address, store and credentials, and waits until
    /// it is ready.
    ///
    /// # Errors
    /// `Error::NotOurCluster` on an existing cluster; else as [`ControlPlane::start`].
    pub async fn restart_api_server(&self) -> Result<(), Error> {
        self.on_own_cluster(OwnCluster::restart_api_server).await
    }

    /// Runs another program beside the servers; like them it ends however this process ends.
    pub fn supervise(&self, program: Program) -> Result<Supervised, Error> {
        self.own("supervise a program")?.supervise(program)
    }

    /// The process ids of all servers and of their supervisors; none on an existing cluster.
    pub fn process_ids(&self) -> Vec<u32> {
        self.own("").map(OwnCluster::pids).unwrap_or_default()
    }

    fn own(&self, operation: &'static str) -> Result<&OwnCluster, Error> {
        match &*self.cluster {
            Cluster::Own(cluster) => Ok(cluster),
            Cluster::Existing(_) => Err(not_ours(operation)),
        }
    }

    async fn on_own_cluster(
        &self,
        work: impl FnOnce(&OwnCluster) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let control_plane = self.clone();
        on_own_thread(move || work(control_plane.own("start or stop servers")?)).await
    }

    fn binaries(&self) -> &Binaries {
        match &*self.cluster {
            Cluster::Own(cluster) => &cluster.binaries,
            Cluster::Existing(cluster) => &cluster.binaries,
        }
    }

    fn folder(&self) -> &RunFolder {
        match &*self.cluster {
            Cluster::Own(cluster) => &cluster.folder,
            Cluster::Existing(cluster) => &cluster.folder,
        }
    }

    fn anonymous_config(&self) -> Result<Config, Error> {
        match &*self.cluster {
            Cluster::Own(cluster) => cluster.config(),
            Cluster::Existing(cluster) => Ok(cluster.config()),
        }
    }

    fn auth_info(&self, person: &str) -> Result<AuthInfo, Error> {
        match &*self.cluster {
            Cluster::Own(cluster) => cluster.auth_info(person),
            Cluster::Existing(cluster) => cluster.auth_info(person),
        }
    }

    /// Filed under its content, so that the same person's file is written twice and nobody else's.
    fn write_kubeconfig(&self, content: &Value) -> Result<PathBuf, Error> {
        let text = content.to_string();
        self.folder()
            .write(&format!("{}.kubeconfig", hex(&Sha256::digest(&text))), text)
    }
}

/// Builds programs, or finds them where they are, without starting anything. Blocks; reports on standard error.
///
/// # Errors
/// As [`ControlPlane::start`].
pub fn build(tools: &[Tool]) -> Result<Vec<PathBuf>, Error> {
    let binaries = Binaries::find(Settings::from_environment()?)?;
    tools.iter().map(|tool| binaries.path(*tool)).collect()
}
