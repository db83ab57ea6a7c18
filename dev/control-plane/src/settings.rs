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

/// Says whether programs are fetched or built: `fetch`, `build`, or both in this order where it is left out.
pub const SOURCE_VARIABLE: &str = "TEAM_OPERATOR_CONTROL_PLANE";
/// Names another place with the same archives.
pub const MIRROR_VARIABLE: &str = "TEAM_OPERATOR_CONTROL_PLANE_MIRROR";
/// Where upstream publishes them.
const UPSTREAM: &str = "https://github.com/kubernetes-sigs/controller-tools/releases/download";

/// Where programs come from that are not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What is published is fetched; the rest, or what cannot be fetched, is built.
    FetchElseBuild,
    /// What is published is fetched and never built.
    Fetch,
    /// Nothing is fetched.
    Build,
}

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
    /// Where what is not there yet comes from.
    pub(crate) source: Source,
    /// The address below which archives are fetched.
    pub(crate) mirror: String,
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
        let source = match set(SOURCE_VARIABLE) {
            None => Source::FetchElseBuild,
            Some(word) if word == "fetch" => Source::Fetch,
            Some(word) if word == "build" => Source::Build,
            Some(word) => return Err(Error::UnknownSource(word.to_string_lossy().into_owned())),
        };
        let mirror = set(MIRROR_VARIABLE).map(|url| url.to_string_lossy().into_owned());
        Ok(Settings {
            kubeconfig: path(KUBECONFIG_VARIABLE),
            assets: path(ASSETS_VARIABLE),
            cache: root.join("control-plane"),
            asked_version,
            source,
            mirror: mirror.unwrap_or_else(|| UPSTREAM.to_owned()),
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
    fn where_programs_come_from_is_one_of_two_words_or_both() {
        let source =
            |word: &str| read(&[("HOME", "/h"), (SOURCE_VARIABLE, word)]).map(|settings| settings.source);
        assert_eq!(source("").unwrap(), Source::FetchElseBuild);
        assert_eq!(source("fetch").unwrap(), Source::Fetch);
        assert_eq!(source("build").unwrap(), Source::Build);
        let message = source("download").unwrap_err().to_string();
        assert!(
            message.contains("\"download\": set it to build or fetch"),
            "{message}"
        );
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
