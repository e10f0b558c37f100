"""How often requests fail and how long they take, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.culture.estimate import Estimate, Figure, ratio_of_sums, too_few, wilson
from core.culture.features import Features
from core.culture.observations import Observations
from core.telemetry import latency

LEAST_EVENTS = 20


@dataclass(frozen=True)
class FeatureErrors:
    """The error rate of one feature."""

    feature: str
    label: str
    error_rate: Figure


@dataclass(frozen=True)
class Reliability:
    """Errors are events of type error and answers of 500 and above, as a share of all events."""

    error_rate: Figure
    mean_ms: Figure
    p95_ms: Figure
    by_feature: tuple[FeatureErrors, ...]


def read_reliability(observed: Observations, features: Features) -> Reliability:
    """Return the error rate and the mean duration of the window, and the features worst first."""
    hours = observed.hours_in(observed.window)
    counted = observed.counted_in(observed.window)
    timed = [row for row in hours if row.timed]
    by_feature = [
        FeatureErrors(item.feature, item.label, _rate(item.errors, item.events))
        for item in features.items
        if item.events
    ]
    by_feature.sort(key=lambda row: -getattr(row.error_rate, "value", -1.0))
    return Reliability(
        error_rate=_rate(sum(row.errors for row in counted), sum(row.events for row in counted)),
        mean_ms=ratio_of_sums([float(row.ms_sum) for row in timed], [float(row.timed) for row in timed], "timed hours"),
        p95_ms=_p95(observed.latencies),
        by_feature=tuple(by_feature),
    )


def _rate(errors: int, events: int) -> Figure:
    return wilson(errors, events) if events >= LEAST_EVENTS else too_few("events", LEAST_EVENTS, events)


def _p95(latencies: Mapping[int, int]) -> Figure:
    n = sum(latencies.values())
    value = latency.quantile(latencies, 0.95)
    if n < LEAST_EVENTS or value is None:
        return too_few("events with a duration", LEAST_EVENTS, n)
    low, high = latency.bounds(latency.bucket(round(value)))
    return Estimate(value, float(low), float(high), n, "from buckets half an octave wide: the bucket's bounds")
