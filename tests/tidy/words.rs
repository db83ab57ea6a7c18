//! Words that must not stand in the repository. Each is put together from pieces here, so that this file is no
//! finding of its own.

use super::repository::{Finding, Repository, TextFile};
use super::source::{RustFile, Token};

/// Marks of work put off. What is open belongs into an issue; what is known belongs into a sentence.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Macros that compile and then stop the program.
const UNFINISHED_MACROS: [&str; 2] = ["todo", "unimplemented"];

/// Private metaphors and calques, with the word to use instead. They once stood for common terms; a reader from outside
/// does not know them.
const METAPHORS: [(&str, &str); 9] = [
    (concat!("ro", "om"), "module"),
    (concat!("ro", "oms"), "modules"),
    (concat!("ho", "use"), "project"),
    (concat!("wa", "lls"), "boundaries"),
    (concat!("taken", " on"), "accepted"),
    (concat!("took it", " on"), "accepted it"),
    (concat!("held", " against"), "compared with"),
    (concat!("is at", " it"), "has not finished"),
    (concat!("life of", " the process"), "start-up and shutdown"),
];

/// The table of words to use lists those not to use.
const LISTS_OF_WORDS: [&str; 1] = ["STYLE.md"];

/// Where people and build machines keep their checkouts.
const MACHINE_FOLDERS: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
];

/// Hosts of package registries, and settings that point to one: which registry is used is a matter of the
/// machine.
const REGISTRIES: [&str; 13] = [
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("proxy.golang", ".org"),
    concat!("sum.golang", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("repo1.maven", ".org"),
    concat!("repo.maven", ".apache.org"),
    concat!("deb.debian", ".org"),
    concat!("sparse+", "http"),
    concat!("index", "-url"),
    concat!("replace", "-with"),
];

/// Written by tools or by others, and full of checksums in which any word may occur.
const NOT_OUR_PROSE: [&str; 3] = ["Cargo.lock", "go.sum", "LICENSE"];

pub(crate) fn unfinished(repository: &Repository) -> Vec<Finding> {
    let is_ours = |file: &&TextFile| !NOT_OUR_PROSE.iter().any(|name| file.path.ends_with(name));
    let ours = repository.files().iter().filter(is_ours);
    let sentence = |mark: &str| format!("`{mark}`: finish it, or write what is known as a sentence");
    let mut findings: Vec<Finding> = ours
        .flat_map(|file| lines_with(file, &UNFINISHED, is_whole_word, sentence))
        .collect();
    for file in repository.rust_files() {
        let tokens = file.tokens();
        for pair in tokens.windows(2) {
            if UNFINISHED_MACROS.contains(&pair[0].text) && pair[1].text == "!" {
                findings.push(Finding::new(
                    &file.path,
                    pair[0].line,
                    format!("`{}!`: finish it", pair[0].text),
                ));
            }
        }
    }
    findings
}

/// Metaphors in the trees that are free of them.
pub(crate) fn metaphors(repository: &Repository) -> Vec<Finding> {
    let is_plain = |file: &&TextFile| {
        !LISTS_OF_WORDS.contains(&file.path.as_str())
            && !NOT_OUR_PROSE.iter().any(|name| file.path.ends_with(name))
    };
    let words = METAPHORS.map(|(word, _)| word);
    let sentence = |word: &str| {
        let plain = METAPHORS.iter().find(|(metaphor, _)| *metaphor == word);
        let plain = plain.map_or("the common term", |(_, plain)| plain);
        format!("`{word}` is a metaphor: use the common term, such as \"{plain}\"")
    };
    let files = repository.files().iter().filter(is_plain);
    files
        .flat_map(|file| lines_with(file, &words, is_whole_word, sentence))
        .collect()
}

pub(crate) fn ignored_tests(files: &[RustFile]) -> Vec<Finding> {
    let sentence = "an ignored test protects nothing: repair it or delete it";
    attributes_where(files, sentence, |words| words.contains(&"ignore"))
}

pub(crate) fn silenced_lints_without_reason(files: &[RustFile]) -> Vec<Finding> {
    let sentence = "say why: `#[expect(lint, reason = \"…\")]`, which also tells when it is no longer needed";
    attributes_where(files, sentence, |words| {
        let silences = words
            .windows(2)
            .any(|pair| matches!(pair, ["allow" | "expect", "("]));
        silences && !words.windows(2).any(|pair| pair == ["reason", "="])
    })
}

pub(crate) fn machine_paths(repository: &Repository) -> Vec<Finding> {
    let sentence = |folder: &str| {
        format!("`{folder}` is a folder of one machine: use a path from the repository's root")
    };
    let find = |file| lines_with(file, &MACHINE_FOLDERS, begins_a_path, sentence);
    repository.files().iter().flat_map(find).collect()
}

pub(crate) fn registry_hosts(repository: &Repository) -> Vec<Finding> {
    let sentence = |host: &str| {
        format!("`{host}`: name the package; which registry it comes from is the machine's matter")
    };
    repository
        .files()
        .iter()
        .flat_map(|file| lines_with(file, &REGISTRIES, |_, _| true, sentence))
        .collect()
}

/// A finding for each of the words in each line where it stands so that `counts(before, after)`.
fn lines_with(
    file: &TextFile,
    words: &[&str],
    counts: fn(&str, &str) -> bool,
    sentence: impl Fn(&str) -> String,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for word in words {
            let mut places = line.match_indices(word);
            if places.any(|(at, _)| counts(&line[..at], &line[at + word.len()..])) {
                findings.push(Finding::new(&file.path, index + 1, sentence(word)));
            }
        }
    }
    findings
}

