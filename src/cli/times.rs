//! Times as people read and write them: the local time first, UTC beside it.

use chrono::{DateTime, Duration, FixedOffset, Local, NaiveDateTime, NaiveTime, TimeZone as _, Utc};

use super::failure::{Failure, Kind};
use crate::api::{HumanDuration, Timestamp};

/// The time of this command, and the zone of the person.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Now.
    pub now: Timestamp,
    offset: fn(DateTime<Utc>) -> FixedOffset,
}

impl Times {
    /// Now, in the zone of this machine, or in UTC.
    pub fn here(utc: bool) -> Self {
        let local: fn(DateTime<Utc>) -> FixedOffset = |moment| *moment.with_timezone(&Local).offset();
        Self {
            now: now(),
            offset: if utc { |_| utc_offset() } else { local },
        }
    }

    /// The same zone, now.
    #[must_use]
    pub fn again(self) -> Self {
        Self { now: now(), ..self }
    }

    /// A moment in full: `2026-12-01 14:30 +01:00 (13:30 UTC)`.
    pub fn full(&self, moment: Timestamp) -> String {
        let local = self.local(moment);
        let utc = moment.to_utc();
        if local.offset().local_minus_utc() == 0 {
            return format!("{} UTC", utc.format("%Y-%m-%d %H:%M"));
        }
        let same_day = local.date_naive() == utc.date_naive();
        let there = utc.format(if same_day { "%H:%M" } else { "%Y-%m-%d %H:%M" });
        format!("{} ({there} UTC)", local.format("%Y-%m-%d %H:%M %:z"))
    }

    /// A moment in a table: `14:30` today, `Fri 14:30` within a week, else the date.
    pub fn short(&self, moment: Timestamp) -> String {
        let (local, today) = (self.local(moment), self.local(self.now).date_naive());
        let days = (local.date_naive() - today).num_days().abs();
        let form = match days {
            0 => "%H:%M",
            1..7 => "%a %H:%M",
            _ => "%Y-%m-%d %H:%M",
        };
        local.format(form).to_string()
    }

    /// How far away a moment is: `in 1h20m`, `4m ago`.
    pub fn away(&self, moment: Timestamp) -> String {
        let seconds = moment.unix_seconds() - self.now.unix_seconds();
        if seconds < 0 {
            format!("{} ago", span(-seconds))
        } else {
            format!("in {}", span(seconds))
        }
    }

    /// How long ago something was, without the word.
    pub fn age(&self, moment: Timestamp) -> String {
        span((self.now.unix_seconds() - moment.unix_seconds()).max(0))
    }

    /// The start that a person asks for: `09:00` today, `2026-12-02T09:00` in their zone, `+1h`, or RFC 3339.
    pub fn start(&self, text: &str) -> Result<Timestamp, Failure> {
        let start = self.moment(text).ok_or_else(|| {
            Failure::new(Kind::Usage, format!("--at {text:?} is no time."))
                .advise("Write 09:00 (today), 2026-12-02T09:00 (your zone), 2026-12-02T09:00:00Z or +1h30m.")
        })?;
        // A minute of grace: who types the time that it is means now.
        if start.unix_seconds() + 60 < self.now.unix_seconds() {
            return Err(Failure::new(
                Kind::Usage,
                format!(
                    "--at {text} is {}: it is now {}.",
                    self.away(start),
                    self.full(self.now)
                ),
            )
            .advise(
                "Leave --at out to start as soon as it is approved, or name a time to come with its date.",
            ));
        }
        Ok(start)
    }

    fn moment(&self, text: &str) -> Option<Timestamp> {
        if let Some(later) = text.strip_prefix('+') {
            return self.now.checked_add(later.parse::<HumanDuration>().ok()?.into());
        }
        if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
            return Some(exact.to_utc().into());
        }
        let written = match NaiveTime::parse_from_str(text, "%H:%M") {
            Ok(time) => self.local(self.now).date_naive().and_time(time),
            Err(_) => ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
                .iter()
                .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?,
        };
        // The offset may change until then, at the end of summer time for instance: the one of that day counts.
        let guess = written.and_utc() - self.shift(self.now.to_utc());
        let exact = written.and_utc() - self.shift(guess);
        Some(exact.into())
    }

    fn shift(&self, moment: DateTime<Utc>) -> Duration {
        Duration::seconds((self.offset)(moment).local_minus_utc().into())
    }

    fn local(&self, moment: Timestamp) -> DateTime<FixedOffset> {
        let utc = moment.to_utc();
        (self.offset)(utc).from_utc_datetime(&utc.naive_utc())
    }
}

