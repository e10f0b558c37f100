"""The kind of a movement, by the worked cases of other revenue systems."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, InvalidInput
from core.finance.exchange import Rates
from core.finance.movements import Standing, classify
from core.money import Money

RATES = Rates({"EUR": ((date(2025, 1, 1), Decimal("1.08")), (date(2026, 1, 1), Decimal("1.13")))})


@pytest.mark.parametrize(
    ("standing", "change", "kind"),
    [
        (Standing({}, ever_paid=False), 166_67, "new"),  # A2
        (Standing({"USD": 166_67}, ever_paid=True), 60_00, "expansion"),  # A3: a second product is not New
        (Standing({"USD": 226_67}, ever_paid=True), -60_00, "contraction"),  # A4: not Churn, Gold is still paid
        (Standing({"USD": 166_67}, ever_paid=True), -166_67, "churn"),  # A5
        (Standing({}, ever_paid=True), 150_00, "reactivation"),  # A6
        (Standing({"EUR": 89_00}, ever_paid=True), 99_00, "expansion"),
        (Standing({"EUR": 89_00, "USD": 99_00}, ever_paid=True), -99_00, "contraction"),
        (Standing({"USD": 1}, ever_paid=True), 0, None),
    ],
)
def test_worked_cases(standing: Standing, change: int, kind: str | None) -> None:
    assert classify(standing, Money(change, "USD")) == kind


def test_another_tier_at_the_same_price_is_a_transfer() -> None:
    assert classify(Standing({"USD": 5}, ever_paid=True), Money(0, "USD"), changes_tier=True) == "transfer"


def test_nobody_pays_less_than_nothing() -> None:
    with pytest.raises(Conflict, match="less MRR"):
        classify(Standing({"USD": 5}, ever_paid=True), Money(-6, "USD"))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_the_sign_tells_the_kind(before: int, after: int, paid_before: bool) -> None:
    kind = classify(Standing({"USD": before}, ever_paid=paid_before or before > 0), Money(after - before, "USD"))
    if kind in {"new", "reactivation"}:
        assert before == 0 < after
    elif kind == "churn":
        assert after == 0 < before
    elif kind is None:
        assert before == after
    else:
        assert (kind == "expansion") == (after > before > 0)


def test_a_rate_holds_from_its_day_until_the_next() -> None:
    amounts = [Money(100_00, "EUR"), Money(5_00, "USD")]
    assert RATES.report(amounts, date(2025, 12, 31)) == Money(113_00, "USD")
    assert RATES.report(amounts, date(2026, 1, 1)) == Money(118_00, "USD")


def test_several_currencies_are_rounded_once() -> None:
    halves = Rates({"EUR": ((date(2020, 1, 1), Decimal("0.5")),), "GBP": ((date(2020, 1, 1), Decimal("0.5")),)})
    assert halves.report([Money(1, "EUR"), Money(1, "GBP")], date(2026, 1, 1)) == Money(1, "USD")


@pytest.mark.parametrize(("currency", "day"), [("GBP", date(2026, 1, 1)), ("EUR", date(2024, 12, 31))])
def test_without_a_rate_there_is_no_figure(currency: str, day: date) -> None:
    with pytest.raises(InvalidInput, match="no exchange rate"):
        RATES.report([Money(1, currency)], day)
