//! The templates in `charts/` that stand for what the program knows are generated from it, and every value of a chart is
//! described.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod charts {
    pub(crate) mod templates;
    pub(crate) mod values;
}

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files by their path from the root of the repository.
type Files = BTreeMap<PathBuf, String>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares what is generated with what is there, in both directions where a folder holds nothing else.
fn are_as_generated(expected: &Files, folders: &[&str]) {
    if std::env::var_os("UPDATE").is_some() {
        for folder in folders {
            let _ = std::fs::remove_dir_all(root().join(folder)); // it may not exist yet
        }
        for (path, text) in expected {
            let path = root().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let found = folders.iter().flat_map(|folder| {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name()))
    });
    let paths: std::collections::BTreeSet<PathBuf> = found.chain(expected.keys().cloned()).collect();
    for path in paths {
        let is = std::fs::read_to_string(root().join(&path)).ok();
        assert!(
            is.as_ref() == expected.get(&path),
            "{} is not what the program says: run UPDATE=1 cargo test --test charts",
            path.display()
        );
    }
}

#[test]
fn the_templates_of_the_charts_are_what_the_program_says() {
    let (files, folders) = charts::templates::generated();
    assert!(files.len() > 15, "{:?}", files.keys());
    are_as_generated(&files, &folders);
}

#[test]
fn the_table_of_values_is_what_the_charts_say() {
    are_as_generated(&charts::values::table(), &[]);
}
