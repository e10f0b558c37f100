"""Errors and latency carry intervals, by feature and by version, and stand beside those of peers."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.culture.estimate import Abstention, Estimate
from core.culture.features import read_features
from core.culture.observations import Facet, Observations
from core.culture.peers import NOBODY, PeerRow, Peers, without
from core.culture.reliability import read_reliability
from core.telemetry import latency
from tests.core.culture.world import NOW, Office

LAST = NOW.date() - timedelta(days=1)


def _observed(*versions: tuple[str, int, int], latencies: dict[int, int] | None = None) -> Observations:
    office = Office(weeks=5).work(4, {"pos": 0.9, "email": 0.5}, errors=0.01)
    facets = tuple(Facet("version", name, events, errors, 9, LAST, LAST) for name, events, errors in versions)
    return replace(office.observed(), facets=facets, latencies=latencies or {})


def _peers(rates: list[float]) -> Peers:
    return Peers(len(rates), "same tier", 1.0, {}, (), sorted(rates))


def test_a_broken_version_stands_out_with_its_interval() -> None:
    observed = _observed(("4.1", 1_000, 10), ("4.2", 400, 48), ("4.2.1", 900, 8), ("4.3-dev", 5, 1))
    found = read_reliability(observed, read_features(observed, ("pos",)), NOBODY)
    worst = found.by_version[0]
    assert (worst.version, worst.stands_out) == ("4.2", "above")
    assert isinstance(worst.error_rate, Estimate)
    assert worst.error_rate.value == pytest.approx(0.12)
    assert worst.error_rate.n == 400
    assert worst.error_rate.low == pytest.approx(0.0917, abs=0.001), "Wilson (1927)"
    assert worst.error_rate.high == pytest.approx(0.1556, abs=0.001)
    assert [row.stands_out for row in found.by_version[1:3]] == ["below", "below"]
    assert found.by_version[-1].version == "4.3-dev", "five events have no rate and come last"
    assert isinstance(found.by_version[-1].error_rate, Abstention)


def test_alike_versions_do_not_stand_out() -> None:
    observed = _observed(("4.2", 500, 6), ("4.3", 520, 5))
    found = read_reliability(observed, read_features(observed, ()), NOBODY)
    assert [row.stands_out for row in found.by_version] == [None, None]


def test_errors_are_compared_with_the_middle_half_of_peers() -> None:
    observed = _observed()
    features = read_features(observed, ())
    calm = read_reliability(observed, features, _peers([0.001, 0.001, 0.002, 0.002, 0.001] * 3))
    assert calm.peers.stands_out == "above"
    assert isinstance(calm.peers.median, Estimate)
    assert (calm.peers.median.value, calm.peers.median.n) == (0.001, 15)
    rough = read_reliability(observed, features, _peers([0.1, 0.2, 0.15] * 5))
    assert rough.peers.stands_out == "below"
    alike = read_reliability(observed, features, _peers([0.005, 0.01, 0.02] * 5))
    assert alike.peers.stands_out is None


def test_few_peers_are_no_comparison() -> None:
    observed = _observed()
    found = read_reliability(observed, read_features(observed, ()), _peers([0.01] * 9))
    assert isinstance(found.peers.median, Abstention)
    assert found.peers.stands_out is None


def test_nobody_is_among_their_own_peers() -> None:
    left = without(_peers([0.01, 0.02, 0.03]), PeerRow(5, {}, frozenset(), 0.02))
    assert list(left.error_rates) == [0.01, 0.03]


def test_the_interval_of_the_slowest_twentieth_holds_the_truth() -> None:
    generator, held = np.random.default_rng(4), 0
    truth = float(np.exp(4.4 + 0.6 * 1.6449))
    for _ in range(100):
        counts: dict[int, int] = {}
        for ms in generator.lognormal(4.4, 0.6, 300):
            counts[latency.bucket(round(ms))] = counts.get(latency.bucket(round(ms)), 0) + 1
        observed = _observed(latencies=counts)
        figure = read_reliability(observed, read_features(observed, ()), NOBODY).p95_ms
        assert isinstance(figure, Estimate)
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low <= figure.value <= figure.high
        held += figure.low <= truth <= figure.high
    assert held >= 93


def test_nineteen_durations_are_too_few() -> None:
    observed = _observed(latencies={10: 19})
    figure = read_reliability(observed, read_features(observed, ()), NOBODY).p95_ms
    assert isinstance(figure, Abstention)
    assert figure.n == 19
