//! The programs a control plane consists of, and the Go modules they are built from.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::versions::{KubernetesVersion, derive_go_mod, required_version};

/// Raised when the way of building changes what comes out, so that older programs are not taken for newer ones.
const RECIPE: &str = "1";

/// Hexadecimal digits of the content hash in a folder's name: 48 bits tell apart all that one cache will see.
const HASH_DIGITS: usize = 12;

/// A program of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// Ends servers whose parent is gone.
    Supervisor,
    /// The store.
    Etcd,
    /// The API server.
    KubeApiServer,
    /// Namespace deletion, garbage collection, service accounts, type checking of policies.
    KubeControllerManager,
    /// The command line people use.
    Kubectl,
    /// The package manager the chart is written for.
    Helm,
}

impl Tool {
    /// Every program, in the order in which they are built.
    pub const ALL: [Tool; 6] = [
        Tool::Supervisor,
        Tool::Etcd,
        Tool::KubeApiServer,
        Tool::Kubectl,
        Tool::KubeControllerManager,
        Tool::Helm,
    ];

    /// The file name, which is also how people call it.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Supervisor => "supervisor",
            Tool::Etcd => "etcd",
            Tool::KubeApiServer => "kube-apiserver",
            Tool::KubeControllerManager => "kube-controller-manager",
            Tool::Kubectl => "kubectl",
            Tool::Helm => "helm",
        }
    }

    /// The Go package with the program's main function.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Tool::Supervisor => ".",
            Tool::Etcd => "go.etcd.io/etcd/server/v3",
            Tool::KubeApiServer => "k8s.io/kubernetes/cmd/kube-apiserver",
            Tool::KubeControllerManager => "k8s.io/kubernetes/cmd/kube-controller-manager",
            Tool::Kubectl => "k8s.io/kubernetes/cmd/kubectl",
            Tool::Helm => "helm.sh/helm/v4/cmd/helm",
        }
    }
}

/// The files of a Go module and the version that matters about it.
#[derive(Clone, Debug)]
pub(crate) struct GoModule {
    name: &'static str,
    /// Empty for our own supervisor, whose content hash says it all.
    version: String,
    files: Vec<(&'static str, String)>,
    /// Another Kubernetes version than the committed one: go.sum is to be completed by `go mod tidy`.
    pub(crate) needs_tidy: bool,
    /// Linker flags that write the version into the programs.
    linker_flags: String,
}

impl GoModule {
    /// The module that builds `tool`; `kubernetes` matters for the programs of Kubernetes only.
    pub(crate) fn of(tool: Tool, kubernetes: KubernetesVersion) -> GoModule {
        match tool {
            Tool::Supervisor => GoModule::supervisor(),
            Tool::Etcd => GoModule::etcd(),
            Tool::Helm => GoModule::helm(),
            Tool::KubeApiServer | Tool::KubeControllerManager | Tool::Kubectl => {
                GoModule::kubernetes(kubernetes)
            }
        }
    }

    fn supervisor() -> GoModule {
        let files = vec![
            ("go.mod", include_str!("../go/supervisor/go.mod").to_owned()),
            ("main.go", include_str!("../go/supervisor/main.go").to_owned()),
            (
                "attributes_linux.go",
                include_str!("../go/supervisor/attributes_linux.go").to_owned(),
            ),
            (
                "attributes_other.go",
                include_str!("../go/supervisor/attributes_other.go").to_owned(),
            ),
        ];
        GoModule {
            name: "supervisor",
            version: String::new(),
            files,
            needs_tidy: false,
            linker_flags: String::new(),
        }
    }

    fn etcd() -> GoModule {
        let go_mod = include_str!("../go/etcd/go.mod");
        let files = vec![
            ("go.mod", go_mod.to_owned()),
            ("go.sum", include_str!("../go/etcd/go.sum").to_owned()),
            ("tools.go", include_str!("../go/etcd/tools.go").to_owned()),
        ];
        let version = required_version(go_mod, "go.etcd.io/etcd/server/v3").to_owned();
        GoModule {
            name: "etcd",
            version,
            files,
            needs_tidy: false,
            linker_flags: String::new(),
        }
    }

