"""Cases A and B where the systems disagree: every setting of the metric policy, on histories written by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import InvalidInput
from core.finance import rates as formulas
from core.finance.exchange import Rates
from core.finance.policy import SWITCHES, MetricPolicy, moves_ledger, per_month
from core.finance.policy_arrays import Told
from core.finance.policy_figures import Figures, churn_by_interval, figures_of, spans
from core.finance.policy_movements import History, Stretch, movements_under, worth
from core.finance.policy_sums import averaged, sums_under
from core.money import Money
from core.periods import Period, midnight, month_of

STANDARD = MetricPolicy()
DOLLARS = Rates({})


def on(month: int, day: int, year: int = 2025) -> datetime:
    """Return ten o'clock of a day."""
    return datetime(year, month, day, 10, tzinfo=UTC)


def policy(**choices: str) -> MetricPolicy:
    """Return the standard with some switches on other choices."""
    found = STANDARD
    for switch, choice in choices.items():
        found = found.but(switch, choice)
    return found


def whom(*stretches: Stretch, name: str = "Initech") -> History:
    """Return a customer's history."""
    return History(name, stretches)


def told(under: MetricPolicy, *histories: History) -> list[tuple[str, int, datetime]]:
    """Return what moves, by kind, cents and date."""
    return [(one.kind, one.minor, one.at) for one in movements_under(under, histories)]


def sums(under: MetricPolicy, period: Period, *histories: History, rates: Rates = DOLLARS) -> dict[str, int]:
    """Return the sums of a period."""
    used = averaged(rates) if under.fx_source == "month_average" else rates
    places = {one.organization_id: one for one in histories}
    far = on(1, 1, 2040)
    frame = sums_under(movements_under(under, histories), places, [period], used, as_of=far)
    return {str(name): int(value) for name, value in frame.drop(columns="period").iloc[0].items()}


def coupon(minor: int, **off: Any) -> Stretch:
    """Return a monthly stretch of January to March with a coupon."""
    return Stretch("s", on(1, 1), on(4, 1), minor, **off)


def test_a9_tax_is_no_mrr() -> None:
    assert worth(Stretch("s", on(1, 1), None, 119_00 - 19_00), STANDARD) == 100_00


@pytest.mark.parametrize(
    ("choice", "duration", "expected"),
    [
        ("as_invoiced", "once", 50_00),
        ("as_invoiced", "forever", 50_00),
        ("permanent_only", "once", 100_00),
        ("permanent_only", "repeating", 100_00),
        ("permanent_only", "forever", 50_00),
        ("ignored", "forever", 100_00),
    ],
)
def test_a13_half_off_by_each_setting(choice: str, duration: Any, expected: int) -> None:
    half = coupon(100_00, percent_off=Decimal(50), coupon_duration=duration)
    assert worth(half, policy(coupons=choice)) == expected


def test_a15_ten_percent_off_for_some_months() -> None:
    during = coupon(10_00, percent_off=Decimal(10), coupon_duration="repeating")
    after = Stretch("s", on(4, 1), None, 10_00)
    assert told(STANDARD, whom(during, after)) == [("new", 9_00, on(1, 1)), ("expansion", 1_00, on(4, 1))]
    assert told(policy(coupons="permanent_only"), whom(during, after)) == [("new", 10_00, on(1, 1))]


def test_a5_churn_is_dated_by_the_policy() -> None:
    gold = Stretch("s", on(1, 10), on(3, 1), 2_000_00, every=12, canceled_at=on(2, 20), paid_until=on(1, 10, 2026))
    dated = {
        choice: told(policy(churn_date=choice), whom(gold))[-1]
        for choice in ("service_end", "paid_period_end", "when_scheduled")
    }
    assert dated == {
        "service_end": ("churn", -166_67, on(3, 1)),
        "paid_period_end": ("churn", -166_67, on(1, 10, 2026)),
        "when_scheduled": ("churn", -166_67, on(2, 20)),
    }


def test_a19_committed_mrr_leaves_out_what_is_known_to_end() -> None:
    first = Stretch("a", on(1, 1), None, 100_00)
    second = Stretch("b", on(2, 1), on(3, 1), 100_00, canceled_at=on(2, 1))
    at = [month_of(on(month, 1)) for month in (1, 2)]
    assert [sums(STANDARD, each, whom(first, second))["closing"] for each in at] == [100_00, 200_00]
    committed = policy(churn_date="when_scheduled")
    assert [sums(committed, each, whom(first, second))["closing"] for each in at] == [100_00, 100_00]


