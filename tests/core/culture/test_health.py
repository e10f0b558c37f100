"""Health adds up exactly, shows what is missing as a range, and explains its changes to the point."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.culture.health import Health, Reading, explain, judge, signed
from core.culture.health_past import PastHealth, with_change
from core.culture.health_rules import BANDS, CAPS, COMPONENTS, RULES, Rule, band, earned, round_points
from core.culture.vital_signs import judge_health
from core.money import Money
from tests.core.culture.world import NOW, Office, account, picture_of

SINCE = date(2026, 11, 14)


def _health(missing: frozenset[str] = frozenset(), capped: tuple[str, ...] = (), **values: float) -> Health:
    readings = {
        rule.id: Reading(None, "not measured")
        if rule.id in missing
        else Reading(values.get(rule.id, rule.knots[-1][0]), "measured")
        for rule in RULES
    }
    return judge(readings, capped)


def test_the_weights_are_the_published_ones() -> None:
    by_component = {key: sum(rule.weight for rule in RULES if rule.component == key) for key in COMPONENTS}
    assert by_component == {
        "adoption": 25,
        "engagement": 20,
        "trend": 20,
        "capacity": 10,
        "reliability": 10,
        "license": 10,
        "version": 5,
    }
    assert BANDS == ((85, "Excellent"), (70, "Good"), (50, "Fair"), (0, "At risk"))


@pytest.mark.parametrize(("score", "name"), [(84.5, "Excellent"), (84.49, "Good"), (69.5, "Good"), (49.49, "At risk")])
def test_the_band_is_that_of_the_score_as_shown(score: float, name: str) -> None:
    assert band(score) == name


@given(st.sampled_from(RULES), st.floats(-2, 2_000), st.floats(0, 1e-6))
def test_no_rule_has_a_cliff(rule: Rule, value: float, step: float) -> None:
    steepest = max(abs((b[1] - a[1]) / (b[0] - a[0])) for a, b in pairwise(rule.knots))
    assert 0 <= earned(rule.knots, value) <= 100
    assert abs(earned(rule.knots, value + step) - earned(rule.knots, value)) <= steepest * step + 1e-6


@given(
    st.fixed_dictionaries({rule.id: st.floats(-1, 400) for rule in RULES}),
    st.frozensets(st.sampled_from([rule.id for rule in RULES])),
    st.lists(st.sampled_from(sorted(CAPS)), unique=True, max_size=3),
)
def test_parts_and_caps_add_up_and_missing_data_is_a_range(
    values: dict[str, float], missing: frozenset[str], capped: list[str]
) -> None:
    found = _health(missing, tuple(capped), **values)
    total = sum(found.contributions().values())
    assert found.low <= total / 100 <= found.high
    assert found.observed_weight == 100 - sum(rule.weight for rule in RULES if rule.id in missing)
    assert (found.score is None) == (found.observed_weight < 60)
    if found.score is not None:
        assert round(found.score * 100) == total
    if not capped:
        unknown = sum(rule.weight for rule in RULES if rule.id in missing)
        assert found.high - found.low == pytest.approx(unknown)
    assert all(part.points + part.lost == pytest.approx(part.weight) for part in found.parts)
    assert (
        sum(round(c.points * 100) for c in found.components) + sum(round(c.points * 100) for c in found.caps) == total
    )


def test_missing_data_never_raises_the_score() -> None:
    whole, broken = _health(errors=0.0), _health(frozenset({"errors"}))
    assert whole.score is not None
    assert broken.score is not None
    assert broken.score < whole.score
    assert broken.high == whole.score


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 2_000)), min_size=1, max_size=14))
def test_a_change_is_explained_to_the_point(moves: list[tuple[int, int]]) -> None:
    keys = [rule.id for rule in RULES] + ["cap:dormant"]
    before = {key: move[0] for key, move in zip(keys, moves, strict=False)}
    after = {key: move[1] for key, move in zip(keys, moves, strict=False)}
    found = explain(before, after, SINCE)
    start, end = round_points(sum(before.values())), round_points(sum(after.values()))
    if found is None:
        assert start == end
    else:
        assert (found.before, found.after) == (start, end)
        assert sum(item.points for item in found.items) == end - start
        still = {rule.label for rule in RULES if before.get(rule.id) == after.get(rule.id)}
        assert not still & {item.label for item in found.items}, "what did not move explains nothing"


def test_the_spec_example_82_to_71() -> None:
    before = _health(errors=0.005, breadth=0.4, depth=4, stickiness=0.3, trend=0.0, version=1)
    after = _health(errors=0.10, breadth=0.4, depth=4, stickiness=0.25, trend=-0.05, version=1)
    found = explain(before.contributions(), after.contributions(), SINCE)
    assert found is not None
    assert found.items[0].label == "Errors"
    listed = ", ".join(f"{item.label} {signed(item.points)}" for item in found.items)
    assert found.sentence == f"{found.before} → {found.after} since 14 Nov: {listed}."
    assert "Errors −6" in found.sentence


def test_what_was_not_measured_before_has_not_improved() -> None:
    unknown, known = _health(frozenset({"trend"})), _health(trend=0.0)
    past = PastHealth(SINCE, known.weights_version, unknown.contributions(), unknown.missing())
    change = with_change(known, past).change
    assert change is not None
    assert [item.label for item in change.items] == ["Trend (not measured before)"]
    past = PastHealth(SINCE, known.weights_version, known.contributions(), known.missing())
    change = with_change(unknown, past).change
    assert change is not None
    assert [item.label for item in change.items] == ["Trend (not measured now)"]


def test_only_the_lowest_cap_takes_points_and_every_reason_is_said() -> None:
    found = _health(capped=("payment_failed", "dormant"))
    assert found.score == 49
    assert [cap.id for cap in found.caps] == ["dormant", "payment_failed"]
    assert found.caps[1].points == 0


def test_a_customer_who_left_off_is_at_risk_and_not_unknown() -> None:
    office = Office().work(8, {"pos": 0.9})
    office.rows = [row for row in office.rows if row[0] < NOW - timedelta(days=35)]
    found = judge_health(picture_of(office))
    assert found.band == "At risk"
    assert [cap.id for cap in found.caps] == ["dormant"]


def test_a_silent_champion_is_a_risk() -> None:
    office = Office().work(6, {"pos": 0.5}, a_day=6)
    for day in office.days():
        if day < NOW - timedelta(days=12):
            for minute in range(120):
                office.event(day + timedelta(hours=9, minutes=minute * 3), "champion", "pos")
    found = judge_health(picture_of(office))
    assert "champion_silent" in [cap.id for cap in found.caps]
    assert found.score is not None
    assert found.score <= 49


def test_a_failed_payment_caps_and_says_so() -> None:
    office = Office().work(8, {"pos": 0.95, "email": 0.6, "analytics": 0.5}).said("version", "4.3", 3_000)
    fine = judge_health(picture_of(office))
    who = account()
    failed = replace(who, commercial=replace(who.commercial, payment_failed=True, mrr=Money(1, "USD")))
    capped = judge_health(picture_of(office, failed))
    assert fine.score is not None
    assert fine.score > 85
    assert capped.score == 59
    assert capped.caps[0].reason == "A payment failed"


def test_a_single_person_is_present_too() -> None:
    found = judge_health(picture_of(Office().work(1, {"pos": 0.95}), account("free")))
    part = next(part for part in found.parts if part.id == "stickiness")
    assert part.missing is None
    assert part.points > 8


def test_without_telemetry_there_is_no_score_but_a_range() -> None:
    found = judge_health(picture_of(Office(), calls=()))
    assert found.score is None
    assert found.reason is not None
    assert "of 100 points of weight are observed" in found.reason
    assert found.low < found.high


def test_urgent_tickets_reach_health() -> None:
    office = Office().work(8, {"pos": 0.9, "email": 0.6})
    who = account()
    fine = judge_health(picture_of(office, who))
    burning = judge_health(
        picture_of(office, replace(who, commercial=replace(who.commercial, urgent_tickets=2))),
    )
    part = next(part for part in burning.parts if part.id == "tickets")
    assert part.shown == "2 open"
    assert fine.score is not None
    assert burning.score is not None
    assert fine.score - burning.score == pytest.approx(part.lost)
    unknown = judge_health(
        picture_of(office, replace(who, commercial=replace(who.commercial, urgent_tickets=None))),
    )
    assert next(part for part in unknown.parts if part.id == "tickets").missing == "tickets are not known here"
