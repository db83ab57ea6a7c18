//! What can go wrong, as sentences that say what to do.

use std::path::{Path, PathBuf};

/// Why there is no control plane, or why it would not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is neither a Go toolchain nor a folder of ready-made programs.
    #[error(
        "there is no control plane to run: install Go 1.26 or newer (https://go.dev/dl) and it is built once, \
         or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl"
    )]
    NothingToRun,
    /// `KUBEBUILDER_ASSETS` is set, lacks this program, and there is no Go to build it.
    #[error(
        "{tool} is not in KUBEBUILDER_ASSETS ({folder}): put it there, or install Go 1.26 or newer \
         (https://go.dev/dl) so that it can be built"
    )]
    NotInAssets {
        /// The program asked for.
        tool: &'static str,
        /// The folder named by the variable.
        folder: PathBuf,
    },
    /// `KUBEBUILDER_ASSETS` is set to a folder that cannot start a control plane at all.
    #[error(
        "KUBEBUILDER_ASSETS is {folder}, but there is no {tool} in it: correct the variable, or unset it and \
         install Go so that the control plane is built"
    )]
    BrokenAssets {
        /// The program that has to be there.
        tool: &'static str,
        /// The folder named by the variable.
        folder: PathBuf,
    },
    /// `TEAM_OPERATOR_CONTROL_PLANE` is none of its words.
    #[error(
        "TEAM_OPERATOR_CONTROL_PLANE is {0:?}: set it to build or fetch, or leave it out to fetch and else build"
    )]
    UnknownSource(String),
    /// Only what is published is wanted, and it could not be had.
    #[error(
        "the published control plane could not be fetched: {0}; with TEAM_OPERATOR_CONTROL_PLANE=build, or without that variable, it is built"
    )]
    NotFetched(String),
    /// `TEAM_OPERATOR_KUBERNETES_VERSION` names a version we do not know how to build.
    #[error(
        "Kubernetes {asked} is not supported by TEAM_OPERATOR_KUBERNETES_VERSION: use one of {supported}"
    )]
    UnsupportedVersion {
        /// What the variable says.
        asked: String,
        /// The versions that can be asked for.
        supported: String,
    },
    /// The two variables contradict each other.
    #[error(
        "TEAM_OPERATOR_KUBERNETES_VERSION asks for {asked}, but kube-apiserver in KUBEBUILDER_ASSETS is \
         {found}: unset one of the two"
    )]
    AssetsOfAnotherVersion {
        /// What the version variable says.
        asked: String,
        /// What the program says about itself.
        found: String,
    },
    /// There is no place for the programs we build.
    #[error("there is no folder to keep the control plane in: set HOME, or TEAM_OPERATOR_CACHE to a folder")]
    NoCacheFolder,
    /// `go` could not build a program.
    #[error("building {tool} failed ({status}); the end of Go's output:\n{log}")]
    BuildFailed {
        /// The program that was being built.
        tool: String,
        /// How `go` ended.
        status: String,
        /// The last lines of its output.
        log: String,
    },
    /// A server ended although nobody asked it to.
    #[error("{server} ended while starting ({status}); the end of its log:\n{log}")]
    ServerEnded {
        /// The server.
        server: &'static str,
        /// How it ended.
        status: String,
        /// The last lines of its log.
        log: String,
    },
    /// A server runs, but did not become ready in time.
    #[error("{server} was not ready after {seconds} s: {waiting_for}; the end of its log:\n{log}")]
    NotReady {
        /// The server.
        server: &'static str,
        /// How long was waited.
        seconds: u64,
        /// The condition that did not come true, and what was seen last.
        waiting_for: String,
        /// The last lines of its log.
        log: String,
    },
    /// The person was not declared in `Options::people`.
    #[error("{name} is not among the people of this control plane: add them to Options::people")]
    UnknownPerson {
        /// The name asked for.
        name: String,
    },
    /// A person cannot be written into the file of static tokens, or would be somebody else.
    #[error("{name:?} cannot be a person of the control plane: {reason}")]
    UnusablePerson {
        /// The name given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// This cluster existed before us, so its servers are not ours to stop or start.
    #[error(
        "cannot {operation} on the cluster of TEAM_OPERATOR_TEST_KUBECONFIG: only a control plane of our own can do that"
    )]
    NotOurCluster {
        /// What was asked.
        operation: &'static str,
    },
    /// A file or folder did not do what it should.
    #[error("cannot {operation} {path}: {source}")]
    File {
        /// What was tried, as a verb.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A program could not be started at all.
    #[error("cannot run {program}: {source}")]
    Run {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Keys or certificates could not be made.
    #[error("cannot make the certificate of the API server: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The API server answered with an error, or not at all.
    #[error("the API server did not do what was asked: {0}")]
    Kube(#[from] kube::Error),
    /// The kubeconfig named by `TEAM_OPERATOR_TEST_KUBECONFIG` cannot be used.
    #[error("the kubeconfig of TEAM_OPERATOR_TEST_KUBECONFIG cannot be used: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// The API server's address is not one; a bug.
    #[error("the address of the API server cannot be used: {0}")]
    Address(#[from] http::uri::InvalidUri),
    /// The answer to a request for a service-account token has none in it.
    #[error("the API server answered the request for a service-account token without a token")]
    NoToken,
    /// Something of ours cannot be written as JSON or read back; a bug.
    #[error("cannot convert to or from JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The thread that does the work could not start or ended early; a bug, or a machine out of threads.
    #[error("the control plane's own thread could not do its work: {0}")]
    Thread(String),
}

impl Error {
    /// Names the file and the verb, for `map_err` on I/O results.
    pub(crate) fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File {
            operation,
            path,
            source,
        }
    }

    /// Names the program, for `map_err` on a spawn.
    pub(crate) fn run(program: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let program = program.to_owned();
        move |source| Error::Run { program, source }
    }
}
