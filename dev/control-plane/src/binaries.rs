//! Where each program comes from: a folder of ready-made ones, what was built before, or a build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use crate::Error;
use crate::builder::{Builder, say};
use crate::fetch::{Archive, Limits};
use crate::process::Supervisor;
use crate::settings::{Settings, Source};
use crate::tools::Tool;
use crate::versions::KubernetesVersion;

/// Finds programs, building what is missing when it is first asked for.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    settings: Settings,
    kubernetes: KubernetesVersion,
    /// What became of the one try to fetch what is published.
    fetched: Arc<OnceLock<Result<PathBuf, String>>>,
}

impl Binaries {
    /// Checks that the variables make sense together; builds nothing yet.
    pub(crate) fn find(settings: Settings) -> Result<Binaries, Error> {
        // On an existing cluster the version only chooses a kubectl, and no server of the folder will run.
        let assets = settings
            .assets
            .as_deref()
            .filter(|_| settings.kubeconfig.is_none());
        let found = assets.map(version_of_assets).transpose()?;
        let kubernetes = match (settings.asked_version, found) {
            (Some(asked), Some(found)) if asked != found => {
                let (asked, found) = (asked.to_string(), found.to_string());
                return Err(Error::AssetsOfAnotherVersion { asked, found });
            }
            (asked, found) => asked.or(found).unwrap_or_else(KubernetesVersion::pinned),
        };
        let fetched = Arc::default();
        Ok(Binaries {
            settings,
            kubernetes,
            fetched,
        })
    }

    /// The version of Kubernetes that will run.
    pub(crate) fn kubernetes(&self) -> KubernetesVersion {
        let archive = self.archive_of(Tool::KubeApiServer);
        let fetched = archive.filter(|archive| archive.folder(&self.settings.cache).is_dir());
        fetched.map_or(self.kubernetes, |archive| archive.version)
    }

    /// The path of a program, fetched or built first if need be, which can take minutes.
    pub(crate) fn path(&self, tool: Tool) -> Result<PathBuf, Error> {
        let Some(assets) = &self.settings.assets else {
            return match self.fetched(tool)? {
                Some(folder) => Ok(folder.join(tool.name())),
                None => self.builder().ensure(tool),
            };
        };
        let path = assets.join(tool.name());
        if path.is_file() {
            return Ok(path);
        }
        self.builder().ensure(tool).map_err(|error| match error {
            Error::NothingToRun => Error::NotInAssets {
                tool: tool.name(),
                folder: assets.clone(),
            },
            other => other,
        })
    }

    /// The folder with what is published, where this program comes from there.
    fn fetched(&self, tool: Tool) -> Result<Option<PathBuf>, Error> {
        let Some(archive) = self.archive_of(tool) else {
            return if self.settings.source == Source::Fetch && Archive::has(tool) {
                Err(Error::NotFetched(format!(
                    "no digest is known for {} on this platform",
                    self.kubernetes
                )))
            } else {
                Ok(None)
            };
        };
        let Settings {
            cache,
            mirror,
            source,
            ..
        } = &self.settings;
        let fetched = self.fetched.get_or_init(|| {
            let fetched = archive.fetch(mirror, cache, Limits::USUAL);
            if let (Err(why), Source::FetchElseBuild) = (&fetched, source) {
                say(&format!("{why}: the programs are built instead"));
            }
            fetched
        });
        match fetched {
            Ok(folder) => Ok(Some(folder.clone())),
            Err(why) if *source == Source::Fetch => Err(Error::NotFetched(why.clone())),
            Err(_) => Ok(None),
        }
    }

    /// The archive that this program comes from, where it does not come from a folder of ready-made programs or a build.
    fn archive_of(&self, tool: Tool) -> Option<Archive> {
        let Settings { assets, source, .. } = &self.settings;
        let is_built = || *source == Source::FetchElseBuild && self.builder().path(tool).is_file();
        if assets.is_some() || *source == Source::Build || !Archive::has(tool) || is_built() {
            return None;
        }
        Archive::for_this_machine(self.settings.asked_version)
    }

    /// The supervisor: the Go program where there is one or can be one, else the script.
    pub(crate) fn supervisor(&self) -> Result<Supervisor, Error> {
        match self.builder().ensure(Tool::Supervisor) {
            Ok(path) => Ok(Supervisor::Program(path)),
            Err(Error::NothingToRun) => Ok(Supervisor::Shell),
            Err(error) => Err(error),
        }
    }

    fn builder(&self) -> Builder<'_> {
        // A ready-made API server may have a version that we cannot build the other programs of.
        let buildable = KubernetesVersion::supported().contains(&self.kubernetes);
        let kubernetes = if buildable {
            self.kubernetes
        } else {
            KubernetesVersion::pinned()
        };
        Builder {
            cache: &self.settings.cache,
            go: &self.settings.go,
            kubernetes,
        }
    }
}

