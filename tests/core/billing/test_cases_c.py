"""Usage charges by the worked cases C of other billing systems, each named by its id."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.charges import Charge, Model, charged, true_up, usage_charge
from core.billing.charges_tiers import ChargeLine, Tier
from core.billing.graduated import Change, Graduated, graduated, prorated_graduated
from core.billing.package import Package, Standard
from core.billing.percentage import GraduatedPercentage, Percentage
from core.billing.volume import Volume, volume

D = Decimal


def tiers(*rows: tuple[str | None, str, str]) -> tuple[Tier, ...]:
    return tuple(Tier(None if up_to is None else D(up_to), D(price), D(flat)) for up_to, price, flat in rows)


G = Graduated(tiers(("10", "10", "2"), ("20", "5", "3"), (None, "5", "3")))
FINE = Graduated(tiers(("0.1", "10", "0"), ("1", "5", "0"), (None, "2", "0")))
V = Volume(tiers(("100", "2", "10"), ("200", "1", "0"), (None, "0.5", "50")))
SEVEN = Volume(tiers(("5", "7", "0"), ("10", "6.5", "0"), (None, "6", "0")))
FIVES = Volume(tiers(("5", "5", "0"), ("10", "4", "0"), ("15", "3", "0"), ("20", "2", "0"), (None, "1", "0")))
ZUPLO = tiers(("1000", "0.10", "0"), ("10000", "0.05", "0"), (None, "0.01", "0"))
SHARES = GraduatedPercentage(tiers(("10", "1", "200"), ("20", "2", "300"), (None, "3", "400")))
MILLION = Package(D("1.25"), D(1_000_000))


CASES: list[tuple[str, Model, str, str]] = [
    ("C1", G, "0", "2"),
    ("C2", G, "1", "12"),
    ("C3", G, "10", "102"),
    ("C4", G, "11", "110"),
    ("C5", G, "12", "115"),
    ("C6", G, "21", "163"),
    ("C7", FINE, "0.05", "0.5"),
    ("C8", FINE, "0.5", "3.0"),
    ("C9", V, "0", "10"),
    ("C10", V, "1", "12"),
    ("C11", V, "100", "210"),
    ("C12", V, "100.5", "100.5"),
    ("C13", V, "101", "101"),
    ("C14", V, "200", "200"),
    ("C15", V, "300", "200"),
    ("C21", Package(D(5), D(100), D(100)), "201", "10"),
    ("C23", Standard(D("0.05")), "1000", "50"),
    ("C29", Percentage(D("2.9")), "4", "0.116"),
    ("C35", SHARES, "0", "200"),
    ("C36", SHARES, "1", "200.01"),
    ("C37", SHARES, "10", "200.1"),
    ("C38", SHARES, "11", "500.12"),
    ("C43 one", SEVEN, "1", "7"),
    ("C43 five", SEVEN, "5", "35"),
    ("C43 six", SEVEN, "6", "39"),
    ("C43 twenty", SEVEN, "20", "120"),
    ("C43 twenty-five", SEVEN, "25", "150"),
    ("C45 one", FIVES, "1", "5"),
    ("C45 five", FIVES, "5", "25"),
    ("C45 six", FIVES, "6", "24"),
    ("C45 twenty", FIVES, "20", "40"),
    ("C45 twenty-five", FIVES, "25", "25"),
    ("C47 graduated", Graduated(ZUPLO), "15000", "600"),
    ("C47 volume", Volume(ZUPLO), "15000", "150"),
    ("C51 ten", MILLION, "10", "1.25"),
    ("C51 a million", MILLION, "1000000", "1.25"),
    ("C51 a million and a half", MILLION, "1500000", "2.50"),
]


@pytest.mark.parametrize(("model", "units", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_worked_case(model: Model, units: str, expected: str) -> None:
    assert charged(usage_charge(Charge(model), D(units))) == D(expected)


def test_c17_prorated_volume_takes_the_tier_of_all_units_and_the_whole_flat_fee() -> None:
    assert charged(volume(V, D(300), D("198.6"))) == D("149.3")


FOUR = (D(50), D(100), D(250), D(400))
ACME = Percentage(D("1.3"), D(2), free_units=D(250), free_events=3)


def test_c25_free_are_three_events_or_250_units_whichever_ends_first() -> None:
    share, fees = usage_charge(Charge(ACME), D(800), FOUR)
    assert (share.quantity, share.amount, fees.quantity, fees.amount) == (D(550), D("7.15"), D(2), D(4))
    assert charged((share, fees)) == D("11.15")


def test_c27_nothing_free() -> None:
    assert charged(usage_charge(Charge(Percentage(D("1.3"), D(2))), D(800), FOUR)) == D("18.4")


CARD = Percentage(D("2.99"))
BOUNDED = replace(CARD, least=D("1.75"), most=D(12))
EVENTS = (D(10), D(80), D(10_000))


@pytest.mark.parametrize(
    ("model", "expected"),
    [(CARD, "301.691"), (BOUNDED, "16.142"), (replace(BOUNDED, free_events=2), "12")],
    ids=["C30", "C31", "C33"],
)
def test_percentage_of_each_event(model: Percentage, expected: str) -> None:
    assert charged(usage_charge(Charge(model), D(10_090), EVENTS)) == D(expected)


BY_DAY = Graduated(tiers(("5", "10", "100"), (None, "5", "50")))


def test_c39_units_that_came_and_went_within_the_month() -> None:
    moved = [("5", "3.5"), ("5", "2.66667"), ("10", "2"), ("-6", "-2.2")]
    lines = prorated_graduated(BY_DAY, [Change(D(full), D(part)) for full, part in moved])
    assert charged(lines).quantize(D("0.01")) == D("197.33")


def test_c41_one_unit_for_part_of_the_month() -> None:
    assert charged(prorated_graduated(BY_DAY, [Change(D(1), D("0.7"))])) == D(107)


def test_c49_what_is_missing_to_the_minimum_is_a_line_of_its_own() -> None:
    used, missing = usage_charge(Charge(Standard(D(1)), minimum=D(10)), D(7))
    assert (used.amount, missing.amount) == (D(7), D(3))
    assert true_up(D(12), D(10)) == 0


def test_an_event_that_crosses_the_free_units_is_charged_for_the_rest() -> None:
    model = Percentage(D(10), D(1), free_units=D(100))
    share, fees = usage_charge(Charge(model), D(150), [D(80), D(70)])
    assert (share.quantity, fees.quantity) == (D(50), D(1))


def test_units_given_up_leave_the_highest_tier_first() -> None:
    lines = prorated_graduated(BY_DAY, [Change(D(7), D(7)), Change(D(-3), D("-1.5"))])
    assert {line.text: line.quantity for line in lines if "day" in line.text} == {
        "First 5, by day": D("4.5"),
        "Above 5, by day": D(1),
    }


UNITS = st.decimals(0, 100_000, places=3)
PRICES = st.decimals(0, 100, places=6)


@st.composite
def tables(draw: st.DrawFn, *, flat: bool = False) -> tuple[Tier, ...]:
    ends = sorted(draw(st.sets(st.integers(1, 50_000), max_size=5)))
    fees = PRICES if flat else st.just(D(0))
    return tuple(Tier(None if end is None else D(end), draw(PRICES), draw(fees)) for end in (*ends, None))


MODELS: st.SearchStrategy[Model] = st.one_of(
    st.builds(Graduated, tables(flat=True)),
    st.builds(Volume, tables(flat=True)),
    st.builds(GraduatedPercentage, tables(flat=True)),
    st.builds(Standard, PRICES, st.decimals(0, 1000, places=2)),
    st.builds(Package, PRICES, st.decimals("0.01", 1000, places=2), st.decimals(0, 1000, places=2)),
    st.builds(Percentage, PRICES),
)


@given(tables(flat=True), UNITS, UNITS)
def test_more_units_never_cost_less_by_tier(table: tuple[Tier, ...], one: Decimal, other: Decimal) -> None:
    fewer, more = sorted((one, other))
    assert charged(graduated(Graduated(table), fewer)) <= charged(graduated(Graduated(table), more))


@given(tables(), st.data())
def test_a_tier_begins_where_the_one_before_ends(table: tuple[Tier, ...], data: st.DataObject) -> None:
    ends = [tier.up_to for tier in table if tier.up_to is not None] or [D(1)]
    border, step = data.draw(st.sampled_from(ends)), D("0.000001")
    at, above = (charged(graduated(Graduated(table), units)) for units in (border, border + step))
    assert D(0) <= above - at <= step * max(tier.price for tier in table)


@given(PRICES, st.decimals("0.01", 1000, places=2), UNITS)
def test_a_package_never_costs_less_than_its_units_would(price: Decimal, size: Decimal, units: Decimal) -> None:
    by_unit = units * price / size
    by_package = charged(usage_charge(Charge(Package(price, size)), units))
    assert by_package >= by_unit - D("1e-15")
    assert by_package < by_unit + price or price == 0 or units == 0


@given(MODELS, UNITS, st.decimals(0, 1000, places=2))
def test_lines_add_up_and_hold_no_float(model: Model, units: Decimal, minimum: Decimal) -> None:
    lines = usage_charge(Charge(model, minimum), units)
    assert charged(lines) == sum((line.amount for line in lines), D(0))
    assert charged(lines) >= minimum - D("1e-15")
    assert all(line.amount == line.quantity * line.unit_price and line.amount >= 0 for line in lines)
    assert _types(lines) <= {Decimal}


@given(tables(flat=True), UNITS.filter(bool))
def test_units_held_all_month_cost_what_units_cost(table: tuple[Tier, ...], units: Decimal) -> None:
    whole = prorated_graduated(Graduated(table), [Change(units, units)])
    assert abs(charged(whole) - charged(graduated(Graduated(table), units))) < D("1e-12")


def _types(lines: Sequence[ChargeLine]) -> set[type]:
    return {type(value) for line in lines for value in (line.quantity, line.unit_price, line.amount)}
