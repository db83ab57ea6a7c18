//! A control plane of our own: its servers, their start and their end.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, PostParams};
use kube::config::AuthInfo;
use serde_json::{Value, json};

use crate::access::{allow_node_to_ask_for_tokens, client_of, with_timeouts};
use crate::binaries::Binaries;
use crate::credentials::{ADMIN, CONTROLLER_MANAGER, Credentials, NODE, everybody};
use crate::process::{Server, Supervisor};
use crate::run_folder::RunFolder;
use crate::servers::{self, ApiServer, LOOK_EVERY, READY_WITHIN};
use crate::supervised::{Program, Supervised};
use crate::tools::Tool;
use crate::{Error, MutatingAdmission, Options};

/// How many ports are tried before giving up: each is lost only to a race with another process.
const PORT_ATTEMPTS: usize = 10;
/// How long a restart waits for its own port, should somebody have taken it in the meantime.
const SAME_PORT_WITHIN: Duration = Duration::from_secs(10);

/// Servers, keys and folder of one control plane. Dropping it ends the servers and removes the folder.
#[derive(Debug)]
pub(crate) struct OwnCluster {
    pub(crate) binaries: Binaries,
    pub(crate) credentials: Credentials,
    /// The names that have a static token.
    names: Vec<String>,
    options: Options,
    supervisor: Supervisor,
    api_server_program: PathBuf,
    port: u16,
    pub(crate) url: String,
    api_server: Mutex<Option<Server>>,
    controller_manager: Mutex<Option<Server>>,
    etcd: Mutex<Option<Server>>,
    // Last, so that it goes after the servers that write into it.
    pub(crate) folder: RunFolder,
}

impl OwnCluster {
    /// Starts a control plane and waits until it is ready. Blocks; builds programs first if need be.
    pub(crate) fn start(options: Options, binaries: Binaries) -> Result<OwnCluster, Error> {
        let people = everybody(&options.people)?;
        let supervisor = binaries.supervisor()?;
        let etcd_program = binaries.path(Tool::Etcd)?;
        let api_server_program = binaries.path(Tool::KubeApiServer)?;
        let folder = RunFolder::create()?;
        let credentials = Credentials::generate()?;
        folder.write("authority.crt", &credentials.authority_pem)?;
        folder.write("server.crt", &credentials.server_certificate_pem)?;
        folder.write("server.key", &credentials.server_key_pem)?;
        folder.write("service-accounts.key", &credentials.signing_key_pem)?;
        folder.write("service-accounts.pub", &credentials.checking_key_pem)?;
        folder.write("tokens.csv", credentials.token_file(&people))?;
        let etcd = servers::start_etcd(&supervisor, &etcd_program, &folder)?;
        let mut cluster = OwnCluster {
            binaries,
            credentials,
            names: people.into_iter().map(|person| person.name).collect(),
            options,
            supervisor,
            api_server_program,
            port: 0,
            url: String::new(),
            api_server: Mutex::new(None),
            controller_manager: Mutex::new(None),
            etcd: Mutex::new(Some(etcd)),
            folder,
        };
        cluster.start_api_server_on_a_free_port()?;
        if cluster.options.controller_manager {
            cluster.start_controller_manager()?;
        }
        Ok(cluster)
    }

    fn start_api_server_on_a_free_port(&mut self) -> Result<(), Error> {
        let mut attempt = 0;
        let server = loop {
            attempt += 1;
            // Without any free port the operating system's own message is the best there is.
            self.port = servers::free_port().unwrap_or(self.port);
            self.url = format!("https://127.0.0.1:{}", self.port);
            match self.run_api_server() {
                Err(error) if servers::port_was_taken(&error) && attempt < PORT_ATTEMPTS => {}
                result => break result?,
            }
        };
        *locked(&self.api_server) = Some(server);
        Ok(())
    }

    /// Ends the API server; the store keeps everything. Does nothing if it is not running.
    pub(crate) fn stop_api_server(&self) {
        *locked(&self.api_server) = None;
    }

    /// Ends the API server if it runs, and starts it again on the same port and store. Blocks until it is ready.
    pub(crate) fn restart_api_server(&self) -> Result<(), Error> {
        let mut place = locked(&self.api_server);
        *place = None;
        let start = Instant::now();
        *place = loop {
            match self.run_api_server() {
                Err(error) if servers::port_was_taken(&error) && start.elapsed() < SAME_PORT_WITHIN => {}
                result => break Some(result?),
            }
        };
        Ok(())
    }

    /// Starts the controller manager unless it runs. Blocks until its controllers work.
    pub(crate) fn start_controller_manager(&self) -> Result<(), Error> {
        let mut place = locked(&self.controller_manager);
        if place.as_mut().is_some_and(|server| server.ended().is_none()) {
            return Ok(());
        }
        let program = self.binaries.path(Tool::KubeControllerManager)?;
        let kubeconfig = self.kubeconfig(CONTROLLER_MANAGER)?.to_string();
        let kubeconfig = self
            .folder
            .write("kube-controller-manager.kubeconfig", kubeconfig)?;
        let mut server =
            servers::start_controller_manager(&self.supervisor, &program, &self.folder, &kubeconfig)?;
        self.block_on(&mut server, async |admin| {
            // The service-account controller has made the first account, and the namespace controller its own.
            for (namespace, name) in [("default", "default"), ("kube-system", "namespace-controller")] {
                Api::<ServiceAccount>::namespaced(admin.clone(), namespace)
                    .get(name)
                    .await
                    .map_err(text)?;
            }
            Ok(())
        })?;
        *place = Some(server);
        Ok(())
    }

