//! Durations as people write them in settings: `250ms`, `2s`, `10m`, `12h`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Reads `250ms`, `2s`, `10m` or `12h`; one unit, a whole number.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds_each = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let milliseconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(milliseconds_each));
    match milliseconds {
        Some(milliseconds) if milliseconds_each > 0 => Ok(Duration::from_millis(milliseconds)),
        _ => Err(format!(
            "{text:?} is not a duration; write a whole number and a unit, such as 250ms, 2s, 10m or 12h"
        )),
    }
}

/// Writes what [`parse`] reads.
pub(super) fn write(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds {
        _ if !milliseconds.is_multiple_of(1_000) => format!("{milliseconds}ms"),
        _ if milliseconds == 0 || !milliseconds.is_multiple_of(60_000) => {
            format!("{}s", milliseconds / 1_000)
        }
        _ if !milliseconds.is_multiple_of(3_600_000) => format!("{}m", milliseconds / 60_000),
        _ => format!("{}h", milliseconds / 3_600_000),
    }
}

/// Serde's `with` entry point.
pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(*duration))
}

/// Serde's `with` entry point.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_again() {
        for text in ["0s", "250ms", "2s", "90s", "10m", "12h"] {
            assert_eq!(write(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in [
            "",
            "2",
            "s",
            "-2s",
            "1.5s",
            "99999999999999999999h",
            "18446744073709551615h",
            "2 s",
        ] {
            assert!(parse(text).unwrap_err().contains("10m"), "{text:?}");
        }
    }
}
