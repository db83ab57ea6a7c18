//! Just enough Rust to judge a file by its text: where its code is, which paths it names, where its functions
//! begin and end.
//!
//! Caveats: code inside macros is read as if it were plain code, and a path that a macro puts together from
//! pieces is not seen. Both are rare enough that a real parser is not worth its build time.

/// A source file and its code: the same text with comments, strings and characters blanked, so that offsets and
/// line numbers stay what they were.
pub(crate) struct RustFile {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) code: String,
}

/// A path as the code names it: `crate::api::Reason`, or a single word. `use a::{b, c}` gives two.
#[derive(Debug)]
pub(crate) struct NamedPath<'a> {
    pub(crate) line: usize,
    pub(crate) segments: Vec<&'a str>,
    /// Named by `use` or `extern crate`; then a single word is a crate, else it is perhaps only a variable.
    pub(crate) imported: bool,
}

/// A word, `::`, or a single other character.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// A function with a body; lines count from one and include signature and closing brace.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
    /// Index of the token `fn`.
    pub(crate) token: usize,
}

impl RustFile {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: code_only(text),
        }
    }

    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        let mut line = 1;
        let mut rest = self.code.as_str();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            if !first.is_whitespace() {
                tokens.push(Token {
                    text: &rest[..length],
                    line,
                });
            }
            line += usize::from(first == '\n');
            rest = &rest[length..];
        }
        tokens
    }

    pub(crate) fn named_paths(&self) -> Vec<NamedPath<'_>> {
        let tokens = self.tokens();
        let text_at = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let mut paths = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let importing = at > 0
                && (text_at(at - 1) == "use"
                    || (text_at(at - 1) == "crate" && at > 1 && text_at(at - 2) == "extern"));
            let goes_on = at > 1 && text_at(at - 1) == "::" && text_at(at - 2) == ">";
            if importing || starts_word(text_at(at)) {
                // `<Utc as Clock>::now` is a path whose beginning is not a word.
                let prefix: &[&str] = if goes_on { &["_"] } else { &[] };
                at = read_path(&tokens, at, prefix, importing, &mut paths).max(at + 1);
            } else {
                at += 1;
            }
        }
        paths
    }

    pub(crate) fn functions(&self) -> Vec<Function<'_>> {
        let tokens = self.tokens();
        let mut functions = Vec::new();
        for (at, pair) in tokens.windows(2).enumerate() {
            if pair[0].text != "fn" || !starts_word(pair[1].text) {
                continue;
            }
            let Some((_, close)) = body_after(&tokens, at) else {
                continue;
            };
            let (first_line, last_line) = (pair[0].line, tokens[close].line);
            functions.push(Function {
                name: pair[1].text,
                first_line,
                last_line,
                token: at,
            });
        }
        functions
    }
}

