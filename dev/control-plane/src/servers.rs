//! How each server is started: its arguments, and when it counts as ready.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::process::{Launch, Server, Supervisor};
use crate::run_folder::RunFolder;
use crate::versions::KubernetesVersion;
use crate::{Error, MutatingAdmission};

/// A server that is not ready by then never will be: ten times what a busy machine needs.
pub(crate) const READY_WITHIN: Duration = Duration::from_mins(1);
/// How often readiness is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Ports are taken from below those that Linux and macOS give to outgoing connections: a client that keeps
/// trying a stopped API server would otherwise sooner or later connect to itself and occupy the port.
const PORTS: std::ops::Range<u32> = 20_000..32_000;
/// Processes that start together begin their search this far apart. A prime, so that starts rarely coincide.
const PORTS_BETWEEN_PROCESSES: u32 = 37;

const AUDIT_POLICY: &str = include_str!("audit-policy.yaml");
/// The name of the store's socket in the run folder. A socket needs no port and lets nobody else in.
const ETCD_SOCKET: &str = "etcd.sock";

/// Starts the store and waits until it accepts connections.
pub(crate) fn start_etcd(
    supervisor: &Supervisor,
    program: &Path,
    folder: &RunFolder,
) -> Result<Server, Error> {
    let socket = folder.join(ETCD_SOCKET);
    let arguments = vec![
        flag("data-dir", folder.join("etcd")),
        flag("listen-client-urls", unix_url(&socket)),
        flag("listen-peer-urls", unix_url(&folder.join("etcd-peer.sock"))),
        // Has to be given and to look like an address; nobody uses it.
        flag("advertise-client-urls", "http://127.0.0.1:2379"),
        // Nothing here has to survive a power failure.
        "--unsafe-no-fsync".into(),
        // A single member elects itself at the end of the election timeout (milliseconds).
        flag("heartbeat-interval", "20"),
        flag("election-timeout", "200"),
    ];
    let launch = Launch {
        name: "etcd",
        program,
        arguments,
        environment: vec![],
        folder: folder.path(),
        log: folder.join("etcd.log"),
    };
    let mut server = Server::start(supervisor, launch)?;
    let start = Instant::now();
    while UnixStream::connect(&socket).is_err() {
        server.check()?;
        if start.elapsed() > READY_WITHIN {
            return Err(server.not_ready(READY_WITHIN.as_secs(), "its socket accepts no connection"));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(server)
}

/// What an API server is started with.
#[derive(Debug)]
pub(crate) struct ApiServer<'a> {
    pub(crate) program: &'a Path,
    pub(crate) folder: &'a RunFolder,
    pub(crate) port: u16,
    pub(crate) version: KubernetesVersion,
    pub(crate) mutating_admission: MutatingAdmission,
    pub(crate) more_arguments: &'a [String],
}

impl ApiServer<'_> {
    /// Starts the server; it is not ready yet.
    pub(crate) fn start(&self, supervisor: &Supervisor) -> Result<Server, Error> {
        let log = api_server_log(self.folder);
        // Whether the port was free is read from the log, so it must not speak of an earlier attempt.
        std::fs::write(&log, "").map_err(Error::file("write", &log))?;
        let launch = Launch {
            name: "kube-apiserver",
            program: self.program,
            arguments: self.arguments()?,
            environment: vec![],
            folder: self.folder.path(),
            log,
        };
        Server::start(supervisor, launch)
    }

    fn arguments(&self) -> Result<Vec<OsString>, Error> {
        let in_folder = |name: &str| self.folder.join(name);
        let audit_policy = self.folder.write("audit-policy.yaml", AUDIT_POLICY)?;
        let mut arguments = vec![
            flag("etcd-servers", unix_url(&in_folder(ETCD_SOCKET))),
            flag("bind-address", "127.0.0.1"),
            flag("secure-port", self.port.to_string()),
            // Nothing runs in this cluster that would look for the API server's endpoints, and a loopback
            // address is not allowed there.
            flag("advertise-address", "127.0.0.1"),
            flag("endpoint-reconciler-type", "none"),
            flag("cert-dir", in_folder("certificates")),
            flag("tls-cert-file", in_folder("server.crt")),
            flag("tls-private-key-file", in_folder("server.key")),
            flag("token-auth-file", in_folder("tokens.csv")),
            flag("authorization-mode", "RBAC"),
            flag("service-account-issuer", "https://kubernetes.default.svc"),
            flag(
                "service-account-signing-key-file",
                in_folder("service-accounts.key"),
            ),
            flag("service-account-key-file", in_folder("service-accounts.pub")),
            flag("service-cluster-ip-range", "10.0.0.0/24"),
            flag("audit-policy-file", audit_policy),
            flag("audit-log-path", audit_log(self.folder)),
            flag("allow-privileged", "true"),
            flag("profiling", "false"),
        ];
        arguments.extend(mutating_admission_arguments(
            self.version,
            self.mutating_admission,
        ));
        arguments.extend(self.more_arguments.iter().map(OsString::from));
        Ok(arguments)
    }
}

/// Where the API server writes who did what.
pub(crate) fn audit_log(folder: &RunFolder) -> PathBuf {
    folder.join("audit.log")
}

