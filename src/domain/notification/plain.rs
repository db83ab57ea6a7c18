//! The one function that every text passes which is not in our source.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A text of others that does nothing where it is shown: it names nobody, links nowhere, and what is seen is what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Defused(String);

impl Defused {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Defused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `text` in one line of at most `longest` characters, in which control, direction and zero-width characters are visible, no
/// address is a link and no beginning is a formula. What a medium takes for markup besides, its adapter escapes.
pub fn defused(text: &str, longest: usize) -> Defused {
    let mut plain = String::with_capacity(text.len());
    if text.starts_with(['=', '+', '-', '@']) {
        plain.push('\'');
    }
    for character in text.chars() {
        if is_misleading(character) {
            plain.extend(format!("<U+{:04X}>", u32::from(character)).chars());
        } else {
            plain.push(character);
        }
    }
    // A medium that makes links of what looks like one finds none.
    let plain = plain.replace("://", ": //");
    if plain.chars().count() <= longest {
        return Defused(plain);
    }
    let mut cut: String = plain.chars().take(longest.saturating_sub(1)).collect();
    cut.push('…');
    Defused(cut)
}

/// Characters that end a line, move the cursor, turn the direction of text or show nothing.
fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e01ef}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_does_nothing() {
        for (text, plain) in [
            ("restore of the orders table", "restore of the orders table"),
            ("Ünïcode 表 emoji 🙂 <b>", "Ünïcode 表 emoji 🙂 <b>"),
            ("two\r\nlines", "two<U+000D><U+000A>lines"),
            ("\u{202e}gpj.exe", "<U+202E>gpj.exe"),
            ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>"),
            ("see https://evil.example/x", "see https: //evil.example/x"),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@channel", "'@channel"),
        ] {
            assert_eq!(defused(text, 100).as_str(), plain);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(defused("äöüß", 3).as_str(), "äö…");
        assert_eq!(defused("äöü", 3).as_str(), "äöü");
    }
}
