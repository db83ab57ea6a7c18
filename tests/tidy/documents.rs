//! Holds the documents together: links lead somewhere, and each decision is complete and in the index.

use super::repository::{Finding, Repository, TextFile};

const DECISIONS: &str = "docs/decisions/";
const INDEX: &str = "docs/decisions/README.md";

/// What each decision says, in this order.
const PARTS: [&str; 4] = ["**Context.**", "**Decision.**", "**Why.**", "**Consequences.**"];

/// Relative links to files, folders or headings that do not exist.
pub(crate) fn dead_links(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in repository.files().iter().filter(|file| is_markdown(file)) {
        for (line, target) in links(&document.text) {
            if let Some(sentence) = why_dead(repository, document, target) {
                findings.push(Finding::new(&document.path, line, sentence));
            }
        }
    }
    findings
}

/// Decisions that the index forgets, or that lack one of their parts.
pub(crate) fn decisions(repository: &Repository) -> Vec<Finding> {
    let index = repository.file(INDEX).map_or("", |file| file.text.as_str());
    let mut findings = Vec::new();
    for file in repository.files() {
        let Some(name) = file.path.strip_prefix(DECISIONS) else {
            continue;
        };
        if file.path == INDEX {
            continue;
        }
        if !links(index).iter().any(|(_, target)| *target == name) {
            findings.push(Finding::new(INDEX, 1, format!("`{name}` is not listed")));
        }
        let places = PARTS.map(|part| file.text.find(&format!("\n{part} ")));
        if places.contains(&None) || !places.is_sorted() {
            let sentence = format!("a decision has the parts {}, in this order", PARTS.join(", "));
            findings.push(Finding::new(&file.path, 1, sentence));
        }
    }
    findings
}

fn is_markdown(file: &TextFile) -> bool {
    std::path::Path::new(&file.path)
        .extension()
        .is_some_and(|ending| ending == "md")
}

/// The target of each `[text](target)` with its line, but for addresses of other hosts.
fn links(text: &str) -> Vec<(usize, &str)> {
    let of_line = |(index, line): (usize, &'_ str)| -> Vec<(usize, usize, usize)> {
        line.match_indices("](")
            .filter_map(|(at, _)| {
                let begin = at + 2;
                let length = line[begin..].find(')')?;
                Some((index, begin, begin + length))
            })
            .collect()
    };
    let lines: Vec<&str> = text.lines().collect();
    let places = lines.iter().copied().enumerate().flat_map(of_line);
    places
        .map(|(index, begin, end)| (index + 1, &lines[index][begin..end]))
        .filter(|(_, target)| !target.contains("://") && !target.contains(' '))
        .collect()
}

fn why_dead(repository: &Repository, document: &TextFile, target: &str) -> Option<String> {
    let (path, heading) = match target.split_once('#') {
        Some((path, heading)) => (path, Some(heading)),
        None => (target, None),
    };
    let place = if path.is_empty() {
        document.path.clone()
    } else {
        resolved(&document.path, path)
    };
    let is_folder = repository
        .paths()
        .iter()
        .any(|known| known.starts_with(&format!("{place}/")));
    let Some(file) = repository.file(&place) else {
        return (!is_folder).then(|| format!("the link to `{target}` leads to no file"));
    };
    let heading = heading?;
    let exists = file
        .text
        .lines()
        .any(|line| line.starts_with('#') && anchor(line) == heading);
    (!exists).then(|| format!("`{place}` has no heading `#{heading}`"))
}

/// The path from the root of the repository that `link` means in the document at `from`.
fn resolved(from: &str, link: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                folders.pop();
            }
            name => folders.push(name),
        }
    }
    folders.join("/")
}

/// The name that a heading has in links.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&Repository) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
        let found: Vec<String> = rule(&Repository::of(files))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn links_to_files_folders_headings_and_other_hosts_are_clean() {
        let text = "[a](b/c.md#the-end-of-it), [b](b/), [c](#a-title), [d](https://example.com/x) f[1](a b)\n# A title";
        check(
            dead_links,
            &[
                ("README.md", text),
                ("b/c.md", "[up](../README.md)\n## The end, of it"),
            ],
            &[],
        );
    }

    #[test]
    fn dead_links_are_found() {
        check(
            dead_links,
            &[("a/b.md", "\n[x](c.md) [y](#none)\n# One"), ("c.md", "")],
            &[
                "a/b.md:2: the link to `c.md` leads to no file",
                "a/b.md:2: `a/b.md` has no heading `#none`",
            ],
        );
    }

    #[test]
    fn a_decision_without_a_line_in_the_index_or_a_part_is_found() {
        let whole = "# 1. A\n\n**Context.** a\n\n**Decision.** b\n\n**Why.** c\n\n**Consequences.** d\n";
        let (first, second, third) = (
            "docs/decisions/0001-a.md",
            "docs/decisions/0002-b.md",
            "docs/decisions/0003-c.md",
        );
        let turned = whole
            .replace("Why", "W")
            .replace("Context", "Why")
            .replace("W.", "Context.");
        check(
            decisions,
            &[
                (INDEX, "[1](0001-a.md) [3](0003-c.md)"),
                (first, whole),
                (second, whole),
                (third, &turned),
            ],
            &[
                "docs/decisions/README.md:1: `0002-b.md` is not listed",
                "docs/decisions/0003-c.md:1: a decision has the parts **Context.**, **Decision.**, **Why.**, **Consequences.**, in this order",
            ],
        );
    }
}
