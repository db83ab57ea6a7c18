//! Checks that the command line understands every command in the guides.

use clap::Parser as _;

use super::arguments::Arguments;

/// Every command in the guides, as a shell takes it apart: without its program, and up to what the shell does itself.
fn commands(guide: &str) -> Vec<Vec<String>> {
    let lines = guide
        .split(['\n', '`'])
        .map(|line| line.trim_start_matches("name=$(").trim());
    let commands = lines.filter_map(|line| line.strip_prefix("kubectl team "));
    let taken_apart = commands.map(|line| {
        let mut words = Vec::new();
        for (place, part) in line.split('"').enumerate() {
            if place % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.trim_end_matches(')').split_whitespace().map(str::to_owned));
            }
        }
        words
            .into_iter()
            .take_while(|word| word != ">" && word != "#")
            .collect()
    });
    taken_apart.collect()
}

#[test]
fn every_command_in_the_guides_is_understood() {
    let mut understood = 0;
    for guide in [
        include_str!("../../docs/guides/README.md"),
        include_str!("../../docs/guides/requester.md"),
        include_str!("../../docs/guides/approver.md"),
        include_str!("../../docs/guides/security.md"),
        include_str!("../../docs/guides/auditor.md"),
        include_str!("../../docs/guides/administrator.md"),
        include_str!("../../docs/guides/coming-from-team.md"),
        include_str!("../../README.md"),
    ] {
        for words in commands(guide) {
            let line = std::iter::once("kubectl-team".to_owned()).chain(words.iter().cloned());
            let parsed = Arguments::try_parse_from(line);
            assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
            understood += 1;
        }
    }
    assert!(understood > 40, "the guides are read: {understood}");
}
