//! Holds ARCHITECTURE.md against the folders and the layer table that it describes.

use super::modules::Module;
use super::repository::Finding;
use std::collections::BTreeSet;

const GUIDE: &str = "ARCHITECTURE.md";

/// The list of modules that are planned and have no folder yet: one item a module, its name first, in backquotes.
const PLANNED_MODULES: &str = "## Modules not written yet";

/// Folders that the guide forgets, and places under `src/` that it makes up.
pub(crate) fn folders(guide: &str, paths: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in existing_folders(paths) {
        if !names(guide, &folder) {
            findings.push(Finding::new(
                GUIDE,
                1,
                format!("the folder `{folder}` is not described"),
            ));
        }
    }
    for (index, line) in guide.lines().enumerate() {
        for place in places_under_src(line) {
            let exists = paths
                .iter()
                .any(|path| *path == place || path.starts_with(&format!("{place}/")));
            if !exists {
                findings.push(Finding::new(
                    GUIDE,
                    index + 1,
                    format!("`{place}` does not exist"),
                ));
            }
        }
    }
    for (line, module) in planned_modules(guide) {
        let is_filled = |path: &&str| {
            let rest = path
                .strip_prefix("src/")
                .and_then(|rest| rest.strip_prefix(module));
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        };
        if paths.iter().any(is_filled) {
            findings.push(Finding::new(
                GUIDE,
                line,
                format!("`{module}` is no longer empty: describe it among the modules"),
            ));
        }
    }
    findings
}

/// Each module has its row: `` | `domain` | 2 | `api` | … | ``.
pub(crate) fn layer_table(guide: &str, modules: &[Module]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for module in modules {
        let used: Vec<String> = module.may_use.iter().map(|used| format!("`{used}`")).collect();
        let used = if used.is_empty() {
            "no module".to_owned()
        } else {
            used.join(", ")
        };
        let row = format!("| `{}` | {} | {used} |", module.name, module.layer);
        if !guide.lines().any(|line| line.starts_with(&row)) {
            findings.push(Finding::new(
                GUIDE,
                1,
                format!("the layer table has no row that begins with \"{row}\""),
            ));
        }
    }
    findings
}

/// Top-level folders, and those directly under `src/`, each with a closing slash.
fn existing_folders(paths: &[&str]) -> BTreeSet<String> {
    let top = paths
        .iter()
        .filter_map(|path| path.split_once('/'))
        .map(|(folder, _)| format!("{folder}/"));
    let below_src = paths
        .iter()
        .filter_map(|path| path.strip_prefix("src/")?.split_once('/'));
    top.chain(below_src.map(|(folder, _)| format!("src/{folder}/")))
        .collect()
}

/// `dev/` is named by "`dev/`" and by "`dev/control-plane/`", not by "xdev/".
fn names(guide: &str, folder: &str) -> bool {
    guide
        .match_indices(folder)
        .any(|(at, _)| !guide[..at].ends_with(goes_on))
}

fn places_under_src(line: &str) -> Vec<&str> {
    let begins = |&(at, _): &(usize, &str)| !line[..at].ends_with(goes_on);
    let place = |(at, _): (usize, &'_ str)| {
        let end = line[at..]
            .find(|c| !goes_on(c))
            .map_or(line.len(), |length| at + length);
        line[at..end].trim_end_matches(['/', '.'])
    };
    line.match_indices("src/")
        .filter(begins)
        .map(place)
        .filter(|place| *place != "src")
        .collect()
}

fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || "_-./".contains(c)
}

fn planned_modules(guide: &str) -> Vec<(usize, &str)> {
    let lines = guide
        .lines()
        .enumerate()
        .skip_while(|(_, line)| *line != PLANNED_MODULES)
        .skip(1);
    let items = lines.take_while(|(_, line)| !line.starts_with("## "));
    items
        .filter_map(|(index, line)| Some((index + 1, line.strip_prefix("- `")?.split('`').next()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::modules::MODULES;
    use super::*;

    const PATHS: [&str; 4] = [
        "README.md",
        "src/lib.rs",
        "src/api/mod.rs",
        "dev/control-plane/src/lib.rs",
    ];

    #[track_caller]
    fn check(guide: &str, expected: &[&str]) {
        let found: Vec<String> = folders(guide, &PATHS).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_guide_that_names_everything_is_clean() {
        check(
            "`src/api/`, `src/api/mod.rs`. In dev/control-plane/src/lib.rs.",
            &[],
        );
    }

    #[test]
    fn a_forgotten_folder_is_found() {
        let forgot = |folder: &str| format!("ARCHITECTURE.md:1: the folder `{folder}` is not described");
        check("`dev/`", &[&forgot("src/"), &forgot("src/api/")]);
        check("`src/api/`, and `xdev/`", &[&forgot("dev/")]);
    }

    #[test]
    fn a_place_that_does_not_exist_is_found() {
        check(
            "`src/api/` dev/\n`src/domain/`, src/api/x.rs.",
            &[
                "ARCHITECTURE.md:2: `src/domain` does not exist",
                "ARCHITECTURE.md:2: `src/api/x.rs` does not exist",
            ],
        );
    }

    #[test]
    fn a_module_that_is_called_empty_and_is_not_is_found() {
        let guide = "src/api/ dev/\n## Modules not written yet\n- `domain`: decisions\n- `api`: types\n## Next\n- `api`";
        check(
            guide,
            &["ARCHITECTURE.md:4: `api` is no longer empty: describe it among the modules"],
        );
    }

    #[test]
    fn a_missing_row_of_the_layer_table_is_found() {
        let findings = layer_table(
            "| `api` | 1 | no module | x |\n| `domain` | 2 | `api`, `ports` | x |",
            &MODULES[..2],
        );
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].sentence.contains("| `domain` | 2 | `api` |"),
            "{findings:?}"
        );
    }
}
