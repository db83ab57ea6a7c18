//! Fetches the archive of programs that upstream publishes, instead of building them for minutes.
//!
//! Nothing of an archive is unpacked before its digest is the one that stands in this repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha512};

use crate::builder::{UNFINISHED_PREFIX, lock, remove_unfinished, say};
use crate::tools::{Tool, hex};
use crate::versions::KubernetesVersion;

/// What an archive has.
const PUBLISHED: [Tool; 3] = [Tool::Etcd, Tool::KubeApiServer, Tool::Kubectl];
/// Where in an archive they are.
const INSIDE: &str = "controller-tools/envtest";
/// Digits of the digest in a folder's name.
const DIGITS: usize = 12;

/// How long fetching may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until there is a connection, in seconds: whoever has no way out should not wait for that.
    pub(crate) connect: u32,
    /// In all, in seconds. An archive has about 60 MB.
    pub(crate) total: u32,
}

impl Limits {
    pub(crate) const USUAL: Limits = Limits {
        connect: 3,
        total: 60,
    };
}

/// An archive of one version for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Archive {
    pub(crate) version: KubernetesVersion,
    platform: String,
    sha512: String,
}

impl Archive {
    /// Whether this program is in it.
    pub(crate) fn has(tool: Tool) -> bool {
        PUBLISHED.contains(&tool)
    }

    /// The newest published one of this machine's platform: of exactly this version, or of the pinned minor version.
    pub(crate) fn for_this_machine(asked: Option<KubernetesVersion>) -> Option<Archive> {
        let system = match std::env::consts::OS {
            "macos" => "darwin",
            other => other,
        };
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let platform = format!("{system}-{architecture}");
        let fits = |archive: &Archive| {
            archive.platform == platform
                && match asked {
                    Some(asked) => archive.version == asked,
                    None => archive.version.minor == KubernetesVersion::pinned().minor,
                }
        };
        published()
            .into_iter()
            .filter(fits)
            .max_by_key(|archive| archive.version)
    }

    /// Where its programs are once they were fetched.
    pub(crate) fn folder(&self, cache: &Path) -> PathBuf {
        let digits: String = self.sha512.chars().take(DIGITS).collect();
        cache.join(format!("published-{}-{digits}", self.version))
    }

    /// Fetches it into the cache, from below this address; why it is not there, as a sentence without its full stop.
    pub(crate) fn fetch(&self, mirror: &str, cache: &Path, limits: Limits) -> Result<PathBuf, String> {
        let told = |what: &'static str| move |error: std::io::Error| format!("cannot {what}: {error}");
        fs::create_dir_all(cache).map_err(told("create the cache folder"))?;
        let _lock = lock(&cache.join("build.lock")).map_err(|error| error.to_string())?;
        let folder = self.folder(cache);
        // Whoever held the lock before us may have fetched it.
        if folder.is_dir() {
            return Ok(folder);
        }
        remove_unfinished(cache);
        let unfinished = tempfile::Builder::new()
            .prefix(UNFINISHED_PREFIX)
            .tempdir_in(cache)
            .map_err(told("create a folder in the cache"))?;
        let url = self.url(mirror);
        say(&format!(
            "fetching kube-apiserver, etcd and kubectl {} from {url} (TEAM_OPERATOR_CONTROL_PLANE=build builds them instead)",
            self.version
        ));
        let file = unfinished.path().join("archive.tar.gz");
        download(&url, &file, limits)?;
        let content = fs::read(&file).map_err(told("read what was fetched"))?;
        let found = hex(&Sha512::digest(&content));
        if found != self.sha512 {
            return Err(format!(
                "what {url} serves has the SHA-512 {found}, and {} is expected: it is not used",
                self.sha512
            ));
        }
        unpack(&file, unfinished.path())?;
        let programs = unfinished.path().join(INSIDE);
        if let Some(missing) = PUBLISHED
            .iter()
            .find(|tool| !programs.join(tool.name()).is_file())
        {
            return Err(format!("{} is not in the archive of {url}", missing.name()));
        }
        // Renamed as a whole, so that a folder with the right name is always complete.
        fs::rename(&programs, &folder).map_err(told("move the programs into the cache"))?;
        say("fetched, and the digest is right");
        Ok(folder)
    }

    fn url(&self, mirror: &str) -> String {
        let name = format!("envtest-{}", self.version);
        format!(
            "{}/{name}/{name}-{}.tar.gz",
            mirror.trim_end_matches('/'),
            self.platform
        )
    }
}

/// Every archive whose digest is known.
fn published() -> Vec<Archive> {
    let lines = include_str!("../published.txt").lines();
    let fields = lines.filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let version = KubernetesVersion::parse(fields.next()?)?;
        let (platform, sha512) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        Some(Archive {
            version,
            platform,
            sha512,
        })
    });
    fields.collect()
}

/// curl knows proxies, redirects and the authorities of this machine.
fn download(url: &str, file: &Path, limits: Limits) -> Result<(), String> {
    // An address of ours is never left for one without TLS.
    let protocols = if url.starts_with("https:") {
        "=https"
    } else {
        "=http,https"
    };
    let mut command = Command::new("curl");
    command
        .args([
            "--disable",
            "--fail",
            "--silent",
            "--show-error",
            "--location",
            "--proto",
            protocols,
        ])
        .args(["--connect-timeout", &limits.connect.to_string()])
        .args(["--max-time", &limits.total.to_string()])
        .arg("--output")
        .arg(file)
        .arg(url);
    run(command, "curl")
}

fn unpack(file: &Path, folder: &Path) -> Result<(), String> {
    let mut command = Command::new("tar");
    command.arg("-xzf").arg(file).arg("-C").arg(folder);
    run(command, "tar")
}

fn run(mut command: Command, name: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{name} cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().last().unwrap_or_default();
    Err(format!("{name} failed ({}): {said}", output.status))
}

#[cfg(test)]
mod tests;
