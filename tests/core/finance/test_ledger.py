"""The ledger against what customers really pay: opening + movements = closing, for any history and any period."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import ProgrammingError

from core.billing.reads import Subscription, price_in_force
from core.billing.writes import change_subscription, end_subscription, start_subscription
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.finance.reads import (
    bridge,
    exchange_rates,
    movements_in,
    movements_of,
    mrr_at,
    mrr_by_tier,
    mrr_of,
    tier_months,
)
from core.finance.writes import add_rate, record_movement
from core.money import Money
from core.periods import BillingPeriod, Period, month_of, months_until
from db.models.access import audit_entry
from db.models.finance import movement
from db.session import WriteSession
from tests.books import bare_license, customer, subscribe
from tests.cast import Cast

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


class Books:
    """What the property compares the ledger with: every subscription that ever was, and who had which."""

    def __init__(self, session: WriteSession, cast: Cast) -> None:
        self.session, self.cast = session, cast
        self.customers = [customer(session, cast.system, f"Customer {n}", START) for n in range(3)]
        self.licenses = [
            (organization, bare_license(session, organization, "basic", START), currency)
            for organization in self.customers
            for currency in ("USD", "EUR")
        ]
        self.open: dict[int, Subscription] = {}
        self.all: list[tuple[Subscription, datetime]] = []

    def step(self, which: int, tier: str | None, period: BillingPeriod, at: datetime) -> None:
        """Give license `which` a tier at list price, or none, and record the movement."""
        before = self.open.pop(which, None)
        after = self._next(which, before, tier, period, at)
        if before is not None:
            self.all.append((before, at))
        if after is not None:
            self.open[which] = after
        if before or after:
            record_movement(self.session, self.cast.sam, before, after, now=at)

    def _next(
        self, which: int, before: Subscription | None, tier: str | None, period: BillingPeriod, at: datetime
    ) -> Subscription | None:
        organization, license_id, currency = self.licenses[which]
        if tier is None:
            if before is not None:
                end_subscription(self.session, self.cast.sam, before, now=at)
            return None
        amount = price_in_force(self.session, tier, period, currency, at).amount
        if before is not None:
            return change_subscription(self.session, self.cast.sam, before, tier, period, amount, now=at)
        return start_subscription(self.session, self.cast.sam, organization, license_id, tier, period, amount, now=at)

    def paid(self, at: datetime) -> list[Subscription]:
        """Return the subscriptions that run at an instant."""
        ended = [one for one, end in self.all if one.started_at <= at < end]
        return ended + [one for one in self.open.values() if one.started_at <= at]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([None, "free", "basic", "pro", "enterprise"]),
        st.sampled_from(["monthly", "quarterly", "annual"]),
        st.integers(0, 60 * 24 * 60),
    ),
    max_size=16,
)
SPANS = st.tuples(st.integers(-5, 800), st.integers(0, 400)).map(
    lambda days: Period(START + days[0] * DAY, START + (days[0] + days[1]) * DAY)
)


@contextmanager
def undone(session: WriteSession) -> Iterator[None]:
    savepoint = session.connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, SPANS)
def test_the_ledger_is_what_customers_pay(session: WriteSession, cast: Cast, steps: list[Any], period: Period) -> None:
    with undone(session):
        books, at = Books(session, cast), START
        for which, tier, billing, minutes in steps:
            at += timedelta(minutes=minutes)
            books.step(which, tier, billing, at)
        as_of = max(at, period.end) + DAY
        _bridges_hold(books, period, as_of)
        _snapshots_hold(books, period.end - INSTANT)
        _months_hold(books, as_of)


def _bridges_hold(books: Books, period: Period, as_of: datetime) -> None:
    reported = bridge(books.session, books.cast.fiona, period, as_of=as_of)
    assert reported.opening + reported.net_new + reported.exchange == reported.closing
    assert abs(reported.exchange.minor - _revaluation(books, period)) <= 5


def _revaluation(books: Books, period: Period) -> int:
    """Return what changed rates did to the euros that were there when they changed."""
    gained = Decimal(0)
    steps = exchange_rates(books.session).steps["EUR"]
    for (_, old), (day, new) in pairwise(steps):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if period.start <= at < period.end:
            gained += (new - old) * sum(o.mrr.minor for o in books.paid(at - INSTANT) if o.amount.currency == "EUR")
    return round(gained)


def _snapshots_hold(books: Books, at: datetime) -> None:
    rates = exchange_rates(books.session)
    paid = books.paid(at)
    assert mrr_at(books.session, books.cast.fiona, at) == rates.report((one.mrr for one in paid), at.date())
    tiers = mrr_by_tier(books.session, books.cast.fiona, at)
    for tier in ("free", "basic", "pro", "enterprise"):
        expected = rates.report((one.mrr for one in paid if one.tier_id == tier), at.date())
        assert tiers.get(tier, Money(0, "USD")) == expected
    each = mrr_of(books.session, books.cast.fiona, books.customers, at)
    for organization in books.customers:
        theirs = [one.mrr for one in paid if one.organization_id == organization and one.mrr]
        assert rates.report([each[organization]], at.date()) == rates.report(theirs, at.date())


def _months_hold(books: Books, as_of: datetime) -> None:
    months = months_until(as_of, 5)
    frame = tier_months(books.session, books.cast.fiona, months, as_of=as_of)
    last = frame[frame.month == months[-1].start.replace(tzinfo=None)].set_index("tier_id").mrr_minor
    tiers = {tier: Money(minor, "USD") for tier, minor in last.to_dict().items() if minor}
    assert tiers == mrr_by_tier(books.session, books.cast.fiona, as_of)


def test_one_customers_story(session: WriteSession, cast: Cast, now: datetime) -> None:
    """A trial has no MRR; then new, a second license, one given up, the other too, and back again (A2-A7)."""
    gold = subscribe(session, cast.sam, cast.globex, "pro", now, period="annual")
    silver = subscribe(session, cast.sam, cast.globex, "basic", now)
    record_movement(session, cast.sam, None, gold, now=now)
    record_movement(session, cast.sam, None, silver, now=now + DAY)
    record_movement(session, cast.sam, silver, None, now=now + 2 * DAY, reason="too many tills")
    record_movement(session, cast.sam, gold, None, now=now + 3 * DAY)
    record_movement(session, cast.sam, None, silver, now=now + 4 * DAY)
    told = movements_of(session, cast.otto, cast.globex)
    assert [one.kind for one in reversed(told)] == ["new", "expansion", "contraction", "churn", "reactivation"]
    assert [one.change.minor for one in reversed(told)] == [415_83, 99_00, -99_00, -415_83, 99_00]
    assert told[2].reason == "too many tills"
    balance = [mrr_of(session, cast.fiona, [cast.globex], now + n * DAY)[cast.globex].minor for n in range(-1, 5)]
    assert balance == [0, 415_83, 514_83, 415_83, 0, 99_00]
    assert movements_of(session, cast.otto, cast.globex, before=now + DAY) == told[-1:]


def test_a_change_of_tier_takes_its_mrr_along(session: WriteSession, cast: Cast, now: datetime) -> None:
    basic = subscribe(session, cast.sam, cast.globex, "basic", now)
    record_movement(session, cast.sam, None, basic, now=now)
    pro = change_subscription(session, cast.sam, basic, "pro", "monthly", Money(499_00, "USD"), now=now + DAY)
    moved = record_movement(session, cast.sam, basic, pro, now=now + DAY)
    assert moved is not None
    assert (moved.kind, moved.change.minor, moved.from_tier_id) == ("expansion", 400_00, "basic")
    assert mrr_by_tier(session, cast.fiona, now + DAY) == {"pro": Money(499_00, "USD")}
    assert mrr_by_tier(session, cast.fiona, now) == {"basic": Money(99_00, "USD")}


def test_the_same_worth_in_another_rhythm_moves_nothing(session: WriteSession, cast: Cast, now: datetime) -> None:
    monthly = subscribe(session, cast.sam, cast.globex, "basic", now)
    record_movement(session, cast.sam, None, monthly, now=now)
    quarterly = change_subscription(session, cast.sam, monthly, "basic", "quarterly", Money(297_00, "USD"), now=now)
    assert record_movement(session, cast.sam, monthly, quarterly, now=now) is None


def test_a_month_that_is_running_closes_now(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    record_movement(session, cast.sam, None, first, now=now)
    record_movement(session, cast.sam, first, None, now=now, effective_at=now + DAY)
    running = bridge(session, cast.fiona, month_of(now), as_of=now)
    assert (running.movements["new"].minor, running.movements["churn"].minor) == (99_00, 0)
    assert running.closing == mrr_at(session, cast.fiona, now) == Money(99_00, "USD")
    assert [one.kind for one in movements_in(session, cast.fiona, month_of(now))] == ["churn", "new"]


def test_the_ledger_is_written_forwards(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    record_movement(session, cast.sam, None, first, now=now)
    with pytest.raises(Conflict, match="date this one later"):
        record_movement(session, cast.sam, first, None, now=now, effective_at=now - DAY)


def test_the_database_itself_refuses_to_alter_the_ledger(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    record_movement(session, cast.sam, None, first, now=now)
    with undone(session), pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(delete(movement))


def test_every_movement_is_audited(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    made = record_movement(session, cast.sam, None, first, now=now)
    assert made is not None
    told = session.execute(
        select(audit_entry.c.actor_label, audit_entry.c.organization_id, audit_entry.c.after).where(
            audit_entry.c.action == "movement.recorded", audit_entry.c.target_id == str(made.id)
        )
    ).one()
    assert told == ("sam@calos.test", cast.globex, {"kind": "new", "changeMinor": 9900, "currency": "USD"})


def test_who_may_see_the_money(session: WriteSession, cast: Cast, now: datetime) -> None:
    other = customer(session, cast.sam, "Initech", now)
    for staff in (cast.fiona, cast.adam, cast.sam):
        assert mrr_at(session, staff, now) == Money(0, "USD")
    for person in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            mrr_at(session, person, now)
        with pytest.raises(NotPermitted):
            bridge(session, person, month_of(now), as_of=now)
    assert mrr_of(session, cast.otto, [cast.globex], now) == {cast.globex: Money(0, "USD")}
    with pytest.raises(NotFound):
        movements_of(session, cast.otto, other)
    with pytest.raises(NotFound):
        mrr_of(session, cast.otto, [cast.globex, other], now)


def test_rates_are_added_at_the_end_only(session: WriteSession, cast: Cast, now: datetime) -> None:
    add_rate(session, cast.adam, "EUR", date(2027, 1, 1), Decimal("1.15"), "planning rate", now=now)
    assert exchange_rates(session).on("EUR", date(2027, 6, 1)) == Decimal("1.15")
    with pytest.raises(Conflict, match="fixed up to 2027-01-01"):
        add_rate(session, cast.adam, "EUR", date(2026, 6, 1), Decimal("1.15"), "planning rate", now=now)
    with pytest.raises(InvalidInput, match="above zero"):
        add_rate(session, cast.adam, "GBP", date(2027, 1, 1), Decimal(0), "planning rate", now=now)
    with pytest.raises(NotPermitted):
        add_rate(session, cast.sam, "GBP", date(2027, 1, 1), Decimal("1.3"), "planning rate", now=now)
