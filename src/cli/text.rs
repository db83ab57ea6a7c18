//! Words of others in a terminal: nothing that they wrote moves the cursor, hides, or looks like a line of ours.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Whether a character moves the cursor, turns the direction of text, ends a line or shows nothing.
pub fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of somebody's words, with every misleading character written out, such as `\u{202e}`.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_misleading(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Somebody's words, line by line behind a bar.
pub fn quoted(text: &str) -> String {
    let lines: Vec<String> = text
        .trim_end_matches(['\n', '\r'])
        .split('\n')
        .map(|line| format!("│ {}", visible(line.trim_end_matches('\r'))))
        .collect();
    lines.join("\n")
}

/// The same, broken where the terminal ends, so that what goes on does not look like a line of ours.
pub fn quoted_within(text: &str, width: usize) -> String {
    let width = width.saturating_sub(2).max(10);
    let lines = text.trim_end_matches(['\n', '\r']).split('\n');
    let broken = lines.flat_map(|line| broken(&visible(line.trim_end_matches('\r')), width));
    broken
        .map(|line| format!("│ {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A line in pieces of at most this width, broken at spaces where there are some.
pub fn broken(line: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let mut rest = word;
        while !rest.is_empty() {
            let last = pieces.len() - 1;
            let used = pieces[last].width();
            if used + rest.trim_end().width() <= width {
                pieces[last].push_str(rest);
                break;
            }
            if used > 0 {
                pieces.push(String::new());
                continue;
            }
            let head = fitting(rest, width);
            pieces[last].push_str(head);
            rest = &rest[head.len()..];
            pieces.push(String::new());
        }
    }
    let mut lines: Vec<String> = pieces.iter().map(|piece| piece.trim_end().to_owned()).collect();
    while lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The beginning of a text that fits, at least one character.
fn fitting(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > width && at > 0 {
            return &text[..at];
        }
    }
    text
}

/// A text of at most this width; what is cut off shows as `…`.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = fitting(text, width.saturating_sub(1)).to_owned();
    kept.push('…');
    kept
}

/// The first five names, and how many more there are.
pub fn first_names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| visible(name)).collect();
    match names.len().saturating_sub(5) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// An argument of a printed command, in quotes where a shell would take it apart.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", visible(word).replace('\'', "'\\''"))
}

/// JSON in which every misleading character is written out; it reads back as the same values.
pub fn safe_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_misleading(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_hides_is_written_out() {
        for (text, shown) in [
            ("restore of the orders table", "restore of the orders table"),
            ("größe 表 👩\u{fe0f}", "größe 表 👩\u{fe0f}"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{9b}2Jb", "a\\u{9b}2Jb"),
            ("ab\u{202e}cd", "ab\\u{202e}cd"),
            ("a\u{200b}b", "a\\u{200b}b"),
            ("a\rb\tc", "a\\u{d}b\\u{9}c"),
            ("שלום", "שלום"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn a_quote_has_a_bar_in_front_of_each_of_its_lines() {
        assert_eq!(quoted("one\ntwo\r\n"), "│ one\n│ two");
        assert_eq!(quoted(""), "│ ");
        assert_eq!(
            quoted_within("Approve alice? [y/N] yes please", 14),
            "│ Approve\n│ alice? [y/N]\n│ yes please"
        );
        assert_eq!(
            quoted_within(&"x".repeat(25), 14),
            "│ xxxxxxxxxxxx\n│ xxxxxxxxxxxx\n│ x"
        );
    }

    #[test]
    fn a_cut_text_is_no_wider_than_asked() {
        for (text, width, shown) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("表表表", 4, "表…"),
            ("abc", 1, "a…"),
        ] {
            assert_eq!(cut(text, width), shown);
        }
    }

    #[test]
    fn json_reads_back_as_it_was_and_shows_everything() {
        let value = serde_json::json!({ "a": "x\u{202e}y\u{9b}\u{e0041}\n" });
        let safe = safe_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!safe.chars().any(|c| c != '\n' && is_misleading(c)), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn a_printed_command_can_be_pasted() {
        assert_eq!(shell_word("orders-x7k2p"), "orders-x7k2p");
        assert_eq!(shell_word("it's here"), "'it'\\''s here'");
        assert_eq!(shell_word(""), "''");
    }
}
