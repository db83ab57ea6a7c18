//! Points in time as the kinds store them: UTC, whole seconds.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC, cut to whole seconds.
///
/// Whole seconds, because a status that is written and read again must be equal to what was written: otherwise
/// deciding twice on an unchanged world would write twice. Any RFC 3339 text is read; `2026-12-01T09:00:00Z` is
/// what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The point in time as chrono knows it.
    pub fn to_utc(self) -> DateTime<Utc> {
        self.0
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// This point in time moved by `delta`; `None` beyond what the calendar holds (the year 262,000).
    pub fn checked_add(self, delta: TimeDelta) -> Option<Self> {
        self.0.checked_add_signed(delta).map(Self::from)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// What a time has to look like that people write. Parsers of the API server and of the controller differ in what else they take;
/// what both read is a time in the years 1000 to 2999 that is on the calendar.
const WRITTEN_RULE: &str = "self.matches('^[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$') && (!self.contains('-02-29T') || int(self.substring(0, 4)) % 400 == 0 || (int(self.substring(0, 4)) % 4 == 0 && int(self.substring(0, 4)) % 100 != 0))";

/// The rule as a sentence.
const WRITTEN_SENTENCE: &str =
    "write a time such as 2026-12-01T09:00:00Z, or with an offset as in 2026-12-01T10:00:00+01:00";

/// The schema of a time that people write. Without `format: date-time`, which would make the API server refuse with its own words,
/// and the rule see a time instead of the text. Longer than any time: past it the API server would say "too long".
pub(super) fn written_by_people(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "maxLength": 64,
        "x-kubernetes-validations": [{ "rule": WRITTEN_RULE, "message": WRITTEN_SENTENCE }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Timestamp, serde_json::Error> {
        serde_json::from_value(serde_json::Value::from(text))
    }

    #[test]
    fn any_offset_and_fraction_is_read_and_utc_seconds_are_printed() {
        for text in [
            "2026-12-01T09:00:00Z",
            "2026-12-01T10:00:00+01:00",
            "2026-12-01T09:00:00.999Z",
        ] {
            assert_eq!(read(text).unwrap().to_string(), "2026-12-01T09:00:00Z", "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        assert!(read("2026-12-01T09:00:00").is_err());
        assert!(read("tomorrow").is_err());
    }

    /// Whatever passes the API server's format `date-time` and its `timestamp()` is read.
    #[test]
    fn every_form_of_a_time_that_the_api_server_takes_is_read() {
        for (text, utc) in [
            ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01t09:00:00z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00.5Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00.123456789Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00.1234567890123Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T11:00:00+02:00", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00-00:00", "2026-12-01T09:00:00Z"),
            ("2026-12-01T23:00:00.25+14:00", "2026-12-01T09:00:00Z"),
            ("2026-12-02T08:59:00+23:59", "2026-12-01T09:00:00Z"),
        ] {
            let read: Timestamp = serde_json::from_value(serde_json::json!(text)).unwrap();
            assert_eq!(read.to_string(), utc, "{text}");
        }
    }
}
