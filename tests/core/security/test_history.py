"""Causes of a change: they add up to it exactly, and each names what moved."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given

from core.security.history import Day, Weighed, causes, mean, with_causes
from core.security.observed import Observed
from core.security.scoring import assess
from tests.core.security.looks import WELL, observations, verified


def _day(seen: Observed, number: int = 1) -> Day:
    found = assess(seen)
    assert found.score is not None
    assert found.uncapped is not None
    checks = {one.id: Weighed(one.weight, one.share) for one in found.checks}
    return Day(date(2026, 11, number), found.score, found.uncapped, tuple(gate.id for gate in found.gates), checks)


@given(observations(), observations())
def test_causes_add_up_to_the_change_exactly(one: Observed, other: Observed) -> None:
    before, after = _day(one), _day(other)
    found = causes(before, after)
    assert sum(cause.points for cause in found) == pytest.approx(after.score - before.score)
    moved = {check for check in before.checks if before.checks[check] != after.checks[check]}
    assert {cause.id for cause in found if cause.id in before.checks} == moved


@given(observations())
def test_no_change_has_no_cause(seen: Observed) -> None:
    assert causes(_day(seen), _day(seen)) == ()


@given(observations())
def test_the_mean_of_what_is_kept_is_the_score_without_gates(seen: Observed) -> None:
    assert mean(_day(seen).checks) == pytest.approx(_day(seen).uncapped)


def test_a_cause_says_from_what_to_what() -> None:
    late = replace(WELL, trail=replace(WELL.trail, verified=verified(30)))
    [cause] = causes(_day(WELL), _day(late))
    assert (cause.id, cause.words) == ("chain_verified", "from 100% to 50%")
    assert cause.points == pytest.approx(_day(late).score - 100)


def test_a_gate_is_a_cause_of_its_own_and_takes_what_the_check_did_not() -> None:
    open_http = replace(WELL, transport=replace(WELL.transport, https=False))
    check, gate = causes(_day(WELL), _day(open_http))
    assert (check.id, gate.id, gate.title) == ("https", "plain_http", "A gate opened")
    assert check.points + gate.points == pytest.approx(-31)
    _, closed = causes(_day(open_http), _day(WELL))
    assert closed.title == "A gate closed"
    assert closed.points == pytest.approx(-gate.points)


def test_points_won_under_a_gate_are_said_to_be_held() -> None:
    worse = replace(WELL, transport=replace(WELL.transport, https=False), review=None)
    better = replace(worse, review=WELL.review)
    review, held = causes(_day(worse), _day(better))
    assert (review.id, held.id) == ("review", "cap")
    assert held.points == pytest.approx(-review.points)


def test_a_check_that_is_new_to_the_catalog_is_named() -> None:
    before = replace(_day(WELL), checks={"old": Weighed(5.0, 0.0), **_day(WELL).checks})
    before = replace(before, uncapped=mean(before.checks), score=mean(before.checks))
    [cause] = causes(before, _day(WELL))
    assert (cause.id, cause.words) == ("old", "from 0% to not a check")


def test_days_carry_the_causes_against_the_day_before_on_record() -> None:
    late = replace(WELL, trail=replace(WELL.trail, verified=verified(30)))
    first, second, third = with_causes([_day(WELL, 1), _day(late, 2), _day(late, 5)])
    assert (first.causes, third.causes) == ((), ())
    assert [cause.id for cause in second.causes] == ["chain_verified"]
    assert with_causes([]) == []