@pytest.mark.parametrize(
    ("choice", "weeks", "days"),
    [("calendar", 108_33, 3_041_67), ("averaged", 108_63, 3_043_70), ("four_weeks", 100_00, 3_000_00)],
)
def test_a23_every_two_weeks_by_each_factor(choice: str, weeks: int, days: int) -> None:
    fortnightly = Stretch("s", on(1, 1), None, 50_00, unit="week", every=2)
    daily = Stretch("d", on(1, 1), None, 100_00, unit="day")
    assert worth(fortnightly, policy(week_factor=choice)) == weeks
    assert worth(daily, policy(week_factor=choice)) == days
    assert per_month("month", policy(week_factor=choice).week_factor) == 1


def test_a25_the_average_of_a_months_rates() -> None:
    rates = Rates(
        {
            "EUR": ((date(2025, 1, 3), Decimal(2)), (date(2025, 1, 20), Decimal(4)), (date(2025, 2, 1), Decimal(1))),
            "GBP": ((date(2025, 1, 3), Decimal(5)), (date(2025, 2, 1), Decimal(2))),
        }
    )
    both = whom(
        Stretch("e", midnight(date(2025, 1, 3)), None, 100_00, "EUR"),
        Stretch("g", midnight(date(2025, 1, 3)), None, 100_00, "GBP"),
    )
    average = policy(fx_source="month_average")
    assert sums(average, month_of(on(1, 5)), both, rates=rates)["closing"] == 800_00
    february = sums(average, month_of(on(2, 5)), both, rates=rates)
    assert (february["opening"], february["exchange"], february["closing"]) == (800_00, -500_00, 300_00)
    assert sums(STANDARD, month_of(on(1, 5)), both, rates=rates)["closing"] == 900_00


def test_a29_two_canceled_together_by_each_setting() -> None:
    both = whom(Stretch("a", on(1, 1), on(2, 1), 100_00), Stretch("b", on(1, 1), on(2, 1), 50_00))
    assert told(STANDARD, both)[2:] == [("contraction", -100_00, on(2, 1)), ("churn", -50_00, on(2, 1))]
    assert told(policy(together="grouped"), both) == [("new", 150_00, on(1, 1)), ("churn", -150_00, on(2, 1))]


def test_a31_who_comes_and_leaves_within_a_month() -> None:
    december = whom(Stretch("s", on(12, 5), on(12, 20), 100_00))
    assert [kind for kind, *_ in told(STANDARD, december)] == ["new", "churn"]
    ignored = policy(same_month="ignored")
    assert told(ignored, december) == []
    back = whom(*december.stretches, Stretch("t", on(2, 1, 2026), None, 70_00))
    assert told(ignored, back) == [("new", 70_00, on(2, 1, 2026))]


def test_who_comes_back_after_the_window_is_new() -> None:
    away = whom(Stretch("s", on(1, 1), on(2, 1), 100_00), Stretch("t", on(6, 1), None, 100_00))
    assert told(STANDARD, away)[-1][0] == "reactivation"
    assert told(policy(reactivation_window="90_days"), away)[-1][0] == "new"
    assert told(policy(reactivation_window="180_days"), away)[-1][0] == "reactivation"


def test_past_due_counts_or_not() -> None:
    late = whom(Stretch("s", on(1, 1), None, 100_00, past_due=((on(3, 1), on(3, 20)), (on(5, 1), None))))
    assert told(STANDARD, late) == [("new", 100_00, on(1, 1))]
    assert told(policy(past_due="excluded"), late) == [
        ("new", 100_00, on(1, 1)),
        ("churn", -100_00, on(3, 1)),
        ("reactivation", 100_00, on(3, 20)),
        ("churn", -100_00, on(5, 1)),
    ]


def test_a_pause_is_nothing_or_counts() -> None:
    paused = whom(
        Stretch("s", on(1, 1), on(2, 1), 100_00),
        Stretch("s", on(2, 1), on(3, 1), 100_00, phase="paused"),
        Stretch("s", on(3, 1), None, 100_00),
    )
    assert [kind for kind, *_ in told(STANDARD, paused)] == ["new", "churn", "reactivation"]
    assert told(policy(paused="counts"), paused) == [("new", 100_00, on(1, 1))]


