//! Lengths of time as people write them: `2h`, `90m`, `1h30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest length of time that can be written, in seconds: 8000 hours, eleven months.
const LONGEST_SECONDS: i64 = 8000 * 3600;

/// The same rule for the API server. The digit counts keep CEL's `duration()` from overflowing, whose own error
/// would be shown instead of our sentence.
const CEL_RULE: &str = "self.matches('^([0-9]{1,4}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?$') && self != '' \
                        && duration(self) > duration('0s') && duration(self) <= duration('8000h')";

/// What a length of time looks like, as a sentence.
const RULE: &str = "write a duration longer than zero and at most 8000h in whole hours, minutes and seconds, \
                    such as 90m, 2h or 1h30m";

/// A positive length of time in whole seconds, at most 8000 hours.
///
/// Written `([0-9]+h)?([0-9]+m)?([0-9]+s)?`; printed in its shortest form (`90m` prints as `1h30m`). A type of our
/// own because kube's duration panics on overflow, takes the empty string for zero and prints two hours as `7200s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanDuration {
    seconds: i64,
}

/// Why a text is no [`HumanDuration`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration: {RULE}")]
pub struct DurationError(String);

impl HumanDuration {
    /// A length of time in whole seconds; `None` when it is not positive or longer than 8000 hours.
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        if 0 < seconds && seconds <= LONGEST_SECONDS {
            Some(Self { seconds })
        } else {
            None
        }
    }

    /// Whole hours, for constants: out of range does not compile when used in one.
    pub const fn from_hours(hours: i64) -> Self {
        assert!(0 < hours && hours <= 8000, "a duration is 1 to 8000 hours");
        Self {
            seconds: hours * 3600,
        }
    }

    /// The length in seconds, 1 to 28,800,000.
    pub const fn seconds(self) -> i64 {
        self.seconds
    }
}

impl From<HumanDuration> for TimeDelta {
    fn from(duration: HumanDuration) -> Self {
        TimeDelta::seconds(duration.seconds)
    }
}

impl FromStr for HumanDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_seconds(text)
            .and_then(Self::from_seconds)
            .ok_or_else(|| DurationError(text.to_owned()))
    }
}

/// Reads `1h2m3s` with every part optional but in that order; `None` for anything else, overflow included.
fn parse_seconds(text: &str) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    let mut rest = text;
    let mut total: i64 = 0;
    for (unit, seconds) in [('h', 3600), ('m', 60), ('s', 1)] {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 && rest[digits..].starts_with(unit) {
            let count: i64 = rest[..digits].parse().ok()?;
            total = total.checked_add(count.checked_mul(seconds)?)?;
            rest = &rest[digits + 1..];
        }
    }
    rest.is_empty().then_some(total)
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, unit) in [
            (self.seconds / 3600, 'h'),
            (self.seconds / 60 % 60, 'm'),
            (self.seconds % 60, 's'),
        ] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for HumanDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "HumanDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            // Longer than any duration: past it the API server would say "too long" instead of our sentence.
            "maxLength": 64,
            "x-kubernetes-validations": [{ "rule": CEL_RULE, "message": RULE }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_in_every_form_and_prints_in_its_shortest() {
        for (text, seconds, printed) in [
            ("2h", 7200, "2h"),
            ("90m", 5400, "1h30m"),
            ("1h30m", 5400, "1h30m"),
            ("1s", 1, "1s"),
            ("0h5m", 300, "5m"),
            ("1h1s", 3601, "1h1s"),
            ("8000h", LONGEST_SECONDS, "8000h"),
        ] {
            let duration: HumanDuration = text.parse().unwrap();
            assert_eq!(duration.seconds(), seconds, "{text}");
            assert_eq!(duration.to_string(), printed);
            assert_eq!(
                duration.to_string().parse(),
                Ok(duration),
                "printing {text} and reading it again"
            );
        }
    }

    #[test]
    fn what_is_no_duration_gets_a_sentence_and_never_a_panic() {
        for text in [
            "",
            "0",
            "0s",
            "0h0m0s",
            "-1h",
            "+1h",
            "1.5h",
            "1h 30m",
            "30m1h",
            "1h1h",
            "2 hours",
            "h",
            "1",
            "1d",
            "8001h",
            "8000h1s",
            "99999999999999999999h",
            "9223372036854775807s",
            "９h",
            "1H",
        ] {
            let error = text.parse::<HumanDuration>().unwrap_err();
            assert!(error.to_string().contains("such as 90m, 2h or 1h30m"), "{error}");
        }
    }
}