/// The tokens of the `{` and `}` of the item that begins at `start`; None when it ends with `;` instead.
pub(crate) fn body_after(tokens: &[Token<'_>], start: usize) -> Option<(usize, usize)> {
    let mut inside = 0_usize;
    let open = (start..tokens.len()).find(|&at| {
        match tokens[at].text {
            "(" | "[" => inside += 1,
            ")" | "]" => inside = inside.saturating_sub(1),
            _ => {}
        }
        inside == 0 && matches!(tokens[at].text, "{" | ";")
    })?;
    if tokens[open].text == ";" {
        return None;
    }
    let mut depth = 0_usize;
    let close = (open..tokens.len()).find(|&at| {
        match tokens[at].text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some((open, close))
}

/// Reads one path or, in a `use`, one tree of them; answers where reading goes on.
fn read_path<'a>(
    tokens: &[Token<'a>],
    start: usize,
    prefix: &[&'a str],
    imported: bool,
    paths: &mut Vec<NamedPath<'a>>,
) -> usize {
    let text_at = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut at = start;
    let line = tokens[start].line;
    let mut segments = prefix.to_vec();
    if text_at(at) == "::" {
        at += 1;
    }
    loop {
        if text_at(at) == "{" {
            at += 1;
            while at < tokens.len() && text_at(at) != "}" {
                let next = if text_at(at) == "," {
                    at + 1
                } else {
                    read_path(tokens, at, &segments, imported, paths)
                };
                at = next.max(at + 1);
            }
            return at + 1;
        }
        if !starts_word(text_at(at)) && text_at(at) != "*" {
            break;
        }
        segments.push(text_at(at));
        at += 1;
        let next = text_at(at + 1);
        if text_at(at) != "::" || !(starts_word(next) || next == "{" || next == "*") {
            break;
        }
        at += 1;
    }
    if imported && text_at(at) == "as" {
        at += 2;
    }
    if !segments.is_empty() {
        paths.push(NamedPath {
            line,
            segments,
            imported,
        });
    }
    at
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn starts_word(token: &str) -> bool {
    token.chars().next().is_some_and(is_word)
}

fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let Some(end) = end_of_opaque(bytes, at) else {
            code.push(bytes[at]);
            at += 1;
            continue;
        };
        code.extend(
            bytes[at..end]
                .iter()
                .map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }),
        );
        at = end;
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// Where the comment, string or character that begins at `at` ends; None when code stands there.
fn end_of_opaque(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let length = match rest {
        [b'/', b'/', ..] => rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, b'"'),
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', first, ..] if *first != b'\'' => character(rest, *first)?,
        [b'r', ..] if at == 0 || !starts_word_byte(bytes[at - 1]) || ends_prefix(bytes, at) => {
            raw_string(rest)?
        }
        _ => return None,
    };
    Some(at + length)
}

fn starts_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `br"…"` and `cr"…"`: the letter before the `r` belongs to the string when it stands alone.
fn ends_prefix(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at - 1], b'b' | b'c') && (at == 1 || !starts_word_byte(bytes[at - 2]))
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `'x'`, but not the lifetime `'x`.
fn character(rest: &[u8], first: u8) -> Option<usize> {
    let width = match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

/// `r"…"` and `r#"…"#`, but not the word `r#type`.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&byte| byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let mut closing = vec![b'"'];
    closing.resize(1 + hashes, b'#');
    let content = &rest[2 + hashes..];
    let end = content
        .windows(closing.len())
        .position(|window| window == closing);
    Some(end.map_or(rest.len(), |end| 2 + hashes + end + closing.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        RustFile::new("x.rs", text)
            .named_paths()
            .iter()
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[track_caller]
    fn assert_blank(opaque: &str) {
        let file = RustFile::new("x.rs", &format!("before {opaque} after"));
        let words: Vec<&str> = file
            .code
            .split_whitespace()
            .filter(|word| !matches!(*word, "b" | "c"))
            .collect();
        assert_eq!(words, ["before", "after"], "{opaque}");
        assert_eq!(
            file.code.len(),
            file.text.len(),
            "offsets must not move: {opaque}"
        );
    }

    #[test]
    fn comments_strings_and_characters_are_no_code() {
        for opaque in [
            "/* a /* nested */ comment */",
            r#""a \" quote and // no comment""#,
            r##"r#"raw " text"#"##,
            r#"br"bytes""#,
            r"'\''",
            "'ü'",
            "'\"'",
            "// to the end of the line\n",
        ] {
            assert_blank(opaque);
        }
    }

    #[test]
    fn lifetimes_and_raw_words_are_code() {
        assert_eq!(
            paths("fn f<'a>(r#type: &'a str)"),
            ["fn", "f", "a", "r", "type", "a", "str"]
        );
    }

    #[test]
    fn a_use_tree_gives_each_path_that_it_names() {
        let tree = "use crate::{\n    api::{self, Reason as Why},\n    ports::*,\n};";
        assert_eq!(
            paths(tree),
            ["use", "crate::api::self", "crate::api::Reason", "crate::ports::*"]
        );
    }

    #[test]
    fn paths_are_found_in_expressions_types_and_qualified_calls() {
        assert_eq!(
            paths("let x: Vec<a::B> = c::d::<E>();"),
            ["let", "x", "Vec", "a::B", "c::d", "E"]
        );
        assert_eq!(paths("<Utc>::now()"), ["Utc", "_::now"]);
    }

    #[test]
    fn a_function_ends_where_its_body_ends() {
        let file = RustFile::new(
            "x.rs",
            "fn a(x: [u8; 2]) {\n  if true {\n  }\n}\nfn b();\nlet f: fn(u8) = a;\n",
        );
        let functions = file.functions();
        assert_eq!(functions.len(), 1);
        assert_eq!(
            (functions[0].name, functions[0].first_line, functions[0].last_line),
            ("a", 1, 4)
        );
    }
}
