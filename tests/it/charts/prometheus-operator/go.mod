// The module whose files define ServiceMonitor, PodMonitor and PrometheusRule for the tests of the charts.
module team-operator.io/tests/prometheus-operator

go 1.24.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
