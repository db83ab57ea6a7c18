//! Transcripts without what differs from run to run: names that chance chose, moments, ages and ids.

/// Forms of moments, the longest first; `d` is a digit.
const MOMENTS: [&str; 4] = [
    "dddd-dd-ddTdd:dd:ddZ",
    "dddd-dd-dd dd:dd UTC",
    "dddd-dd-dd dd:dd",
    "dd:dd",
];

/// The text with these words replaced, and every moment, span and id by its kind.
pub fn masked(text: &str, words: &[(String, String)]) -> String {
    let mut text = text.to_owned();
    for (word, instead) in words {
        text = text.replace(word, instead);
    }
    // Whether a moment of this second is to come or gone depends on the clock.
    let either_way = |line: String| {
        line.replace("in SPAN", "SPAN away")
            .replace("SPAN ago", "SPAN away")
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| either_way(spans(&ids(&moments(line)))))
        .collect();
    lines.join("\n")
}

fn moments(line: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let mut masked = String::new();
    let mut at = 0;
    while at < characters.len() {
        let goes_on = at > 0 && characters[at - 1].is_ascii_alphanumeric();
        let form = MOMENTS
            .iter()
            .find(|form| !goes_on && fits(&characters[at..], form));
        if let Some(form) = form {
            masked.push_str("MOMENT");
            at += form.len();
        } else {
            masked.push(characters[at]);
            at += 1;
        }
    }
    masked
}

fn fits(characters: &[char], form: &str) -> bool {
    let same = |(character, wanted): (&char, char)| match wanted {
        'd' => character.is_ascii_digit(),
        other => *character == other,
    };
    let next_is_digit = characters.get(form.len()).is_some_and(char::is_ascii_digit);
    characters.len() >= form.len() && !next_is_digit && characters.iter().zip(form.chars()).all(same)
}

/// Ids of AWS and of Kubernetes: long words of hexadecimal digits and dashes.
fn ids(line: &str) -> String {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
    let mut masked = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        masked.push_str(before);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let is_uuid = word.len() >= 32 && word.matches('-').count() >= 4;
        let digest = word.rsplit_once('-').filter(|(_, last)| last.len() >= 32);
        match digest {
            _ if is_uuid => masked.push_str("ID"),
            Some((before, _)) => {
                masked.push_str(before);
                masked.push_str("-ID");
            }
            None => masked.push_str(word),
        }
        rest = after;
    }
    masked + rest
}

/// Ages and distances, and the gaps that depend on them.
fn spans(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut masked: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let bare = word.trim_matches(['(', ')', '.', ',', ';']);
        let after_in = at > 0 && words[at - 1].trim_start_matches('(') == "in";
        let before_ago = words
            .get(at + 1)
            .is_some_and(|next| next.trim_matches([')', '.', ',']) == "ago");
        let is_age = at + 1 == words.len() && is_row(line);
        if is_span(bare) && (after_in || before_ago || is_age) {
            masked.push(word.replace(bare, "SPAN"));
        } else {
            masked.push((*word).to_owned());
        }
    }
    let line = masked.join(" ");
    if is_row(&line) { collapsed(&line) } else { line }
}

/// Whether a line is one of a table, and not a fact under its heading.
pub fn is_row(line: &str) -> bool {
    !line.starts_with([' ', '│', '{']) && line.contains("   ")
}

fn is_span(word: &str) -> bool {
    !word.is_empty()
        && word.starts_with(|c: char| c.is_ascii_digit())
        && word.ends_with(['d', 'h', 'm', 's'])
        && word.chars().all(|c| c.is_ascii_digit() || "dhms".contains(c))
}

/// Gaps of columns as three spaces: their width depends on what was masked.
fn collapsed(line: &str) -> String {
    let mut collapsed = String::new();
    let mut spaces = 0;
    for character in line.chars() {
        spaces = if character == ' ' { spaces + 1 } else { 0 };
        if spaces <= 3 {
            collapsed.push(character);
        }
    }
    collapsed
}

#[test]
fn what_differs_from_run_to_run_is_masked() {
    for (line, shown) in [
        ("until 2026-12-01T12:00:00Z.", "until MOMENT."),
        ("2026-12-01 12:00 UTC (in 1h20m)", "MOMENT (SPAN away)"),
        ("stage lead 1 of 2 for 2h", "stage lead 1 of 2 for 2h"),
        (
            "a     Active       12:00 (in 59m)     4s",
            "a   Active   MOMENT (SPAN away)   SPAN",
        ),
        ("id 9067c1e2-1234-4abc-8def-0123456789ab.", "id ID."),
        ("account 111122223333", "account 111122223333"),
        ("  for             1h", "  for             1h"),
        (
            "1111-database-e0dde32ca6923a2abd84283a1eec055b (Present)",
            "1111-database-ID (Present)",
        ),
    ] {
        assert_eq!(masked(line, &[]), shown);
    }
}