/// Where the API server writes its output.
pub(crate) fn api_server_log(folder: &RunFolder) -> PathBuf {
    folder.join("kube-apiserver.log")
}

/// What a version really does when asked for `wanted`.
pub(crate) fn effective_mutating_admission(
    version: KubernetesVersion,
    wanted: MutatingAdmission,
) -> MutatingAdmission {
    if version.has_mutating_admission() {
        wanted
    } else {
        MutatingAdmission::NotServed
    }
}

fn mutating_admission_arguments(version: KubernetesVersion, wanted: MutatingAdmission) -> Vec<OsString> {
    let plugin_off = flag("disable-admission-plugins", "MutatingAdmissionPolicy");
    let kinds_off = flag(
        "runtime-config",
        "admissionregistration.k8s.io/v1/mutatingadmissionpolicies=false,\
         admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings=false",
    );
    if !version.has_mutating_admission() {
        return vec![];
    }
    match wanted {
        MutatingAdmission::Stamping => vec![],
        MutatingAdmission::Inert => vec![plugin_off],
        // The plugin waits for the kinds, and until then refuses all writes.
        MutatingAdmission::NotServed => vec![plugin_off, kinds_off],
    }
}

/// Starts the controller manager with the controllers that tests need; it is not ready yet.
pub(crate) fn start_controller_manager(
    supervisor: &Supervisor,
    program: &Path,
    folder: &RunFolder,
    kubeconfig: &Path,
) -> Result<Server, Error> {
    let controllers = [
        "namespace-controller",
        "garbage-collector-controller",
        "serviceaccount-controller",
        "validatingadmissionpolicy-status-controller",
    ];
    let arguments = vec![
        flag("kubeconfig", kubeconfig),
        flag("authentication-kubeconfig", kubeconfig),
        flag("authorization-kubeconfig", kubeconfig),
        flag("controllers", controllers.join(",")),
        // Each controller speaks as its own service account, as in real clusters: policies tell the
        // namespace controller from others by its name.
        flag("use-service-account-credentials", "true"),
        flag("leader-elect", "false"),
        // Nobody asks for its health or metrics, so it needs no port.
        flag("secure-port", "0"),
    ];
    let launch = Launch {
        name: "kube-controller-manager",
        program,
        arguments,
        environment: vec![],
        folder: folder.path(),
        log: folder.join("kube-controller-manager.log"),
    };
    Server::start(supervisor, launch)
}

/// A port on loopback that was free a moment ago. Somebody may take it before the server does; then the server
/// ends and is started on another one.
pub(crate) fn free_port() -> Option<u16> {
    static OFFERED: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(PORTS_BETWEEN_PROCESSES);
    (PORTS.start..PORTS.end).find_map(|_| {
        // Never the same one twice in a row, so that starts side by side get different ones.
        let offer = OFFERED.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + first.wrapping_add(offer) % (PORTS.end - PORTS.start);
        u16::try_from(port).ok().filter(|port| is_free(*port))
    })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether a server ended because somebody else has its port.
pub(crate) fn port_was_taken(error: &Error) -> bool {
    matches!(error, Error::ServerEnded { log, .. } if log.contains("address already in use"))
}

fn flag(name: &str, value: impl Into<OsString>) -> OsString {
    let mut flag = OsString::from(format!("--{name}="));
    flag.push(value.into());
    flag
}

fn unix_url(socket: &Path) -> OsString {
    let mut url = OsString::from("unix://");
    url.push(socket);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_free() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(taken.local_addr().unwrap().port()));
    }

    #[test]
    fn ports_offered_side_by_side_differ_and_are_never_those_of_outgoing_connections() {
        let offered: Vec<u16> = (0..5).filter_map(|_| free_port()).collect();
        assert!(
            offered.iter().all(|port| PORTS.contains(&u32::from(*port))),
            "{offered:?}"
        );
        let different: std::collections::BTreeSet<&u16> = offered.iter().collect();
        assert_eq!(different.len(), 5, "{offered:?}");
    }

    #[test]
    fn a_clash_of_ports_is_recognised_in_the_log() {
        let ended = |log: &str| Error::ServerEnded {
            server: "kube-apiserver",
            status: "exit status: 1".to_owned(),
            log: log.to_owned(),
        };
        assert!(port_was_taken(&ended(
            "listen tcp 127.0.0.1:20001: bind: address already in use"
        )));
        assert!(!port_was_taken(&ended("unknown flag: --colour")));
    }

    #[test]
    fn before_it_is_stable_mutating_admission_is_not_served_whatever_is_asked() {
        let (old, new) = (
            KubernetesVersion { minor: 35, patch: 4 },
            KubernetesVersion::pinned(),
        );
        for wanted in [
            MutatingAdmission::Stamping,
            MutatingAdmission::Inert,
            MutatingAdmission::NotServed,
        ] {
            assert_eq!(
                effective_mutating_admission(old, wanted),
                MutatingAdmission::NotServed
            );
            assert!(mutating_admission_arguments(old, wanted).is_empty());
            assert_eq!(effective_mutating_admission(new, wanted), wanted);
        }
    }
}
