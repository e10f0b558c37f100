"""Who resembles whom: the nearest by features, rhythm, size and calls, with reasons that are true."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.culture.portfolio import WEIGHTS, Traits, most_alike, resemblance

NORTHWIND = Traits("northwind", "Northwind", "pro", "Office team", {"pos": 0.9, "email": 0.5}, 8, 0.02, 0.8, 0.05)
TWIN = replace(NORTHWIND, install_id="twin", name="Twin")
BOTS = Traits("globex", "Globex", "enterprise", "API-first", {"analytics": 0.9, "pos": 0.1}, 60, 0.29, 0.03, 0.9)


def test_a_twin_is_wholly_alike_and_says_why() -> None:
    found = resemblance(NORTHWIND, TWIN)
    assert found is not None
    assert found.value == pytest.approx(1)
    assert found.known == pytest.approx(1)
    assert found.reasons == ("both use POS, Email (100% alike)", "8 and 8 people", "2% and 2% at weekends")


def test_what_is_not_alike_is_no_reason() -> None:
    found = resemblance(NORTHWIND, BOTS)
    assert found is not None
    assert found.value < 0.3
    assert found.reasons == ("both use POS (4% alike)",)


def test_the_nearest_come_first_and_nobody_is_their_own_peer() -> None:
    near = replace(TWIN, install_id="near", name="Near", people=12)
    found = most_alike(NORTHWIND, [BOTS, near, NORTHWIND, TWIN])
    assert [each.other.name for each in found] == ["Twin", "Near", "Globex"]
    assert [each.other.name for each in most_alike(NORTHWIND, [BOTS, near, TWIN], most=1)] == ["Twin"]


def test_whoever_shares_no_feature_resembles_nobody() -> None:
    assert resemblance(NORTHWIND, replace(TWIN, features={"crypto": 1.0})) is None
    assert resemblance(replace(NORTHWIND, features={}), TWIN) is None


def test_what_is_not_known_is_left_out_and_said() -> None:
    silent = replace(TWIN, weekend_share=None, people=None)
    found = resemblance(NORTHWIND, silent)
    assert found is not None
    assert found.value == pytest.approx(1)
    assert found.known == pytest.approx(WEIGHTS["features"] + WEIGHTS["api"])
    assert found.reasons == ("both use POS, Email (100% alike)",)


@pytest.mark.parametrize(("people", "less"), [(8, False), (16, True), (64, True), (640, True)])
def test_size_counts_on_a_log_scale(people: int, less: bool) -> None:
    found = resemblance(NORTHWIND, replace(TWIN, people=people))
    assert found is not None
    assert (found.value < 0.999) == less
    if people >= 64:
        assert found.value == pytest.approx(1 - WEIGHTS["size"])


def test_api_use_is_a_reason_only_where_there_is_some() -> None:
    both = resemblance(BOTS, replace(BOTS, install_id="twin"))
    assert both is not None
    assert "90% and 90% by API" in both.reasons


SHARES = st.floats(0, 1)
TRAITS = st.builds(
    Traits,
    install_id=st.uuids().map(str),
    name=st.just("x"),
    tier_id=st.just("pro"),
    archetype=st.none(),
    features=st.dictionaries(st.sampled_from(["pos", "email", "crypto"]), SHARES, max_size=3),
    people=st.none() | st.integers(1, 10_000),
    weekend_share=st.none() | SHARES,
    concentration=st.none() | SHARES,
    api_share=st.none() | SHARES,
)


@given(TRAITS, TRAITS)
def test_resemblance_is_mutual_and_between_none_and_all(one: Traits, other: Traits) -> None:
    found, back = resemblance(one, other), resemblance(other, one)
    assert (found is None) == (back is None)
    if found is not None and back is not None:
        assert found.value == pytest.approx(back.value)
        assert 0 <= found.value <= 1 + 1e-9
        assert 0.5 <= found.known <= 1 + 1e-9
