//! AWS writes session durations as ISO 8601, `PT1H30M`.

use std::time::Duration;

/// Reads `PnDTnHnMnS` with whole numbers; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let seconds =
        amount(days, &[('D', 86_400)])?.checked_add(amount(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn amount(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total = 0_u64;
    for (unit, seconds) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*seconds)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_aws_are_read_and_nonsense_is_not() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        assert_eq!(parse("PT1H"), hours(1));
        assert_eq!(parse("PT12H"), hours(12));
        assert_eq!(parse("PT60M"), hours(1));
        assert_eq!(parse("P1D"), hours(24));
        assert_eq!(parse("PT1H30M"), Some(Duration::from_mins(90)));
        for wrong in [
            "",
            "P",
            "PT",
            "1H",
            "PT1.5H",
            "PTH",
            "PT-1H",
            "PT1H1H",
            "PT99999999999999999999H",
            "3600",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
