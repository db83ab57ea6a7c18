//! What the tools print.

use std::fmt::Write as _;

use crate::journal::{Population, Row, Verdict, Verifier, text_of};

/// What was found, what was counted, and what is to be made of it.
pub(super) fn report(verifier: &Verifier, verdict: Verdict) -> String {
    let mut text = String::new();
    for finding in &verifier.findings {
        let mark = if finding.broken { "BROKEN" } else { "note" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mark}: {}", finding.sentence);
    }
    let counts = verifier.counts;
    if counts.more_findings > 0 {
        let _ = writeln!(text, "note: {} more findings.", counts.more_findings);
    }
    for tree in verifier.trees() {
        let (begin, size) = (tree.begin, tree.range.size());
        let _ = writeln!(
            text,
            "{}: lines {begin} to {size} verified, root {}",
            tree.origin,
            text_of(&tree.range.root())
        );
    }
    let _ = writeln!(
        text,
        "{} lines committed to, {} of them redacted; {} repetitions, {} uncommitted, {} foreign; signer {}",
        counts.committed,
        counts.redacted,
        counts.repetitions,
        counts.uncommitted,
        counts.foreign,
        if verifier.knows_the_signer() {
            "verified"
        } else {
            "unknown (no --vkey)"
        },
    );
    let size = verifier.trees().last().map_or(0, |tree| tree.range.size());
    let sentence = match verdict {
        Verdict::SoundToItsEnd => "Sound to its end.".to_owned(),
        Verdict::EndNotProvable => format!(
            "Sound up to line {size}. Whether more was cut off is not provable: no checkpoint from elsewhere is about the end."
        ),
        Verdict::Broken => "Broken: what is named above is missing or was changed.".to_owned(),
        Verdict::Unreadable => "Unreadable: there is no journal in the files.".to_owned(),
    };
    let _ = writeln!(text, "{sentence}");
    text
}

/// The population: how many, of what, and whether that is all.
pub(super) fn footer(verifier: &Verifier, population: &Population, shown: usize, verdict: Verdict) -> String {
    let whole = verifier.trees().iter().all(|tree| tree.begin == 0);
    let sound = matches!(verdict, Verdict::SoundToItsEnd | Verdict::EndNotProvable);
    let is = if whole && sound && population.forked.is_empty() {
        "complete"
    } else {
        "NOT complete"
    };
    let mut text = format!(
        "{shown} of {} requests; the population is {is}.\n",
        population.count()
    );
    for sentence in &population.forked {
        let _ = writeln!(text, "BROKEN: HistoryForked: {sentence}");
    }
    text + &report(verifier, verdict)
}

pub(super) fn table(rows: &[&Row]) -> String {
    let header = [
        "CREATED",
        "REQUESTER",
        "ACCOUNT",
        "PERMISSION SET",
        "APPROVERS",
        "PHASE",
        "ACCESS FROM",
        "ACCESS UNTIL",
        "NAME",
    ];
    let mut lines = vec![header.map(ToOwned::to_owned).to_vec()];
    for row in rows {
        let account = if row.account_name.is_empty() {
            &row.account_id
        } else {
            &row.account_name
        };
        lines.push(vec![
            row.created.clone(),
            row.requester.clone(),
            account.clone(),
            row.permission_set.clone(),
            row.approvers.clone(),
            row.phase.clone(),
            row.access_from.clone(),
            row.access_until.clone(),
            format!("{}/{}", row.namespace, row.name),
        ]);
    }
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