/// The time of this machine. A command asks for it at its beginning, and again after it waited.
#[expect(clippy::disallowed_methods, reason = "this is where commands read the clock")]
pub fn now() -> Timestamp {
    Utc::now().into()
}

fn utc_offset() -> FixedOffset {
    use chrono::Offset as _;
    Utc.fix()
}

/// A length of time in its two largest units: `3d4h`, `1h20m`, `4m`, `30s`.
pub fn span(seconds: i64) -> String {
    let parts = [
        (seconds / 86_400, 'd'),
        (seconds / 3600 % 24, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    let Some(first) = parts.iter().position(|(count, _)| *count > 0) else {
        return "0s".to_owned();
    };
    // Seconds beside minutes only while they are few.
    let shown = if first == 2 && parts[2].0 >= 10 { 1 } else { 2 };
    let counted = parts[first..].iter().take(shown).filter(|(count, _)| *count > 0);
    counted
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect::<Vec<_>>()
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, hours_east: i32) -> Times {
        let zone: fn(DateTime<Utc>) -> FixedOffset = match hours_east {
            0 => |_| utc_offset(),
            _ => |_| FixedOffset::east_opt(2 * 3600).unwrap(),
        };
        Times {
            now: time(text),
            offset: zone,
        }
    }

    fn time(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    #[test]
    fn the_local_time_stands_first_and_utc_beside_it() {
        let here = at("2026-12-01T09:00:00Z", 2);
        assert_eq!(
            here.full(time("2026-12-01T09:00:00Z")),
            "2026-12-01 11:00 +02:00 (09:00 UTC)"
        );
        assert_eq!(
            here.full(time("2026-12-01T23:00:00Z")),
            "2026-12-02 01:00 +02:00 (2026-12-01 23:00 UTC)"
        );
        assert_eq!(
            at("2026-12-01T09:00:00Z", 0).full(time("2026-12-01T09:00:00Z")),
            "2026-12-01 09:00 UTC"
        );
    }

    #[test]
    fn tables_leave_out_what_is_known() {
        let here = at("2026-12-01T09:00:00Z", 0);
        for (moment, shown) in [
            ("2026-12-01T14:30:00Z", "14:30"),
            ("2026-12-04T14:30:00Z", "Fri 14:30"),
            ("2026-12-20T14:30:00Z", "2026-12-20 14:30"),
        ] {
            assert_eq!(here.short(time(moment)), shown);
        }
        assert_eq!(here.away(time("2026-12-01T10:20:00Z")), "in 1h20m");
        assert_eq!(here.away(time("2026-12-01T08:56:00Z")), "4m ago");
    }

    #[test]
    fn a_start_is_written_in_four_forms() {
        let here = at("2026-12-01T06:00:00Z", 2);
        for (text, start) in [
            ("09:00", "2026-12-01T07:00:00Z"),
            ("2026-12-02T09:00", "2026-12-02T07:00:00Z"),
            ("2026-12-02T09:00:00Z", "2026-12-02T09:00:00Z"),
            ("+1h30m", "2026-12-01T07:30:00Z"),
        ] {
            assert_eq!(here.start(text).unwrap(), time(start), "{text}");
        }
    }

    #[test]
    fn a_start_in_the_past_and_no_time_at_all_are_explained() {
        let here = at("2026-12-01T09:00:00Z", 0);
        for (text, says) in [
            ("08:00", "is 1h ago: it is now 2026-12-01 09:00 UTC"),
            ("2026-11-30T09:00:00Z", "is 1d ago"),
            ("soon", "is no time"),
            ("+0h", "is no time"),
            ("25:00", "is no time"),
        ] {
            let failure = here.start(text).unwrap_err();
            assert_eq!(failure.kind, Kind::Usage);
            assert!(failure.sentence.contains(says), "{text}: {failure}");
        }
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        for (seconds, shown) in [
            (0, "0s"),
            (59, "59s"),
            (90, "1m30s"),
            (3000, "50m"),
            (4800, "1h20m"),
            (100_000, "1d3h"),
        ] {
            assert_eq!(span(seconds), shown);
        }
    }
}
