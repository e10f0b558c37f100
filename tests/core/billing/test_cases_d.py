"""Proration, coupons, tax and rounding by the worked cases D of other billing systems, each named by its id."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.calculation import Discount, PreciseLine, invoice_totals, prorated
from core.billing.proration import Days, billing_days, change_amounts, part, unused
from core.errors import InvalidInput


def line(key: str, minor: int | str | Decimal, rate: str = "0") -> PreciseLine:
    return PreciseLine(key, Decimal(minor), Decimal(rate))


def test_d1_an_upgrade_half_way_credits_half_the_old_and_charges_half_the_new() -> None:
    april = Days(date(2026, 4, 1), date(2026, 4, 30))
    moved = change_amounts(Decimal(1000), Decimal(2000), april, date(2026, 4, 16))
    totals = invoice_totals([PreciseLine("credit", moved.credit), PreciseLine("charge", moved.charge)])
    assert [each.net for each in totals.lines] == [-500, 1000]
    assert totals.total == 500


def test_d3_the_next_bill_after_an_upgrade_a_week_in() -> None:
    february = billing_days(date(2025, 2, 1), "monthly", date(2025, 2, 8))
    moved = change_amounts(Decimal(1200), Decimal(2400), february, date(2025, 2, 8))
    totals = invoice_totals(
        [line("march", 2400), PreciseLine("new price", moved.charge), PreciseLine("old price", moved.credit)]
    )
    assert [each.net for each in totals.lines] == [2400, 1800, -900]
    assert totals.total == 3300


FEBRUARY = billing_days(date(2025, 2, 8), "monthly", date(2025, 2, 8), "calendar")
HUNDRED = Decimal(10_000)


def test_d5_a_month_that_starts_on_its_eighth_day() -> None:
    used = Days(date(2025, 2, 8), FEBRUARY.last)
    totals = invoice_totals([PreciseLine("february", part(HUNDRED, FEBRUARY, used), Decimal(20))])
    assert (totals.subtotal, totals.tax, totals.total) == (7500, 1500, 9000)


def test_d6_seven_unused_days_are_credited_with_their_tax() -> None:
    back = unused(HUNDRED, FEBRUARY, date(2025, 2, 8), date(2025, 2, 21))
    totals = invoice_totals([PreciseLine("unused", back, Decimal(20))])
    assert (totals.subtotal, totals.tax, totals.total) == (2500, 500, 3000)


def test_d7_usage_less_the_credit_for_unused_days() -> None:
    usage = invoice_totals([line("usage", 5000, "20")])
    back = unused(HUNDRED, FEBRUARY, date(2025, 2, 8), date(2025, 2, 21))
    credit = invoice_totals([PreciseLine("unused", back, Decimal(20))])
    assert (usage.subtotal, usage.tax, usage.total - credit.total) == (5000, 1000, 3000)


def test_d9_thirty_two_days_of_a_quarter() -> None:
    quarter = billing_days(date(2025, 4, 15), "quarterly", date(2025, 6, 1))
    assert (quarter.last, quarter.count) == (date(2025, 7, 14), 91)
    assert part(Decimal(91_000), quarter, Days(date(2025, 5, 20), date(2025, 6, 20))) == 32_000


MARCH = billing_days(date(2022, 3, 4), "monthly", date(2022, 3, 4), "calendar")
TRIAL_OVER = date(2022, 3, 11)


def test_d10_a_calendar_month_that_starts_after_a_trial() -> None:
    charged = part(Decimal(3500), MARCH, Days(TRIAL_OVER, MARCH.last))
    (only,) = invoice_totals([PreciseLine("march", charged)]).lines
    assert only.net == 2371


def test_d11_ended_on_the_day_it_was_billed_gives_everything_back() -> None:
    billed = PreciseLine("march", part(Decimal(3500), MARCH, Days(TRIAL_OVER, MARCH.last)))
    given_back = PreciseLine("unused", -unused(Decimal(3500), MARCH, TRIAL_OVER, date(2022, 3, 4)))
    assert invoice_totals([given_back]).total == -2371
    assert invoice_totals([billed, given_back]).total == 0


def test_d13_a_credit_for_all_but_one_day_takes_tax_from_the_precise_base() -> None:
    begun = date(2023, 9, 18)
    back = unused(Decimal(20_000), billing_days(begun, "monthly", begun), begun, begun)
    totals = invoice_totals([PreciseLine("unused", back, Decimal(25))])
    assert (totals.subtotal, totals.tax, totals.total) == (19_333, 4_833, 24_166)


def test_d15_a_week_at_an_odd_rate() -> None:
    whole = invoice_totals([line("week", 2999, "23.33")])
    assert (whole.subtotal, whole.tax, whole.total) == (2999, 700, 3699)
    credit = invoice_totals([PreciseLine("unused", prorated(Decimal(2999), 6, 7), Decimal("23.33"))])
    assert (credit.subtotal, credit.tax, credit.total) == (2571, 600, 3171)


def test_d17_a_coupon_is_spread_over_lines_of_several_rates() -> None:
    lines = [line("a", 10_000, "10"), line("b", 5000), line("c", 3000, "20"), line("true-up", 2000, "20")]
    totals = invoice_totals(lines, [Discount("fixed", Decimal(1000))])
    assert [each.discount for each in totals.lines] == [500, 250, 150, 100]
    assert [each.tax for each in totals.lines] == [950, 0, 570, 380]
    assert [(str(tax.rate), tax.base, tax.tax) for tax in totals.taxes] == [
        ("0", 4750, 0),
        ("10", 9500, 950),
        ("20", 4750, 950),
    ]
    assert (totals.subtotal, totals.discount, totals.tax, totals.total) == (20_000, 1000, 1900, 20_900)


def test_d19_a_percentage_comes_off_what_a_fixed_coupon_left() -> None:
    totals = invoice_totals([line("fee", 100)], [Discount("fixed", Decimal(10)), Discount("percent", Decimal(20))])
    assert (totals.discount, totals.total) == (28, 72)


def test_d21_two_fixed_coupons() -> None:
    totals = invoice_totals([line("fee", 100)], [Discount("fixed", Decimal(10)), Discount("fixed", Decimal(20))])
    assert (totals.discount, totals.total) == (30, 70)


def test_a_fixed_coupon_takes_off_all_it_promises_though_thirds_do_not_round_to_it() -> None:
    totals = invoice_totals([line(key, 100) for key in "abc"], [Discount("fixed", Decimal(10))])
    assert [each.discount for each in totals.lines] == [4, 3, 3]
    assert totals.total == 290


def test_a_coupon_larger_than_the_bill_leaves_nothing_to_pay_and_no_credit() -> None:
    totals = invoice_totals([line("fee", 100, "19")], [Discount("fixed", Decimal(500))])
    assert (totals.discount, totals.tax, totals.total) == (100, 0, 0)


def test_a_coupon_comes_off_charges_and_leaves_credits_alone() -> None:
    totals = invoice_totals([line("fee", 1000), line("credit", -400)], [Discount("percent", Decimal(50))])
    assert [(each.net, each.discount) for each in totals.lines] == [(500, 500), (-400, 0)]


@pytest.mark.parametrize("value", ["-1", "100.01"])
def test_a_percentage_lies_between_nothing_and_all(value: str) -> None:
    with pytest.raises(InvalidInput, match="0 to 100 percent"):
        Discount("percent", Decimal(value))


def test_days_outside_their_period_are_refused() -> None:
    for used, period in ((-1, 30), (31, 30), (0, 0)):
        with pytest.raises(InvalidInput, match="no part of a period"):
            prorated(Decimal(100), used, period)


def test_a_float_is_refused_wherever_it_could_enter() -> None:
    for wrong in (
        lambda: PreciseLine("a", 9.99),  # type: ignore[arg-type]
        lambda: Discount("fixed", 0.1),  # type: ignore[arg-type]
        lambda: prorated(9.99, 1, 30),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="Decimal"):
            wrong()


AMOUNTS = st.decimals(-10_000, 1_000_000, places=4)
LINES = st.lists(
    st.builds(PreciseLine, st.just("line"), AMOUNTS, st.sampled_from([Decimal(rate) for rate in ("0", "7", "19")])),
    max_size=8,
)
DISCOUNTS = st.lists(
    st.one_of(
        st.builds(Discount, st.just("percent"), st.decimals(0, 100, places=2)),
        st.builds(Discount, st.just("fixed"), st.decimals(0, 5000, places=0)),
    ),
    max_size=3,
)


@given(LINES, DISCOUNTS)
def test_every_sum_is_the_sum_of_its_lines(lines: list[PreciseLine], discounts: list[Discount]) -> None:
    totals = invoice_totals(lines, discounts)
    assert totals.total == sum(each.net + each.tax for each in totals.lines)
    assert totals.total == totals.subtotal - totals.discount + totals.tax
    assert totals.tax == sum(rate.tax for rate in totals.taxes)
    assert sum(rate.base for rate in totals.taxes) == sum(each.net for each in totals.lines)


@given(LINES, DISCOUNTS)
def test_no_discount_turns_a_charge_into_a_credit(lines: list[PreciseLine], discounts: list[Discount]) -> None:
    for given_line, made in zip(lines, invoice_totals(lines, discounts).lines, strict=True):
        assert made.discount >= 0
        assert made.net >= 0 or given_line.amount < 0


@given(AMOUNTS, st.integers(1, 366).flatmap(lambda days: st.tuples(st.integers(0, days), st.just(days))))
def test_the_used_and_the_unused_days_are_the_whole_period(amount: Decimal, days: tuple[int, int]) -> None:
    used, period = days
    whole = prorated(amount, used, period) + prorated(amount, period - used, period)
    assert abs(whole - amount) < Decimal("1e-15")