/// What the API server of a folder says about itself, such as `Kubernetes v1.36.3`.
fn version_of_assets(folder: &Path) -> Result<KubernetesVersion, Error> {
    for tool in [Tool::KubeApiServer, Tool::Etcd] {
        if !folder.join(tool.name()).is_file() {
            return Err(Error::BrokenAssets {
                tool: tool.name(),
                folder: folder.to_owned(),
            });
        }
    }
    let program = folder.join(Tool::KubeApiServer.name());
    let output = Command::new(&program)
        .arg("--version")
        .output()
        .map_err(Error::run(&program))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text
        .trim()
        .trim_start_matches("Kubernetes ")
        .split(['-', '+'])
        .next()
        .unwrap_or_default();
    KubernetesVersion::parse(version).ok_or_else(|| Error::BrokenAssets {
        tool: "kube-apiserver that knows its version",
        folder: folder.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn settings(cache: &Path, assets: Option<&Path>) -> Settings {
        Settings {
            kubeconfig: None,
            assets: assets.map(Path::to_owned),
            cache: cache.to_owned(),
            asked_version: None,
            source: Source::Build,
            mirror: String::new(),
            go: PathBuf::from("/nonexistent/go"),
        }
    }

    fn assets(version: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for tool in ["kube-apiserver", "etcd", "kubectl"] {
            let path = folder.path().join(tool);
            std::fs::write(&path, format!("#!/bin/sh\necho Kubernetes {version}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_of_programs_comes_before_the_cache() {
        let (cache, assets) = (tempfile::tempdir().unwrap(), assets("v1.35.0"));
        let binaries = Binaries::find(settings(cache.path(), Some(assets.path()))).unwrap();
        assert_eq!(binaries.kubernetes().to_string(), "v1.35.0");
        assert_eq!(
            binaries.path(Tool::Kubectl).unwrap(),
            assets.path().join("kubectl")
        );
        assert!(matches!(binaries.supervisor().unwrap(), Supervisor::Shell));
    }

    #[test]
    fn a_program_missing_from_the_folder_is_named_only_when_it_is_asked_for() {
        let (cache, assets) = (tempfile::tempdir().unwrap(), assets("v1.36.3"));
        let binaries = Binaries::find(settings(cache.path(), Some(assets.path()))).unwrap();
        let message = binaries
            .path(Tool::KubeControllerManager)
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("kube-controller-manager is not in KUBEBUILDER_ASSETS"),
            "{message}"
        );
    }

    #[test]
    fn a_folder_without_servers_is_refused_at_once() {
        let (cache, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let message = Binaries::find(settings(cache.path(), Some(empty.path())))
            .unwrap_err()
            .to_string();
        assert!(message.contains("there is no kube-apiserver in it"), "{message}");
    }

    #[test]
    fn contradicting_versions_are_refused() {
        let (cache, assets) = (tempfile::tempdir().unwrap(), assets("v1.35.0"));
        let asked_version = Some(KubernetesVersion { minor: 34, patch: 4 });
        let settings = Settings {
            asked_version,
            ..settings(cache.path(), Some(assets.path()))
        };
        let message = Binaries::find(settings).unwrap_err().to_string();
        assert!(
            message.contains("asks for v1.34.4") && message.contains("v1.35.0"),
            "{message}"
        );
    }

    #[test]
    fn neither_go_nor_programs_is_one_sentence() {
        let cache = tempfile::tempdir().unwrap();
        let binaries = Binaries::find(settings(cache.path(), None)).unwrap();
        let message = binaries.path(Tool::KubeApiServer).unwrap_err().to_string();
        assert!(
            message.contains("install Go") && !message.contains('\n'),
            "{message}"
        );
    }

    /// An address at which nobody listens.
    fn nowhere() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    #[test]
    fn what_cannot_be_fetched_is_built_unless_it_is_only_to_be_fetched() {
        if Archive::for_this_machine(None).is_none() {
            return; // nothing is published for this platform
        }
        let cache = tempfile::tempdir().unwrap();
        let find = |source| {
            let settings = Settings {
                source,
                mirror: nowhere(),
                ..settings(cache.path(), None)
            };
            Binaries::find(settings).unwrap()
        };
        let message = find(Source::Fetch).path(Tool::Etcd).unwrap_err().to_string();
        assert!(message.contains("could not be fetched: curl failed"), "{message}");
        // There is no Go to build it.
        let error = find(Source::FetchElseBuild).path(Tool::Etcd).unwrap_err();
        assert!(matches!(error, Error::NothingToRun), "{error}");
    }

    #[test]
    fn what_was_fetched_is_taken_again_and_what_was_built_comes_first() {
        let Some(archive) = Archive::for_this_machine(None) else {
            return; // nothing is published for this platform
        };
        let cache = tempfile::tempdir().unwrap();
        let fetched = archive.folder(cache.path());
        std::fs::create_dir_all(&fetched).unwrap();
        let settings = Settings {
            source: Source::FetchElseBuild,
            mirror: nowhere(),
            ..settings(cache.path(), None)
        };
        let binaries = Binaries::find(settings).unwrap();
        assert_eq!(
            binaries.path(Tool::KubeApiServer).unwrap(),
            fetched.join("kube-apiserver")
        );
        assert_eq!(binaries.kubernetes(), archive.version);
        let built = binaries.builder().path(Tool::KubeApiServer);
        std::fs::create_dir_all(built.parent().unwrap()).unwrap();
        std::fs::write(&built, "").unwrap();
        assert_eq!(binaries.path(Tool::KubeApiServer).unwrap(), built);
        assert_eq!(binaries.kubernetes(), KubernetesVersion::pinned());
    }
}
