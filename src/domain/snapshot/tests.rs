//! Clocks that disagree.

use super::*;
use crate::domain::fixtures::minute;

fn clocks(api_server: Option<i64>, aws: Option<i64>) -> Clocks {
    Clocks {
        api_server_ahead: api_server.map(TimeDelta::seconds),
        aws_ahead: aws.map(TimeDelta::seconds),
    }
}

#[test]
fn a_clock_counts_as_another_only_beyond_the_tolerance() {
    // The API server's and AWS's clock, how far the three are apart, and what the latest and the earliest say.
    let table = [
        (None, None, 0, 0, 0),
        (Some(20), None, 20, 0, 0),
        (Some(20), Some(25), 25, 0, 0),
        (None, Some(30), 30, 0, 0),
        (None, Some(31), 31, 31, 0),
        (Some(31), Some(40), 40, 40, 0),
        (Some(-30), None, 30, 0, 0),
        (Some(-31), None, 31, 0, -31),
        (Some(-40), Some(-31), 40, 0, -40),
        (Some(-40), Some(40), 80, 40, -40),
    ];
    let tolerance = TimeDelta::seconds(30);
    let moved = |seconds| after(minute(0), TimeDelta::seconds(seconds));
    for (api_server, aws, spread, latest, earliest) in table {
        let clocks = clocks(api_server, aws);
        assert_eq!(clocks.spread(), TimeDelta::seconds(spread), "{clocks:?}");
        assert_eq!(clocks.latest(minute(0), tolerance), moved(latest), "{clocks:?}");
        assert_eq!(
            clocks.earliest(minute(0), tolerance),
            moved(earliest),
            "{clocks:?}"
        );
    }
}

#[test]
fn versions_are_compared_as_numbers() {
    assert!(is_later_version("10", "9"));
    assert!(!is_later_version("9", "9"));
}
