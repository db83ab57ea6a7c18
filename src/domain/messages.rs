//! Pieces of sentences for people.

use super::snapshot::RequestFacts;

/// How many people a sentence names.
pub(super) const NAMED: usize = 5;

/// The longest message that a status takes, in characters (the schema's limit).
const LONGEST_MESSAGE: usize = 2048;

/// `a, b, c, d, e and 3 more`; `nobody` for an empty list.
pub(super) fn people(names: &[String]) -> String {
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "nobody".to_owned(),
        count if count > NAMED => format!("{first} and {} more", count - NAMED),
        _ => first,
    }
}

/// The line with which people do something about a request; none where nobody has made it.
pub(super) fn plugin_line(verb: &str, request: &RequestFacts) -> Option<String> {
    let RequestFacts { name, namespace, .. } = request;
    (!name.is_empty()).then(|| format!("kubectl team {verb} {name} -n {namespace}"))
}

/// What keeps something, and that it is tried again; said once, where the reason is a sentence that says so itself.
pub fn tried_again(why: &str) -> String {
    let why = shortened(
        why.trim_end_matches('.'),
        LONGEST_MESSAGE - " It is tried again.".len() - 1,
    );
    if why.contains("It is tried again") {
        return format!("{why}.");
    }
    format!("{why}. It is tried again.")
}

/// `text`, cut to what a status takes.
pub fn message(text: &str) -> String {
    shortened(text, LONGEST_MESSAGE)
}

/// `text` in one line, cut to `longest` characters. AWS and others write line breaks into their errors; in a log or a terminal
/// the next line would be theirs.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    let line: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if line.chars().count() <= longest {
        return line;
    }
    let mut cut: String = line.chars().take(longest - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_it_is_tried_again_is_said_once() {
        assert_eq!(tried_again("no answer"), "no answer. It is tried again.");
        assert_eq!(tried_again("No answer."), "No answer. It is tried again.");
        let said = "AWS asks for fewer calls. It is tried again; look who else calls.";
        assert_eq!(tried_again(said), said);
    }

    #[test]
    fn the_first_five_people_are_named_and_the_others_counted() {
        let names: Vec<String> = (1..=7).map(|number| format!("p{number}")).collect();
        assert_eq!(people(&[]), "nobody");
        assert_eq!(people(&names[..2]), "p1, p2");
        assert_eq!(people(&names[..5]), "p1, p2, p3, p4, p5");
        assert_eq!(people(&names), "p1, p2, p3, p4, p5 and 2 more");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(shortened("äöü", 2), "ä…");
        assert_eq!(shortened("äö", 2), "äö");
    }

    #[test]
    fn a_long_reason_leaves_room_for_what_is_done_about_it() {
        let said = tried_again(&"ä".repeat(5_000));
        assert_eq!(said.chars().count(), LONGEST_MESSAGE);
        assert!(said.ends_with("…. It is tried again."), "{said}");
    }

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(message("denied\r\nby \u{1b}[31mpolicy"), "denied  by  [31mpolicy");
    }
}
