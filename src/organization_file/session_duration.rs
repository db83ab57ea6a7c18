//! Session durations of permission sets, as AWS writes them.

use std::time::Duration;

/// A session duration as AWS writes it, in whole minutes.
pub fn session_duration(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("PT{minutes}M"),
        (hours, 0) => format!("PT{hours}H"),
        (hours, minutes) => format!("PT{hours}H{minutes}M"),
    }
}

/// Whether AWS would take this as the session duration of a permission set: one hour to twelve.
pub fn is_session_duration(text: &str) -> bool {
    session_minutes(text).is_some_and(|minutes| (60..=12 * 60).contains(&minutes))
}

/// Minutes of the ISO 8601 durations AWS uses here: `PT` with hours, minutes, or both.
pub fn session_minutes(text: &str) -> Option<u32> {
    let rest = text.strip_prefix("PT")?;
    let (hours, rest) = match rest.split_once('H') {
        Some((hours, rest)) => (hours.parse::<u32>().ok()?, rest),
        None => (0, rest),
    };
    let minutes = match rest.strip_suffix('M') {
        Some(minutes) => minutes.parse::<u32>().ok()?,
        None if rest.is_empty() => 0,
        None => return None,
    };
    hours.checked_mul(60)?.checked_add(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_duration_reads_back_as_it_was_written() {
        for minutes in [60, 90, 12 * 60] {
            let text = session_duration(Duration::from_secs(minutes * 60));
            assert_eq!(session_minutes(&text).map(u64::from), Some(minutes), "{text}");
        }
        assert!(!is_session_duration("PT20H") && !is_session_duration("1h"));
    }
}
