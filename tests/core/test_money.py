"""Money is whole minor units of one currency, rounded half up once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.money import Money, convert, exponent, round_half_up, total

MINOR = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("value", "whole"),
    [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("0.4999999999", 0), ("166.6666", 167)],
)
def test_a_half_goes_away_from_zero(value: str, whole: int) -> None:
    assert round_half_up(Decimal(value)) == whole


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="after conversion"):
        Money(1, "USD") + Money(1, "EUR")


@pytest.mark.parametrize("minor", [1.0, Decimal(1), True, "1"])
def test_only_whole_numbers_are_money(minor: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "usd", "US", "ZZZ", "DOLLAR"])
def test_a_currency_is_iso_4217(currency: str) -> None:
    with pytest.raises(InvalidInput, match="ISO 4217"):
        Money(1, currency)


def test_exponents_are_the_currencys_own() -> None:
    assert [exponent(code) for code in ("USD", "EUR", "JPY", "KWD")] == [2, 2, 0, 3]
    assert Money(1999, "USD").major() == Decimal("19.99")
    assert Money(1999, "JPY").major() == Decimal(1999)


def test_conversion_knows_that_currencies_have_different_coins() -> None:
    assert convert(Money(44_900, "EUR"), Decimal("1.13"), "USD") == Money(50_737, "USD")
    assert convert(Money(1_000, "JPY"), Decimal("0.0065"), "USD") == Money(650, "USD")
    assert convert(Money(1, "EUR"), Decimal("1.5"), "USD") == Money(2, "USD")


@given(st.lists(MINOR))
def test_a_sum_loses_nothing(minors: list[int]) -> None:
    assert total((Money(minor, "USD") for minor in minors), "USD").minor == sum(minors)


@given(MINOR)
def test_a_credit_mirrors_its_charge(minor: int) -> None:
    assert Money(minor, "USD").times(Decimal("0.175")) == -Money(-minor, "USD").times(Decimal("0.175"))
    assert Money(minor, "EUR") - Money(minor, "EUR") == Money(0, "EUR")


def test_money_reads_as_people_write_it() -> None:
    assert [str(one) for one in (Money(123_456, "USD"), Money(-99_00, "EUR"), Money(1_200, "JPY"))] == [
        "$1,234.56",
        "-€99.00",
        "¥1,200",
    ]
