"""What a person reads: exact money, honest rounding, and a dash where nothing is known."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from pages.parts import format as say

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (199900, "USD", "$1,999.00"),
        (-199950, "EUR", "−€1,999.50"),
        (1999, "JPY", "¥1,999"),
        (120000, "KWD", "KWD120.000"),
        (0, "USD", "$0.00"),
        (None, "USD", "—"),
        (pd.NA, "USD", "—"),
    ],
)
def test_money_is_exact_in_its_own_minor_units(minor: int | None, currency: str, said: str) -> None:
    assert say.money(minor, currency).replace("\u00a0", "") == said


def test_an_amount_from_the_core_is_said_like_its_minor_units() -> None:
    assert say.amount(Money(199_950, "USD")) == "$1,999.50"
    assert say.amount(Money(199_950, "USD"), whole=True, sign=True) == "+$2,000"
    assert say.amount(None) == "—"


def test_whole_money_rounds_half_up() -> None:
    assert say.money(12350, "USD", whole=True) == "$124"
    assert say.money(12349, "USD", whole=True) == "$123"


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_no_amount_loses_a_cent(minor: int) -> None:
    said = say.money(minor, "USD")
    assert Decimal(said.replace("$", "").replace(",", "").replace("−", "-")) * 100 == minor


@pytest.mark.parametrize(
    ("minor", "said"),
    [
        (95_049, "$950"),
        (99_999, "$1,000"),
        (123_400, "$1.23K"),
        (18_420_000, "$184K"),
        (99_999_999, "$1M"),
        (124_000_000, "$1.24M"),
        (-530_000, "−$5.3K"),
    ],
)
def test_compact_money_keeps_three_digits(minor: int, said: str) -> None:
    assert say.compact_money(minor, "USD") == said


def test_a_sign_is_shown_only_where_asked_and_never_for_zero() -> None:
    assert say.compact_money(820_000, "USD", sign=True) == "+$8.2K"
    assert say.integer(37, sign=True) == "+37"
    assert say.percent(0, sign=True) == "0.0%"
    assert say.percent(-0.003, sign=True) == "−0.3%"


@pytest.mark.parametrize(("share", "said"), [(0.0425, "4.3%"), (1, "100.0%"), (float("nan"), "—"), (None, "—")])
def test_percent_reads_shares_of_one(share: float | None, said: str) -> None:
    assert say.percent(share) == said


@pytest.mark.parametrize(
    "undefined", [None, float("nan"), float("inf"), Decimal("NaN"), pd.NA], ids=["none", "nan", "inf", "decimal", "na"]
)
def test_what_is_undefined_is_a_dash_everywhere(undefined: Any) -> None:
    for show in (say.integer, say.compact, say.decimal, say.percent, say.size):
        assert show(undefined) == "—"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (0, "0 s"),
        (0.85, "850 ms"),
        (59.7, "1 min"),
        (725, "12 min"),
        (5400, "1 h 30 min"),
        (timedelta(days=3, hours=4, minutes=3), "3 d 4 h"),
        (timedelta(days=2), "2 d"),
        (None, "—"),
    ],
)
def test_durations_name_their_two_largest_parts(span: float | timedelta | None, said: str) -> None:
    assert say.duration(span).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=-5), "5 minutes ago"),
        (timedelta(hours=-23), "23 hours ago"),
        (timedelta(days=6), "in 6 days"),
        (timedelta(days=-70), "2 months ago"),
    ],
)
def test_relative_times_say_which_way(away: timedelta, said: str) -> None:
    assert say.relative(NOW + away, NOW) == said


def test_moments_carry_their_zone() -> None:
    assert say.moment(NOW) == "Nov 21, 2026, 12:00 UTC"
    assert say.moment(NOW, zone=timezone(timedelta(hours=1), "CET")) == "Nov 21, 2026, 13:00 CET"


def test_an_estimate_shows_its_interval() -> None:
    assert say.interval(12, 9, 17) == "12 (9–17)"
    assert say.interval(12, None, None) == "12"
    assert say.interval(0.5, 0.4, 0.6, show=say.percent) == "50.0% (40.0%–60.0%)"


def test_sizes_counts_and_lists_read_as_said() -> None:
    assert say.size(1_500_000).replace("\u00a0", " ") == "1.5 MB"
    assert say.count(1, "customer") == "1 customer"
    assert say.count(1284, "customer") == "1,284 customers"
    assert say.listing(["Acme", "Globex", "Hooli", "Stark", "Tyrell"]) == "Acme, Globex, Hooli and 2 more"


@pytest.mark.parametrize(
    "hostile", ["![x](https://evil.test/p.png)", ":red[x]", "$a$ and $b$", "**bold**", "a\n# b", "<b>"]
)
def test_plain_leaves_no_markdown_alive(hostile: str) -> None:
    said = say.plain(hostile)
    assert "\n" not in said
    for special in "![]()*$#<>":
        assert special not in said.replace(f"\\{special}", "")


def test_an_id_is_said_in_words() -> None:
    assert say.phrase("limit_approached") == "Limit approached"
    assert say.phrase("seats") == "Seats"
