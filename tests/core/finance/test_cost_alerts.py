"""Costs watched: thresholds and outliers by hand, fired once, held until well below, announced and mailed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotFound, NotPermitted
from core.finance.booking import book_costs
from core.finance.cost_alerts import USUAL, add_rule, cost_alerts, cost_rules, end_rule
from core.finance.cost_judging import Rule, Watched, judged, unusual
from core.finance.cost_watch import watch
from core.finance.entries import NewCost
from core.ids import new_id
from core.money import Money
from core.periods import add_months, months_until
from db.models.announce import outbox
from db.models.notify import mail
from db.session import SYSTEM, WriteSession
from tests.books import bare_license, customer, own_databases
from tests.cast import Cast, make_cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAYS = tuple((month.end - month.start).days for month in months_until(NOW, 14)[:-1])


def rule(**of: object) -> Rule:
    return Rule(**{"id": new_id(), "measure": "cost", "by": "all", **of})  # type: ignore[arg-type]


def spent(*costs: int, running: int = 0, margin: str | None = None) -> Watched:
    share = None if margin is None else Decimal(margin)
    return Watched("x", "X", costs, DAYS[-len(costs) :], running, share)


def test_an_amount_is_exceeded_above_it_and_held_until_a_tenth_below() -> None:
    watched = rule(above=Money(10_000, "USD"))
    found = [judged(watched, spent(cost)) for cost in (10_000, 10_001, 9_001, 9_000)]
    assert [(each.fires, each.holds) for each in found if each] == [
        (False, True), (True, True), (False, True), (False, False)
    ]  # fmt: skip
    soon = judged(watched, spent(5, running=10_001))
    assert soon is not None
    assert soon.fires


def test_a_margin_is_too_low_below_its_share_and_held_until_five_points_above() -> None:
    watched = rule(measure="margin", by="customer", below=Decimal("0.2"))
    found = [judged(watched, spent(1, margin=share)) for share in ("0.2", "0.19", "0.24", "0.25")]
    assert [(each.fires, each.holds) for each in found if each] == [
        (False, True), (True, True), (False, True), (False, False)
    ]  # fmt: skip
    assert judged(watched, spent(1)) is None


def test_a_month_unlike_the_others_is_unusual_whatever_its_length() -> None:
    steady = [100_000 * days // 30 for days in DAYS[:-1]]
    ordinary = unusual([*steady, 100_000 * DAYS[-1] // 30], DAYS)
    dear = unusual([*steady, 138_000 * DAYS[-1] // 30], DAYS)
    assert ordinary is not None
    assert dear is not None
    assert not ordinary.fires
    assert dear.fires
    assert (dear.months, round(dear.share or 0, 2)) == (12, Decimal("0.38"))


@pytest.mark.parametrize(("months", "abstains"), [(0, True), (5, True), (6, False)])
def test_under_six_earlier_months_it_abstains(months: int, abstains: bool) -> None:
    found = unusual([0] * 3 + [100_000] * months + [900_000], DAYS[-months - 4 :])
    assert (found is None) == abstains


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=13, max_size=13), st.integers(0, 10**12))
def test_the_dearer_the_month_the_sooner_it_fires(costs: list[int], more: int) -> None:
    found = [unusual([*costs[:-1], last], DAYS) for last in (costs[-1], costs[-1] + more)]
    if found[0] is not None and found[1] is not None:
        assert found[1].fires >= found[0].fires
        assert all(each.holds >= each.fires for each in found if each)


def test_steady_growth_is_nothing_unusual() -> None:
    grown = [round(100_000 * 1.05**at) * days // 30 for at, days in enumerate(DAYS)]
    found = unusual(grown, DAYS)
    assert found is not None
    assert not found.fires


@pytest.fixture
def books(test_settings: Settings) -> Iterator[tuple[Databases, Cast, UUID]]:
    """Books of a test's own: a customer who pays $499 and costs $20 a month, ten months long."""
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
            who = customer(session, cast.system, "Globex", NOW - timedelta(days=400))
            bare_license(session, who, "pro", NOW - timedelta(days=400))
            for month in months_until(add_months(NOW, -2), 10):
                book(session, cast, month.end, 2_000, who)
        yield databases, cast, who


def book(session: WriteSession, cast: Cast, end: datetime, minor: int, who: UUID | None) -> None:
    day = (end - timedelta(days=1)).date()
    book_costs(session, cast.adam, [NewCost(day, "compute", Money(minor, "USD"), who, "analytics")], now=NOW)