    fn helm() -> GoModule {
        let go_mod = include_str!("../go/helm/go.mod");
        let files = vec![
            ("go.mod", go_mod.to_owned()),
            ("go.sum", include_str!("../go/helm/go.sum").to_owned()),
            ("tools.go", include_str!("../go/helm/tools.go").to_owned()),
        ];
        let version = required_version(go_mod, "helm.sh/helm/v4").to_owned();
        let linker_flags = format!(" -X helm.sh/helm/v4/internal/version.version={version}");
        GoModule {
            name: "helm",
            version,
            files,
            needs_tidy: false,
            linker_flags,
        }
    }

    fn kubernetes(version: KubernetesVersion) -> GoModule {
        let go_mod = include_str!("../go/kubernetes/go.mod");
        let mut files = vec![("tools.go", include_str!("../go/kubernetes/tools.go").to_owned())];
        let needs_tidy = version != KubernetesVersion::pinned();
        if needs_tidy {
            files.push(("go.mod", derive_go_mod(go_mod, version)));
        } else {
            files.push(("go.mod", go_mod.to_owned()));
            files.push(("go.sum", include_str!("../go/kubernetes/go.sum").to_owned()));
        }
        // Without these the programs call themselves v0.0.0-master, and Helm believes them.
        let linker_flags = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
            .map(|package| {
                format!(
                    " -X {package}.gitVersion={version} -X {package}.gitMajor=1 -X {package}.gitMinor={} \
                     -X {package}.gitTreeState=clean",
                    version.minor
                )
            })
            .concat();
        GoModule {
            name: "kubernetes",
            version: version.to_string(),
            files,
            needs_tidy,
            linker_flags,
        }
    }

    /// What the linker is told: no symbols and no debug information (a third of the size), and the version.
    pub(crate) fn linker_flags(&self) -> String {
        format!("-s -w{}", self.linker_flags)
    }

    /// The files to write before building, as names and contents.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.files.iter().map(|(name, content)| (*name, content.as_str()))
    }

    /// The version for people, such as `v1.36.3`; empty for our own program.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// A folder name that changes whenever the programs would: name, version, and a hash of all sources, the way
    /// of building and the machine's kind.
    pub(crate) fn key(&self) -> String {
        let mut hash = Sha256::new();
        let platform = [std::env::consts::OS, std::env::consts::ARCH];
        for part in [RECIPE, &self.linker_flags()].into_iter().chain(platform) {
            hash.update(part);
            hash.update([0]);
        }
        for (name, content) in self.files() {
            hash.update(name);
            hash.update([0]);
            hash.update(content);
            hash.update([0]);
        }
        let mut digits = hex(&hash.finalize());
        digits.truncate(HASH_DIGITS);
        let parts = [self.name, self.version(), &digits];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }
}

/// Where a program built by us lies below the cache folder.
pub(crate) fn cached_path(cache: &Path, tool: Tool, kubernetes: KubernetesVersion) -> PathBuf {
    cache.join(GoModule::of(tool, kubernetes).key()).join(tool.name())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_names_the_version_and_is_stable() {
        let key = GoModule::of(Tool::Etcd, KubernetesVersion::pinned()).key();
        assert!(key.starts_with("etcd-v3.6."), "{key}");
        assert_eq!(key, GoModule::of(Tool::Etcd, KubernetesVersion::pinned()).key());
    }

    #[test]
    fn programs_of_one_module_share_a_folder() {
        let version = KubernetesVersion::pinned();
        let keys = [Tool::KubeApiServer, Tool::Kubectl, Tool::KubeControllerManager];
        let first = GoModule::of(Tool::KubeApiServer, version).key();
        assert!(
            keys.iter()
                .all(|tool| GoModule::of(*tool, version).key() == first)
        );
    }

    #[test]
    fn another_kubernetes_version_changes_the_key_of_kubernetes_only() {
        let (one, other) = (
            KubernetesVersion::pinned(),
            KubernetesVersion { minor: 35, patch: 4 },
        );
        assert_ne!(
            GoModule::of(Tool::Kubectl, one).key(),
            GoModule::of(Tool::Kubectl, other).key()
        );
        assert_eq!(
            GoModule::of(Tool::Helm, one).key(),
            GoModule::of(Tool::Helm, other).key()
        );
    }

    #[test]
    fn a_changed_source_changes_the_key() {
        let mut module = GoModule::of(Tool::Supervisor, KubernetesVersion::pinned());
        let before = module.key();
        module.files[1].1.push_str("// one more line\n");
        assert_ne!(before, module.key());
    }
}
