//! Session durations of permission sets, as AWS writes them.

/// Whether AWS would take this as the session duration of a permission set: one hour to twelve.
pub(super) fn is_session_duration(text: &str) -> bool {
    session_minutes(text).is_some_and(|minutes| (60..=12 * 60).contains(&minutes))
}

/// Minutes of the ISO 8601 durations AWS uses here: `PT` with hours, minutes, or both.
pub(super) fn session_minutes(text: &str) -> Option<u32> {
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