def test_it_is_told_once_and_again_only_after_it_has_fallen(books: tuple[Databases, Cast, UUID]) -> None:
    databases, cast, who = books
    october, december = months_until(NOW, 2)[0].end, add_months(NOW, 1)
    with databases.control.write(SYSTEM) as session:
        book(session, cast, october, 2_000, who)
        add_rule(session, cast.adam, "cost", "customer", only=str(who), above=Money(8_000, "USD"), now=NOW)
        assert watch(session, cast.system, now=NOW) == 0
        book(session, cast, october, 7_000, who)
        assert [watch(session, cast.system, now=NOW) for _ in range(2)] == [1, 0]
        [alert] = cost_alerts(session, cast.sam)
        assert alert.why == "Globex cost $90 in October, above $80.00."
        assert (alert.subject, alert.cost, alert.fell_at) == (str(who), Money(9_000, "USD"), None)
        kinds = [row.data["kind"] for row in session.execute(select(outbox).where(outbox.c.type == "activity:new"))]
        assert kinds.count("cost.alert") == 1
        mails = session.execute(select(mail.c.recipient, mail.c.text).where(mail.c.once.startswith("cost-alert:")))
        written = {row.recipient: row.text for row in mails}
        assert set(written) == {cast_mail(cast, name) for name in ("fiona", "adam")}
        assert all("Globex cost $90 in October" in text for text in written.values())
    with databases.control.write(SYSTEM) as session:
        # November at $75 is below $80, and not a tenth below.
        book_costs(session, cast.adam, [NewCost(NOW.date(), "compute", Money(7_500, "USD"), who)], now=NOW)
        watch(session, cast.system, now=december)
        assert len(cost_alerts(session, cast.sam)) == 1
        watch(session, cast.system, now=add_months(NOW, 2))
        assert cost_alerts(session, cast.sam) == ()
        assert [each.fell_at is not None for each in cost_alerts(session, cast.sam, held=False)] == [True]


def cast_mail(cast: Cast, name: str) -> str:
    return f"{name}@calos.test"


def test_everybody_begins_with_the_usual_rules(books: tuple[Databases, Cast, UUID]) -> None:
    databases, cast, who = books
    with databases.control.write(SYSTEM) as session:
        book(session, cast, months_until(NOW, 2)[0].end, 60_000, who)
        assert watch(session, cast.system, now=NOW, told=False) == 2
        rules = cost_rules(session, cast.sam)
        assert [(each.measure, each.by, each.below) for each in rules] == list(USUAL)
        found = {each.rule.by: each for each in cost_alerts(session, cast.sam)}
        assert found["kind"].why.startswith("Compute cost $600 in October, ")
        assert found["kind"].why.endswith("by the median of 10 months.")
        assert set(found) == {"kind", "customer"}
        assert session.execute(select(mail.c.id).where(mail.c.once.startswith("cost-alert:"))).first() is None
        end_rule(session, cast.adam, rules[0].id, now=NOW)
        assert watch(session, cast.system, now=NOW) == 0
        assert {each.rule.by for each in cost_alerts(session, cast.sam)} == {"customer"}
        with pytest.raises(NotFound):
            end_rule(session, cast.adam, rules[0].id, now=NOW)


def test_what_can_be_no_rule_is_refused(books: tuple[Databases, Cast, UUID]) -> None:
    databases, cast, _ = books
    with databases.control.write(SYSTEM) as session:
        for asked in (
            {"measure": "cost", "by": "all"},
            {"measure": "cost", "by": "all", "above": Money(1, "EUR")},
            {"measure": "margin", "by": "customer"},
            {"measure": "margin", "by": "customer", "below": Decimal(2)},
            {"measure": "margin", "by": "kind", "below": Decimal(0)},
            {"measure": "unusual", "by": "kind", "below": Decimal(0)},
            {"measure": "weather", "by": "kind"},
        ):
            with pytest.raises(InvalidInput):
                add_rule(session, cast.adam, **asked, now=NOW)
        with pytest.raises(NotPermitted):
            add_rule(session, cast.sam, "unusual", "kind", now=NOW)
        with pytest.raises(NotPermitted):
            cost_alerts(session, cast.mia)


def test_books_without_costs_have_no_rules(test_settings: Settings) -> None:
    with own_databases(test_settings) as databases, databases.control.write(SYSTEM) as session:
        cast = make_cast(session, NOW)
        assert watch(session, cast.system, now=NOW) == 0
        assert cost_rules(session, cast.fiona) == ()