def test_usage_is_a_plan_of_its_own_or_nothing() -> None:
    metered = whom(Stretch("s", on(1, 1), None, 100_00), Stretch("u", on(1, 1), on(2, 1), 30_00, usage=True))
    assert sum(minor for _, minor, _ in told(STANDARD, metered)) == 100_00
    assert told(policy(usage="included"), metered)[-1] == ("contraction", -30_00, on(2, 1))


def test_b1_of_those_at_the_start_or_of_those_who_came_too() -> None:
    stays = [whom(Stretch(f"s{n}", on(1, 1), None, 10_00), name=f"Stays {n}") for n in range(3)]
    leaves = whom(Stretch("l", on(1, 1), on(6, 10), 10_00), name="Leaves")
    comes = whom(Stretch("c", on(6, 5), None, 10_00), name="Comes")
    histories = (*stays, leaves, comes)
    assert _figures(STANDARD, *histories).churn == Decimal("0.25")
    assert _figures(policy(denominator="start_and_new"), *histories).churn == Decimal("0.2")


def test_b9_yearly_plans_over_365_days() -> None:
    monthly = [
        whom(Stretch(f"m{n}", on(1, 1, 2023), on(6, 10) if n < 5 else None, 10_00), name=f"Monthly {n}")
        for n in range(100)
    ]
    yearly = [
        whom(Stretch(f"y{n}", on(1, 1, 2023), on(1, 1) if n < 2 else None, 120_00, every=12), name=f"Yearly {n}")
        for n in range(20)
    ]
    moved = movements_under(STANDARD, monthly)
    june = Period(midnight(date(2025, 6, 1)), midnight(date(2025, 7, 1)))
    assert churn_by_interval(moved, june) == Decimal("0.05")
    assert churn_by_interval(movements_under(STANDARD, yearly), june) == Decimal("0.1")
    both = movements_under(STANDARD, [*monthly, *yearly])
    assert churn_by_interval(both, june) == Decimal(7) / 120
    assert _figures(policy(annual_window="year"), *monthly, *yearly).churn == Decimal(7) / 120
    assert churn_by_interval([], june) is None


def test_b19_b21_ltv_by_each_form() -> None:
    stays = [whom(Stretch(f"s{n}", on(1, 1, 2024), None, 50_00), name=f"Stays {n}") for n in range(9)]
    leaves = whom(Stretch("l", on(1, 1, 2024), on(3, 10), 50_00), name="Leaves")
    trailing = Decimal(1) / (3 * 10 + 3 * 9)
    expected = formulas.ltv(50_00, Decimal("0.75"), trailing)
    assert expected is not None
    found = _figures(STANDARD, *stays, leaves).ltv
    assert found == Money(round(expected), "USD")
    bare = _figures(policy(ltv_form="trailing"), *stays, leaves).ltv
    assert bare == Money(round(Decimal(50_00) / trailing), "USD")
    # Nobody left in June: at the spot there is no lifetime to speak of.
    assert _figures(policy(ltv_form="spot"), *stays, leaves).ltv is None


def test_every_choice_makes_a_policy_and_none_else_does() -> None:
    for switch in SWITCHES:
        standard, *others = (each.id for each in switch.choices)
        assert STANDARD.settings()[switch.id] == standard
        for other in others:
            made = STANDARD.but(switch.id, other)
            assert MetricPolicy.read(made.settings()) == made
            assert moves_ledger(made) is switch.ledger
            assert movements_under(made, [whom(Stretch("s", on(1, 1), None, 1_00))])[0].kind == "new"
    assert not moves_ledger(STANDARD)
    with pytest.raises(InvalidInput, match="no choice"):
        STANDARD.but("coupons", "sometimes")
    with pytest.raises(InvalidInput, match="no switch"):
        STANDARD.but("weather", "fine")


def _figures(under: MetricPolicy, *histories: History) -> Figures:
    known = Told.under(under, histories)
    as_of = midnight(date(2025, 7, 15)) + timedelta(hours=12)
    return figures_of(under, known.sums(spans(as_of), DOLLARS, as_of), known.moved, Decimal("0.75"), as_of)