fn is_whole_word(before: &str, after: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    !before.ends_with(goes_on) && !after.starts_with(goes_on)
}

/// An absolute path, not the middle of an address or of a path from the root of the repository.
fn begins_a_path(before: &str, _after: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || "_-.~)}".contains(c))
}

/// A finding for each attribute, `#[…]` or `#![…]`, whose tokens fulfil the condition.
fn attributes_where(files: &[RustFile], sentence: &str, is_bad: impl Fn(&[&str]) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let tokens = file.tokens();
        for (at, token) in tokens.iter().enumerate() {
            if token.text == "#" && is_bad(&attribute(&tokens[at + 1..])) {
                findings.push(Finding::new(&file.path, token.line, sentence));
            }
        }
    }
    findings
}

/// The tokens of an attribute after its `#`; none when it is something else.
fn attribute<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let mut depth = 0_usize;
    let mut words = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "!" if at == 0 => continue,
            "[" => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        words.push(token.text);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(rule: fn(&Repository) -> Vec<Finding>, text: &str, is_found: bool) {
        let findings = rule(&Repository::of(&[("README.md", &format!("\n{text}"))]));
        let expected = if is_found { vec![("README.md", 2)] } else { vec![] };
        let places: Vec<(&str, usize)> = findings
            .iter()
            .map(|found| (found.path.as_str(), found.line))
            .collect();
        assert_eq!(places, expected, "{text}");
    }

    #[track_caller]
    fn check_code(rule: fn(&[RustFile]) -> Vec<Finding>, text: &str, is_found: bool) {
        assert_eq!(
            !rule(&[RustFile::new("src/a.rs", text)]).is_empty(),
            is_found,
            "{text}"
        );
    }

    #[test]
    fn marks_of_unfinished_work_are_found_as_whole_words() {
        for mark in UNFINISHED {
            check_text(unfinished, &format!("# {mark}: later"), true);
            check_text(
                unfinished,
                &format!("mktemp /tmp/a.{mark}YYY and {mark}_LIST"),
                false,
            );
        }
        assert!(unfinished(&Repository::of(&[("Cargo.lock", UNFINISHED[0])])).is_empty());
    }

    #[test]
    fn metaphors_are_found_everywhere_but_in_the_table_of_words() {
        for (word, plain) in METAPHORS {
            let text = format!("first line\n// a {word} of ours");
            for path in ["src/domain/x.rs", "docs/x.md", "tests/stories/scripts/x.story"] {
                let findings = metaphors(&Repository::of(&[(path, &text)]));
                assert_eq!(findings.len(), 1, "{path}: {word}");
                assert!(findings[0].sentence.contains(plain), "{findings:?}");
            }
            assert!(metaphors(&Repository::of(&[("STYLE.md", &text)])).is_empty());
            let inside = format!("// grand{word}ed");
            assert!(metaphors(&Repository::of(&[("src/aws/x.rs", &inside)])).is_empty());
        }
    }

    #[test]
    fn unfinished_macros_are_found_in_code_only() {
        for name in UNFINISHED_MACROS {
            let code = format!("fn f() {{ {name}!() }} // {name}!()");
            assert_eq!(unfinished(&Repository::of(&[("src/a.rs", &code)])).len(), 1);
        }
    }

    #[test]
    fn ignored_tests_are_found() {
        check_code(ignored_tests, "#[test]\n#[ignore]\nfn f() {}", true);
        check_code(ignored_tests, "#[ignore = \"slow\"]\nfn f() {}", true);
        check_code(ignored_tests, "#[cfg_attr(unix, ignore)]\nfn f() {}", true);
        check_code(ignored_tests, "// #[ignore]\nfn ignore() {}", false);
    }

    #[test]
    fn lints_silenced_without_a_reason_are_found() {
        check_code(
            silenced_lints_without_reason,
            "#[allow(dead_code)]\nfn f() {}",
            true,
        );
        check_code(silenced_lints_without_reason, "#![allow(dead_code)]", true);
        check_code(
            silenced_lints_without_reason,
            "#[expect(dead_code)]\nfn f() {}",
            true,
        );
        check_code(
            silenced_lints_without_reason,
            "#[cfg_attr(test, allow(dead_code))]\nfn f() {}",
            true,
        );
        check_code(
            silenced_lints_without_reason,
            "#[expect(\n  dead_code,\n  reason = \"x\"\n)]\nfn f() {}",
            false,
        );
        check_code(
            silenced_lints_without_reason,
            "// #[allow(dead_code)]\nfn allow(reason: u8) {}",
            false,
        );
    }

    #[test]
    fn folders_of_one_machine_are_found() {
        for folder in MACHINE_FOLDERS {
            check_text(machine_paths, &format!("cd {folder}alice/team-operator"), true);
            check_text(machine_paths, &format!("\"file://{folder}alice\""), true);
            check_text(
                machine_paths,
                &format!("https://example.com{folder}and dev{folder}"),
                false,
            );
        }
    }

    #[test]
    fn hosts_of_registries_are_found() {
        for host in REGISTRIES {
            check_text(registry_hosts, &format!("see https://{host}/simple"), true);
        }
        check_text(
            registry_hosts,
            "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
            false,
        );
    }
}
