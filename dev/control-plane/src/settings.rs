//! What the environment says, read once for each start.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::Error;
use crate::versions::KubernetesVersion;

/// Names a kubeconfig: tests run on that cluster instead of one of our own.
pub const KUBECONFIG_VARIABLE: &str = "TEAM_OPERATOR_TEST_KUBECONFIG";
/// Names a folder with kube-apiserver, etcd and kubectl, as the tools around controller-runtime do.
pub const ASSETS_VARIABLE: &str = "KUBEBUILDER_ASSETS";
/// Names the folder under which the programs we built are kept.
pub const CACHE_VARIABLE: &str = "TEAM_OPERATOR_CACHE";
/// Names another Kubernetes version than the pinned one.
pub const VERSION_VARIABLE: &str = "TEAM_OPERATOR_KUBERNETES_VERSION";

/// What the environment says about where programs come from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// A cluster that exists already.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// A folder of ready-made programs.
    pub(crate) assets: Option<PathBuf>,
    /// Where programs built by us are kept.
    pub(crate) cache: PathBuf,
    /// The version somebody asked for, if they did.
    pub(crate) asked_version: Option<KubernetesVersion>,
    /// The Go command.
    pub(crate) go: PathBuf,
}

impl Settings {
    /// Reads the environment of this process.
    pub(crate) fn from_environment() -> Result<Settings, Error> {
        Settings::from_variables(|name| std::env::var_os(name))
    }

    /// Reads variables; an empty one counts as not set, as shells make it easy to leave one empty.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Settings, Error> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path = |name: &str| set(name).map(PathBuf::from);
        let root = path(CACHE_VARIABLE)
            .or_else(|| path("XDG_CACHE_HOME").map(|folder| folder.join("team-operator")))
            .or_else(|| path("HOME").map(|folder| folder.join(".cache").join("team-operator")))
            .ok_or(Error::NoCacheFolder)?;
        let asked_version = set(VERSION_VARIABLE)
            .map(|text| KubernetesVersion::ask(&text.to_string_lossy()))
            .transpose()?;
        Ok(Settings {
            kubeconfig: path(KUBECONFIG_VARIABLE),
            assets: path(ASSETS_VARIABLE),
            cache: root.join("control-plane"),
            asked_version,
            go: PathBuf::from("go"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Error> {
        Settings::from_variables(|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_cache_is_ours_then_the_users_then_below_home() {
        let cache = |variables: &[(&str, &str)]| read(variables).unwrap().cache;
        let (home, user, ours) = (("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), (CACHE_VARIABLE, "/c"));
        assert_eq!(
            cache(&[home]),
            PathBuf::from("/h/.cache/team-operator/control-plane")
        );
        assert_eq!(
            cache(&[home, user]),
            PathBuf::from("/x/team-operator/control-plane")
        );
        assert_eq!(cache(&[home, user, ours]), PathBuf::from("/c/control-plane"));
        assert!(matches!(read(&[]), Err(Error::NoCacheFolder)));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let settings = read(&[("HOME", "/h"), (KUBECONFIG_VARIABLE, ""), (ASSETS_VARIABLE, "")]).unwrap();
        assert_eq!((settings.kubeconfig, settings.assets), (None, None));
    }

    #[test]
    fn a_version_is_read_and_a_wrong_one_refused() {
        let settings = read(&[("HOME", "/h"), (VERSION_VARIABLE, "1.35.4")]).unwrap();
        assert_eq!(
            settings.asked_version,
            Some(KubernetesVersion { minor: 35, patch: 4 })
        );
        assert!(read(&[("HOME", "/h"), (VERSION_VARIABLE, "newest")]).is_err());
    }
}
