//! Which version of what: read from the Go modules, so that a version is written in one place.

use std::fmt;

use crate::Error;

/// Other versions than the pinned one that are known to resolve and build from the Go module proxy, which
/// does not carry every patch release.
const OLDER: [KubernetesVersion; 3] = [
    KubernetesVersion { minor: 33, patch: 13 },
    KubernetesVersion { minor: 34, patch: 4 },
    KubernetesVersion { minor: 35, patch: 4 },
];

/// A released version of Kubernetes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesVersion {
    /// The number after `1.`.
    pub minor: u32,
    /// The number after that.
    pub patch: u32,
}

impl KubernetesVersion {
    /// Reads `1.36.3` or `v1.36.3`.
    pub fn parse(text: &str) -> Option<KubernetesVersion> {
        let mut numbers = text.strip_prefix('v').unwrap_or(text).split('.');
        if numbers.next() != Some("1") {
            return None;
        }
        let minor = numbers.next()?.parse().ok()?;
        let patch = numbers.next()?.parse().ok()?;
        numbers
            .next()
            .is_none()
            .then_some(KubernetesVersion { minor, patch })
    }

    /// The version pinned by the Go module.
    pub fn pinned() -> KubernetesVersion {
        let version = required_version(include_str!("../go/kubernetes/go.mod"), "k8s.io/kubernetes");
        KubernetesVersion::parse(version).unwrap_or(OLDER[OLDER.len() - 1])
    }

    /// Every version that can be asked for, the oldest first.
    pub fn supported() -> Vec<KubernetesVersion> {
        OLDER.into_iter().chain([KubernetesVersion::pinned()]).collect()
    }

    /// Reads a version and checks that it is supported.
    ///
    /// # Errors
    /// `Error::UnsupportedVersion` names the supported ones.
    pub fn ask(text: &str) -> Result<KubernetesVersion, Error> {
        let supported = KubernetesVersion::supported();
        KubernetesVersion::parse(text)
            .filter(|version| supported.contains(version))
            .ok_or_else(|| {
                let names: Vec<String> = supported.iter().map(ToString::to_string).collect();
                Error::UnsupportedVersion {
                    asked: text.to_owned(),
                    supported: names.join(", "),
                }
            })
    }

    /// The version of the staging modules (`k8s.io/api` and its siblings) that belongs to this one.
    pub fn staging(self) -> String {
        format!("v0.{}.{}", self.minor, self.patch)
    }

    /// `MutatingAdmissionPolicy` is served as `v1` and on by default from here on.
    pub fn has_mutating_admission(self) -> bool {
        self.minor >= 36
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v1.{}.{}", self.minor, self.patch)
    }
}

/// The version a go.mod requires of a module, in either form of the `require` directive; empty if it does not.
pub(crate) fn required_version<'a>(go_mod: &'a str, module: &str) -> &'a str {
    go_mod
        .lines()
        .map(|line| line.trim().strip_prefix("require ").unwrap_or(line.trim()))
        .find_map(|line| line.strip_prefix(module)?.strip_prefix(' '))
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or_default()
}

/// The go.mod for another version of Kubernetes, before `go mod tidy` has completed it.
///
/// The indirect requirements are left out: they belong to the pinned version, and Go would never choose an
/// older one than is written down.
pub(crate) fn derive_go_mod(pinned_go_mod: &str, version: KubernetesVersion) -> String {
    let pinned = KubernetesVersion::pinned();
    let (now, staging_now) = (pinned.to_string(), pinned.staging());
    pinned_go_mod
        .lines()
        .filter(|line| !line.trim_end().ends_with("// indirect"))
        .map(|line| {
            line.replace(&now, &version.to_string())
                .replace(&staging_now, &version.staging())
                + "\n"
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINNED_GO_MOD: &str = include_str!("../go/kubernetes/go.mod");

    #[test]
    fn a_version_is_read_with_and_without_its_v() {
        let expected = KubernetesVersion { minor: 35, patch: 4 };
        assert_eq!(KubernetesVersion::parse("1.35.4"), Some(expected));
        assert_eq!(KubernetesVersion::parse("v1.35.4"), Some(expected));
        for wrong in ["", "1.35", "2.35.4", "1.35.4.1", "1.35.x", "v1.35.4-rc.0"] {
            assert_eq!(KubernetesVersion::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_pinned_version_comes_from_the_go_module() {
        let line = format!("k8s.io/kubernetes {}", KubernetesVersion::pinned());
        assert!(PINNED_GO_MOD.contains(&line), "{line}");
    }

    #[test]
    fn an_unsupported_version_is_refused_with_the_supported_ones() {
        let message = KubernetesVersion::ask("1.20.0").unwrap_err().to_string();
        assert!(message.contains("1.20.0") && message.contains("v1.33.13") && message.contains("v1.36.3"));
    }

    #[test]
    fn the_derived_module_asks_for_one_version_everywhere() {
        let derived = derive_go_mod(PINNED_GO_MOD, KubernetesVersion { minor: 35, patch: 4 });
        assert!(derived.contains("k8s.io/kubernetes v1.35.4"), "{derived}");
        assert!(derived.contains("k8s.io/api => k8s.io/api v0.35.4"), "{derived}");
        for gone in ["36.3", "// indirect"] {
            assert!(!derived.contains(gone), "{derived}");
        }
    }

    #[test]
    fn a_required_version_is_found_in_both_forms() {
        assert_eq!(required_version("require a.b/c v1.2.3\n", "a.b/c"), "v1.2.3");
        assert_eq!(
            required_version("require (\n\ta.b/c v1.2.3 // indirect\n)\n", "a.b/c"),
            "v1.2.3"
        );
        assert_eq!(required_version("require a.b/cd v1.2.3\n", "a.b/c"), "");
    }
}
