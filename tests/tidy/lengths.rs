//! How long a file and a function may be.

use super::repository::Finding;
use super::source::RustFile;

/// A file longer than this holds more than one idea, or none.
const FILE_LINES: usize = 400;

/// What fits on a screen, signature and closing brace included.
const FUNCTION_LINES: usize = 70;

/// Something that is longer than the rule and stays so, with the reason. It may shrink and must not grow: an
/// exception that is no longer needed is itself a finding.
pub(crate) struct Exception {
    pub(crate) path: &'static str,
    /// None: the file as a whole.
    pub(crate) function: Option<&'static str>,
    pub(crate) at_most: usize,
    pub(crate) reason: &'static str,
}

pub(crate) const EXCEPTIONS: &[Exception] = &[];

/// A file or function over the rule's length.
struct Long<'a> {
    path: &'a str,
    function: Option<&'a str>,
    line: usize,
    lines: usize,
}

pub(crate) fn too_long(files: &[RustFile], exceptions: &[Exception]) -> Vec<Finding> {
    let long: Vec<Long<'_>> = files.iter().flat_map(over_the_rule).collect();
    let mut findings: Vec<Finding> = Vec::new();
    for over in &long {
        let what_to_do = match exceptions.iter().find(|exception| exception.covers(over)) {
            Some(exception) if over.lines <= exception.at_most => continue,
            Some(exception) => format!("its exception ends at {}", exception.at_most),
            None => "divide it, or add an exception with its reason".to_owned(),
        };
        findings.push(over.finding(&what_to_do));
    }
    for exception in exceptions {
        let at = |sentence: String| Finding::new(exception.path, 1, sentence);
        let name = exception.function.unwrap_or("the file");
        if exception.reason.trim().is_empty() {
            findings.push(at(format!("the exception for {name} gives no reason")));
        }
        if !long.iter().any(|over| exception.covers(over)) {
            findings.push(at(format!(
                "the exception for {name} is no longer needed: remove it"
            )));
        }
    }
    findings
}

impl Exception {
    fn covers(&self, over: &Long<'_>) -> bool {
        self.path == over.path && self.function == over.function
    }
}

impl Long<'_> {
    fn finding(&self, what_to_do: &str) -> Finding {
        let (name, rule) = match self.function {
            Some(function) => (format!("`{function}`"), FUNCTION_LINES),
            None => ("the file".to_owned(), FILE_LINES),
        };
        Finding::new(
            self.path,
            self.line,
            format!("{name} has {} lines of at most {rule}: {what_to_do}", self.lines),
        )
    }
}

fn over_the_rule(file: &RustFile) -> Vec<Long<'_>> {
    let path = file.path.as_str();
    let whole = Long {
        path,
        function: None,
        line: 1,
        lines: file.text.lines().count(),
    };
    let functions = file.functions().into_iter().map(|function| Long {
        path,
        function: Some(function.name),
        line: function.first_line,
        lines: function.last_line - function.first_line + 1,
    });
    let is_over = |long: &Long<'_>| {
        long.lines
            > if long.function.is_some() {
                FUNCTION_LINES
            } else {
                FILE_LINES
            }
    };
    std::iter::once(whole).chain(functions).filter(is_over).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function_of(lines: usize) -> RustFile {
        RustFile::new(
            "src/a.rs",
            &format!("\nfn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2)),
        )
    }

    fn exception(function: Option<&'static str>, at_most: usize) -> Exception {
        Exception {
            path: "src/a.rs",
            function,
            at_most,
            reason: "a table reads best in one piece",
        }
    }

    #[track_caller]
    fn check(file: &RustFile, exceptions: &[Exception], expected: &[&str]) {
        let found: Vec<String> = too_long(std::slice::from_ref(file), exceptions)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_function_may_have_seventy_lines_and_no_more() {
        check(&function_of(70), &[], &[]);
        let sentence = "`long` has 71 lines of at most 70: divide it, or add an exception with its reason";
        check(&function_of(71), &[], &[&format!("src/a.rs:2: {sentence}")]);
    }

    #[test]
    fn a_file_may_have_four_hundred_lines_and_no_more() {
        check(&RustFile::new("src/a.rs", &"// why\n".repeat(400)), &[], &[]);
        let sentence =
            "the file has 401 lines of at most 400: divide it, or add an exception with its reason";
        check(
            &RustFile::new("src/a.rs", &"// why\n".repeat(401)),
            &[],
            &[&format!("src/a.rs:1: {sentence}")],
        );
    }

    #[test]
    fn an_exception_holds_up_to_its_own_end() {
        check(&function_of(80), &[exception(Some("long"), 80)], &[]);
        let sentence = "`long` has 81 lines of at most 70: its exception ends at 80";
        check(
            &function_of(81),
            &[exception(Some("long"), 80)],
            &[&format!("src/a.rs:2: {sentence}")],
        );
    }

    #[test]
    fn an_exception_without_need_or_reason_is_found() {
        let sentence = "src/a.rs:1: the exception for long is no longer needed: remove it";
        check(&function_of(70), &[exception(Some("long"), 80)], &[sentence]);
        let silent = Exception {
            reason: " ",
            ..exception(Some("long"), 80)
        };
        check(
            &function_of(80),
            &[silent],
            &["src/a.rs:1: the exception for long gives no reason"],
        );
    }
}