    /// Runs another program under the same supervision.
    pub(crate) fn supervise(&self, program: Program) -> Result<Supervised, Error> {
        Supervised::start(&self.supervisor, program)
    }

    /// The process ids of all servers and their supervisors.
    pub(crate) fn pids(&self) -> Vec<u32> {
        [&self.api_server, &self.controller_manager, &self.etcd]
            .into_iter()
            .flat_map(|server| locked(server).as_ref().map(Server::pids).unwrap_or_default())
            .collect()
    }

    /// What this version of the API server does about mutating policies, given what was asked for.
    pub(crate) fn mutating_admission(&self) -> MutatingAdmission {
        servers::effective_mutating_admission(self.binaries.kubernetes(), self.options.mutating_admission)
    }

    /// The client's credentials of a person, for kube.
    pub(crate) fn auth_info(&self, name: &str) -> Result<AuthInfo, Error> {
        let token = self.token(name)?;
        Ok(AuthInfo {
            token: Some(token.into()),
            ..AuthInfo::default()
        })
    }

    /// A client configuration without credentials.
    pub(crate) fn config(&self) -> Result<kube::Config, Error> {
        let url = self.url.parse::<http::Uri>()?;
        let mut config = kube::Config::new(url);
        config.root_cert = Some(vec![self.credentials.authority_der.clone()]);
        Ok(with_timeouts(config))
    }

    /// A kubeconfig for a person.
    pub(crate) fn kubeconfig(&self, name: &str) -> Result<Value, Error> {
        let user = json!({"token": self.token(name)?});
        Ok(crate::kubeconfig::kubeconfig(&self.kubeconfig_cluster(), &user))
    }

    /// The cluster as a kubeconfig names it.
    pub(crate) fn kubeconfig_cluster(&self) -> Value {
        json!({"server": self.url, "certificate-authority": self.folder.join("authority.crt")})
    }

    /// Where the API server writes who did what.
    pub(crate) fn audit_log(&self) -> PathBuf {
        servers::audit_log(&self.folder)
    }

    /// The folder of the servers' logs.
    pub(crate) fn log_folder(&self) -> &Path {
        self.folder.path()
    }

    fn token(&self, name: &str) -> Result<String, Error> {
        if self.names.iter().any(|known| known == name) {
            Ok(self.credentials.token(name))
        } else {
            Err(Error::UnknownPerson {
                name: name.to_owned(),
            })
        }
    }

    /// Starts an API server on our port and waits until it is ready for a test.
    fn run_api_server(&self) -> Result<Server, Error> {
        let api_server = ApiServer {
            program: &self.api_server_program,
            folder: &self.folder,
            port: self.port,
            version: self.binaries.kubernetes(),
            mutating_admission: self.options.mutating_admission,
            more_arguments: &self.options.api_server_arguments,
        };
        let mut server = api_server.start(&self.supervisor)?;
        self.block_on(&mut server, async |admin| {
            let ready = http::Request::get("/readyz").body(Vec::new()).map_err(text)?;
            admin.request_text(ready).await.map_err(text)?;
            // Made in the background, after the server calls itself ready.
            Api::<Namespace>::all(admin.clone())
                .get("default")
                .await
                .map_err(text)?;
            allow_node_to_ask_for_tokens(&admin).await.map_err(text)?;
            self.node_may_ask_for_tokens().await
        })?;
        Ok(server)
    }

    /// Whether the authorizer has seen the role already; a token asked for earlier would be refused.
    async fn node_may_ask_for_tokens(&self) -> Result<(), String> {
        let node =
            client_of(self.config().map_err(text)?, self.auth_info(NODE).map_err(text)?).map_err(text)?;
        let attributes = ResourceAttributes {
            verb: Some("create".to_owned()),
            resource: Some("serviceaccounts".to_owned()),
            subresource: Some("token".to_owned()),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            ..Default::default()
        };
        let review = SelfSubjectAccessReview {
            spec,
            ..Default::default()
        };
        let answer = Api::all(node)
            .create(&PostParams::default(), &review)
            .await
            .map_err(text)?;
        let allowed = answer.status.is_some_and(|status| status.allowed);
        if allowed {
            Ok(())
        } else {
            Err("the role of the token-asking node is not in force".to_owned())
        }
    }

    /// Repeats `check` with an administrator's client until it succeeds, on a runtime of its own: servers outlive
    /// the runtime of the test that happened to start them.
    fn block_on(
        &self,
        server: &mut Server,
        mut check: impl AsyncFnMut(kube::Client) -> Result<(), String>,
    ) -> Result<(), Error> {
        let runtime = crate::thread::runtime()?;
        let start = Instant::now();
        runtime.block_on(async {
            let mut config = self.config()?;
            // A refusal of the server that is starting is an answer to us, not something to hide.
            config.default_retry = false;
            let admin = client_of(config, self.auth_info(ADMIN)?)?;
            loop {
                let Err(seen) = check(admin.clone()).await else {
                    return Ok(());
                };
                server.check()?;
                if start.elapsed() > READY_WITHIN {
                    return Err(server.not_ready(READY_WITHIN.as_secs(), seen));
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        })
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        // All at once, then one after the other: the time of the slowest instead of the sum.
        let mut servers =
            [&self.controller_manager, &self.api_server, &self.etcd].map(|place| locked(place).take());
        servers.iter_mut().flatten().for_each(Server::begin_stop);
        servers.iter_mut().flatten().for_each(Server::stop);
    }
}

/// A server whose starter panicked is still a server.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
