//! `cargo run --example quickstart` tells the story that it should, to the word.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the quickstart prints, with times and generated names masked.
const GOLDEN: &str = "tests/quickstart.timeline.txt";

/// The example as cargo has built it for the profile of this test, up to date.
fn quickstart() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let profile = me.ancestors().nth(2).unwrap();
    let name = match profile.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        name => name,
    };
    // `cargo test` builds examples, `cargo test --test quickstart` does not.
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--example",
            "quickstart",
            "--profile",
            name,
            "--target-dir",
        ])
        .arg(profile.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success(), "the example does not build");
    profile.join("examples").join("quickstart")
}

#[test]
fn the_quickstart_tells_the_whole_life_of_a_request() {
    let output = Command::new(quickstart()).stdin(Stdio::null()).output().unwrap();
    let (printed, trouble) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{printed}\n{trouble}");
    let timeline = masked(&printed);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &timeline).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    let differs = timeline
        .lines()
        .zip(expected.lines())
        .find(|(told, golden)| told != golden);
    assert!(
        timeline == expected,
        "the quickstart tells another story than {GOLDEN}; if it is the better one: UPDATE=1 cargo test --test quickstart\n\
         the first line that differs: {differs:?}\n{timeline}"
    );
}

#[test]
fn what_differs_from_run_to_run_is_masked_and_nothing_else() {
    let told =
        "12:03:59  alice  makes orders-database-x7k2p until 2026-11-22T12:04:14Z, on Kubernetes v1.36.3";
    let masked_line =
        "hh:mm:ss  alice  makes orders-database-***** until yyyy-mm-ddThh:mm:ssZ, on Kubernetes v1.x.y";
    assert_eq!(masked(told), masked_line);
    let same = "111122223333 in orders-database, 15 seconds, 2h, Kubernetes, 12:3";
    assert_eq!(masked(same), same);
}

/// Masks times, the ends of generated names and the version of Kubernetes. All but the version keep their length, so that
/// lines break where they did.
fn masked(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, mask) = SHAPES
            .iter()
            .find_map(|(shape, mask)| Some((length_of(shape, rest)?, (*mask).to_owned())))
            .unwrap_or_else(|| (first.len_utf8(), first.to_string()));
        result.push_str(&mask);
        rest = &rest[length..];
    }
    result
}

/// What is masked, and by what: `0` is a digit, `*` a letter or digit that names are made of, `+` one digit or more, and
/// everything else is itself.
const SHAPES: [(&str, &str); 4] = [
    ("0000-00-00T00:00:00Z", "yyyy-mm-ddThh:mm:ssZ"),
    ("00:00:00", "hh:mm:ss"),
    ("orders-database-*****", "orders-database-*****"),
    ("Kubernetes v+.+.+", "Kubernetes v1.x.y"),
];

/// How long the shape is at the beginning of the text, if it is there.
fn length_of(shape: &str, text: &str) -> Option<usize> {
    let mut rest = text;
    for expected in shape.chars() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let first = rest.chars().next()?;
        let length = match expected {
            '0' if digits > 0 => 1,
            '*' if first.is_ascii_lowercase() || first.is_ascii_digit() => 1,
            '+' if digits > 0 => digits,
            _ if expected == first && !"0*+".contains(expected) => first.len_utf8(),
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(text.len() - rest.len())
}
