//! Families of series whose labels live as long as the program.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The names and values of the labels of one series.
pub(super) type Labels<const N: usize> = [(&'static str, &'static str); N];
/// Counters that begin with their first event.
pub(super) type Counters<const N: usize> = Family<Labels<N>, Counter>;
/// Gauges that have no series before they are set: unknown is not zero.
pub(super) type Gauges<const N: usize> = Family<Labels<N>, Gauge<f64, AtomicU64>>;
/// Histograms that begin with their first observation.
pub(super) type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// Counters under this name; the text format adds `_total`.
pub(super) fn counters<const N: usize>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
) -> Counters<N> {
    let family = Counters::default();
    registry.register(name, help, family.clone());
    family
}

/// Gauges under this name.
pub(super) fn gauges<const N: usize>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
) -> Gauges<N> {
    let family = Gauges::default();
    registry.register(name, help, family.clone());
    family
}

/// Histograms under this name, with these buckets.
pub(super) fn histograms<const N: usize>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
    buckets: fn() -> Histogram,
) -> Histograms<N> {
    let family = Histograms::new_with_constructor(buckets);
    registry.register(name, help, family.clone());
    family
}

/// From what nobody notices to what needs somebody: for what people wait for.
pub(super) fn minutes() -> Histogram {
    Histogram::new([1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0])
}

/// For what machines wait for.
pub(super) fn seconds() -> Histogram {
    Histogram::new([0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0])
}
