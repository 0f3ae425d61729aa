"""Families of metrics: how a figure of ours becomes one that Prometheus reads."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Labels = tuple[str, ...]
Values = Iterable[tuple[Labels, float]]


def one_label(values: Mapping[str, int]) -> Values:
    """Return figures by the one label that they have."""
    return [((label,), value) for label, value in values.items()]


def plain(name: str, about: str, value: float) -> Metric:
    """Return a gauge of one figure."""
    return gauge(name, about, (), [((), float(value))])


def gauge(name: str, about: str, labels: Labels, values: Values) -> Metric:
    """Return figures that go up and down."""
    return _filled(GaugeMetricFamily(f"fulfiller_{name}", about, labels=labels), values)


def counter(name: str, about: str, labels: Labels, values: Values) -> Metric:
    """Return totals."""
    return _filled(CounterMetricFamily(f"fulfiller_{name}", about, labels=labels), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Values) -> Metric:
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family
