"""How often requests fail and how long they take, with intervals: by feature, by version and against peers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.culture.estimate import Z95, Estimate, Figure, known, ratio_of_sums, too_few, wilson
from core.culture.features import Features
from core.culture.observations import Observations
from core.culture.peers import LEAST_PEERS, Peers
from core.telemetry import latency

LEAST_EVENTS = 20


@dataclass(frozen=True)
class FeatureErrors:
    """The error rate of one feature."""

    feature: str
    label: str
    error_rate: Figure


@dataclass(frozen=True)
class VersionErrors:
    """The error rate of the events that one version of ours sent; `stands_out` where its interval misses the rest's."""

    version: str
    error_rate: Figure
    stands_out: Literal["above", "below"] | None


@dataclass(frozen=True)
class AgainstPeers:
    """The error rate beside that of peers: the middle of theirs, and the range that half of them lie in.

    `stands_out` is said only where the whole interval lies outside of that range.
    """

    median: Figure
    stands_out: Literal["above", "below"] | None
    basis: str


@dataclass(frozen=True)
class Reliability:
    """Errors are events of type error and answers of 500 and above, as a share of all events."""

    error_rate: Figure
    mean_ms: Figure
    p95_ms: Figure
    by_feature: tuple[FeatureErrors, ...]
    by_version: tuple[VersionErrors, ...]
    peers: AgainstPeers


def read_reliability(observed: Observations, features: Features, peers: Peers) -> Reliability:
    """Return the error rate and durations of the window, features and versions worst first, and peers beside them."""
    hours = observed.hours_in(observed.window)
    counted = observed.counted_in(observed.window)
    timed = [row for row in hours if row.timed]
    by_feature = [
        FeatureErrors(item.feature, item.label, rate(item.errors, item.events))
        for item in features.items
        if item.events
    ]
    by_feature.sort(key=lambda row: _worst_first(row.error_rate))
    whole = rate(sum(row.errors for row in counted), sum(row.events for row in counted))
    return Reliability(
        error_rate=whole,
        mean_ms=ratio_of_sums([float(row.ms_sum) for row in timed], [float(row.timed) for row in timed], "timed hours"),
        p95_ms=_p95(observed.latencies),
        by_feature=tuple(by_feature),
        by_version=_by_version(observed),
        peers=_against(whole, peers),
    )


def rate(errors: int, events: int) -> Figure:
    """Return the share that failed with Wilson's interval, or abstain below 20 events."""
    return wilson(errors, events) if events >= LEAST_EVENTS else too_few("events", LEAST_EVENTS, events)


def _by_version(observed: Observations) -> tuple[VersionErrors, ...]:
    facets = observed.facet("version")
    errors, events = sum(each.errors for each in facets), sum(each.events for each in facets)
    found = []
    for each in facets:
        own, rest = rate(each.errors, each.events), rate(errors - each.errors, events - each.events)
        found.append(VersionErrors(each.value, own, _beside(own, rest)))
    return tuple(sorted(found, key=lambda row: _worst_first(row.error_rate)))


def _worst_first(figure: Figure) -> float:
    return -figure.value if known(figure) else 1.0


def _beside(own: Figure, rest: Figure) -> Literal["above", "below"] | None:
    """Say on which side of the rest's interval one's own lies, where they share nothing."""
    if not (isinstance(own, Estimate) and isinstance(rest, Estimate)):
        return None
    if (own.low or 0.0) > (rest.high or 1.0):
        return "above"
    return "below" if (own.high or 1.0) < (rest.low or 0.0) else None


def _against(own: Figure, peers: Peers) -> AgainstPeers:
    rates: Sequence[float] = peers.error_rates
    if len(rates) < LEAST_PEERS:
        return AgainstPeers(too_few("peers", LEAST_PEERS, len(rates)), None, peers.basis)
    low, middle, high = (float(x) for x in np.quantile(np.asarray(rates), (0.25, 0.5, 0.75)))
    theirs = Estimate(middle, low, high, len(rates), "median of peers and the range of their middle half")
    return AgainstPeers(theirs, _beside(own, theirs), peers.basis)


def _p95(latencies: Mapping[int, int]) -> Figure:
    """Return the 95th percentile with the buckets of the ranks between which it lies (order statistics, 95 %)."""
    n = sum(latencies.values())
    value = latency.quantile(latencies, 0.95)
    if n < LEAST_EVENTS or value is None:
        return too_few("events with a duration", LEAST_EVENTS, n)
    spread = Z95 * math.sqrt(0.95 * 0.05 / n)
    ends = [latency.quantile(latencies, share) for share in (0.95 - spread, min(1.0, 0.95 + spread))]
    low, high = (latency.bounds(latency.bucket(round(end if end is not None else value))) for end in ends)
    method = "order-statistic 95%, to the bounds of buckets half an octave wide"
    return Estimate(value, float(low[0]), float(high[1]), n, method)
