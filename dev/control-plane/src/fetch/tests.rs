//! Fetching from a server on loopback that serves, truncates, corrupts, refuses, hangs and trickles.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// What the server does with each request.
#[derive(Clone)]
enum Behavior {
    Serve(Vec<u8>),
    Truncate(Vec<u8>),
    Refuse,
    Redirect(SocketAddr),
    Hang,
    Trickle,
}

const SHORT: Limits = Limits { connect: 1, total: 2 };

/// Serves every connection like that until the tests end.
fn server(behavior: Behavior) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behavior = behavior.clone();
            thread::spawn(move || answer(stream, behavior));
        }
    });
    address
}

fn answer(mut stream: TcpStream, behavior: Behavior) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).unwrap_or(0);
    let path = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = path.split(' ').nth(1).unwrap_or_default().to_owned();
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    // Whoever has heard enough closes the connection.
    let _ = match behavior {
        Behavior::Serve(body) => stream.write_all(&[head(body.len()), body].concat()),
        Behavior::Truncate(body) => {
            stream.write_all(&[head(body.len()), body[..body.len() / 2].to_vec()].concat())
        }
        Behavior::Refuse => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
        Behavior::Redirect(to) => stream.write_all(
            format!("HTTP/1.1 302 Found\r\nlocation: http://{to}{path}\r\ncontent-length: 0\r\n\r\n")
                .as_bytes(),
        ),
        Behavior::Hang => {
            thread::sleep(Duration::from_secs(30));
            Ok(())
        }
        Behavior::Trickle => {
            let _ = stream.write_all(&head(1_000_000));
            while stream.write_all(b"x").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
    };
}

/// An archive with programs that only have their names, and its digest.
fn archive() -> (Archive, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join(INSIDE);
    fs::create_dir_all(&inside).unwrap();
    for tool in PUBLISHED {
        fs::write(inside.join(tool.name()), tool.name().repeat(1000)).unwrap();
    }
    packed(folder.path())
}

/// What is in the folder, as an archive with its digest.
fn packed(folder: &Path) -> (Archive, Vec<u8>) {
    let file = folder.join("archive.tar.gz");
    let made = Command::new("tar")
        .arg("-czf")
        .arg(&file)
        .arg("-C")
        .arg(folder)
        .arg("controller-tools")
        .status();
    assert!(made.unwrap().success());
    let content = fs::read(file).unwrap();
    let archive = Archive {
        version: KubernetesVersion { minor: 36, patch: 2 },
        platform: "linux-amd64".to_owned(),
        sha512: hex(&Sha512::digest(&content)),
    };
    (archive, content)
}

fn fetched(archive: &Archive, from: SocketAddr, cache: &Path) -> Result<PathBuf, String> {
    archive.fetch(&format!("http://{from}/releases"), cache, SHORT)
}

/// Nothing that could be taken for a program is left.
fn is_empty(cache: &Path) -> bool {
    let names: Vec<_> = fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names == ["build.lock"]
}

#[test]
fn what_is_served_with_the_right_digest_is_unpacked_once() {
    let (archive, content) = archive();
    let cache = tempfile::tempdir().unwrap();
    let first = server(Behavior::Serve(content));
    let folder = fetched(&archive, server(Behavior::Redirect(first)), cache.path()).unwrap();
    for tool in PUBLISHED {
        assert_eq!(
            fs::read_to_string(folder.join(tool.name())).unwrap(),
            tool.name().repeat(1000)
        );
    }
    assert_eq!(
        fetched(&archive, server(Behavior::Refuse), cache.path()),
        Ok(folder)
    );
}

#[test]
fn what_is_truncated_corrupted_or_refused_is_not_used_and_leaves_nothing_behind() {
    let (archive, content) = archive();
    let mut other = content.clone();
    *other.last_mut().unwrap() ^= 1;
    for (behavior, sentence) in [
        (Behavior::Truncate(content), "curl failed"),
        (Behavior::Serve(other), "is expected: it is not used"),
        (Behavior::Serve(vec![]), "is expected: it is not used"),
        (Behavior::Refuse, "404"),
    ] {
        let cache = tempfile::tempdir().unwrap();
        let why = fetched(&archive, server(behavior), cache.path()).unwrap_err();
        assert!(why.contains(sentence), "{why}");
        assert!(is_empty(cache.path()));
    }
}

#[test]
fn whoever_hangs_or_trickles_is_given_up_in_time() {
    let (archive, _) = archive();
    for behavior in [Behavior::Hang, Behavior::Trickle] {
        let cache = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let why = fetched(&archive, server(behavior), cache.path()).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert!(why.contains("curl failed"), "{why}");
        assert!(is_empty(cache.path()));
    }
}

#[test]
fn where_nobody_listens_the_reason_is_told() {
    let (archive, _) = archive();
    let cache = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let why = fetched(&archive, nobody, cache.path()).unwrap_err();
    assert!(why.contains("curl failed"), "{why}");
}

#[test]
fn an_archive_without_one_of_the_programs_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(INSIDE)).unwrap();
    fs::write(folder.path().join(INSIDE).join("etcd"), "etcd").unwrap();
    let (archive, content) = packed(folder.path());
    let cache = tempfile::tempdir().unwrap();
    let why = fetched(&archive, server(Behavior::Serve(content)), cache.path()).unwrap_err();
    assert!(why.contains("kube-apiserver is not in the archive"), "{why}");
}

#[test]
fn every_published_archive_has_a_version_a_platform_and_a_whole_digest() {
    let all = published();
    let lines = include_str!("../../published.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    assert_eq!(all.len(), lines.count());
    for archive in &all {
        let is_digest =
            archive.sha512.len() == 128 && archive.sha512.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_digest, "{archive:?}");
    }
    let url = all[0].url("https://example.com/download/");
    assert_eq!(
        url,
        "https://example.com/download/envtest-v1.36.2/envtest-v1.36.2-linux-amd64.tar.gz"
    );
}
