"""Any sequence of acts on subscriptions: opening + movements = closing, and the ledger is what customers pay."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.accounts.agreements import (
    act,
    cancel_at_period_end,
    change_currency,
    reactivate,
    settle_due,
    start_trial,
    undo_cancel,
)
from core.billing.reads import Subscription, chain_of, subscriptions_of
from core.billing.subscription_changes import NOTHING, Act, Coupon, Terms
from core.errors import CalosError
from core.finance.ledger import ledger_facts
from core.finance.movements import KINDS
from core.finance.policy import MetricPolicy
from core.finance.policy_movements import movements_under
from core.finance.policy_reads import histories
from core.finance.policy_sums import sums_under
from core.finance.reads import exchange_rates, mrr_at
from core.money import Money
from core.periods import INSTANT, Period, billing_period
from db.session import WriteSession
from tests.books import bare_license
from tests.cast import Cast
from tests.core.finance.shop import Shop, day

DAY = timedelta(days=1)
TIERS = st.sampled_from(["basic", "pro", "enterprise"])
WHAT = st.one_of(
    st.tuples(st.just("quantity"), st.integers(1, 9)),
    st.tuples(st.just("amount"), st.integers(0, 90_001)),
    st.tuples(st.just("plan"), TIERS),
    st.tuples(st.just("period"), st.sampled_from(["monthly", "quarterly", "annual"])),
    st.tuples(st.just("percent"), st.integers(1, 100)),
    st.tuples(st.just("fixed"), st.integers(1, 30_000)),
    st.tuples(st.sampled_from(["pause", "resume", "cancel", "coupon_end"]), st.just(0)),
    st.tuples(st.sampled_from(["cancel later", "undo", "reactivate", "trial", "euro", "dollar"]), st.just(0)),
)
ACTS = st.lists(st.tuples(st.integers(0, 2), WHAT, st.integers(0, 40), st.integers(0, 3)), max_size=14)
CUTS = st.tuples(st.integers(-5, 300), st.integers(0, 200))
DIMENSIONS = [(), ("tier",), ("product",), ("country",), ("currency",), ("customer",)]


class Sold:
    """Three subscriptions of two customers, and what is done to them."""

    def __init__(self, session: WriteSession, cast: Cast) -> None:
        self.session, self.cast = session, cast
        shop = Shop(session, cast, day(1, 1))
        self.customers = [shop.customer("One"), shop.customer("Two")]
        self.held = [
            shop.sell(self.customers[number % 2], 120_00, day(1, 2), currency=currency)
            for number, currency in enumerate(("USD", "EUR", "USD"))
        ]

    def do(self, number: int, what: tuple[str, int | str], at: datetime, later: int) -> None:
        """Do something; what is not possible is refused and changes nothing."""
        which, currency = self.held[number].id, self._current(number).amount.currency

        def do(act_: Act, terms: Terms = NOTHING, until: datetime | None = None) -> None:
            due_at = at + later * DAY if later else None
            act(self.session, self.cast.sam, which, act_, terms, now=at, due_at=due_at, until=until)

        match what:
            case "quantity", int(quantity):
                do("change", Terms(quantity=quantity))
            case "amount", int(minor):
                do("change", Terms(amount=Money(minor, currency)))
            case "plan", str(tier):
                do("change", Terms(tier_id=tier))
            case "period", str(period):
                do("change", Terms(billing_period=billing_period(period)))
            case "percent", int(percent):
                do("coupon", Terms(coupon=Coupon("repeating", Decimal(percent))), at + (later + 9) * DAY)
            case "fixed", int(minor):
                do("coupon", Terms(coupon=Coupon("forever", minor_off=minor)))
            case ("pause" | "resume" | "cancel" | "coupon_end") as named, _:
                do(named)
            case named, _:
                self._other(named, which, at)

    def _other(self, named: str, which: UUID, at: datetime) -> None:
        session = self.session
        if named == "cancel later":
            cancel_at_period_end(session, self.cast.sam, which, now=at)
        elif named == "undo":
            undo_cancel(session, self.cast.sam, which, now=at)
        elif named == "reactivate":
            reactivate(session, self.cast.sam, which, now=at)
        elif named == "trial":
            held = bare_license(session, self.customers[0], "pro", at)
            amount = Money(70_01, "EUR")
            start_trial(
                session, self.cast.sam, self.customers[0], held, "pro", "annual", amount, ends_at=at + 9 * DAY, now=at
            )
        else:
            change_currency(session, self.cast.sam, which, "EUR" if named == "euro" else "USD", now=at)

    def _current(self, number: int) -> Subscription:
        return chain_of(self.session, self.cast.fiona, self.held[number].id)[-1]

    def paid(self, at: datetime) -> list[Money]:
        """Return the MRR of each subscription that runs at an instant."""
        every = [one for whom in self.customers for one in subscriptions_of(self.session, self.cast.fiona, whom)]
        return [
            one.mrr for one in every if one.started_at <= at and (one.ended_at is None or at < one.ended_at) and one.mrr
        ]


@contextmanager
def undone(session: WriteSession) -> Iterator[None]:
    savepoint = session.connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _derived_is_kept(books: Sold, periods: list[Period], end: datetime) -> None:
    """Compare what the standard policy makes of the histories with the ledger, which is the standard."""
    told = histories(books.session, books.cast.fiona)
    moved = movements_under(MetricPolicy(), told)
    rates, places = exchange_rates(books.session), {one.organization_id: one for one in told}
    for by in ((), ("tier", "country"), ("segment", "currency")):
        kept = ledger_facts(books.session, books.cast.fiona, periods, by=by, as_of=end + 600 * DAY)
        derived = sums_under(moved, places, periods, rates, by=by, as_of=end + 600 * DAY)
        order = ["period", *by]
        pd.testing.assert_frame_equal(
            kept.sort_values(order).reset_index(drop=True), derived.sort_values(order).reset_index(drop=True)
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS, CUTS)
def test_whatever_is_done_the_ledger_is_what_customers_pay(
    session: WriteSession, cast: Cast, acts: list[tuple[int, tuple[str, int | str], int, int]], cut: tuple[int, int]
) -> None:
    with undone(session):
        books, at = Sold(session, cast), day(1, 2)
        for number, what, days, later in acts:
            at += days * DAY + timedelta(minutes=1)
            try:
                with session.connection.begin_nested():
                    books.do(number, what, at, later)
            except CalosError:
                continue
        end = at + 60 * DAY
        for whom in books.customers:
            settle_due(session, whom, now=end)
        rates = exchange_rates(session)
        for moment in (at, at + 3 * DAY, end):
            assert mrr_at(session, cast.fiona, moment) == rates.report(books.paid(moment), moment.date())
        _derived_is_kept(books, [Period(day(1, 1) + cut[0] * DAY, end), Period(day(1, 20), at + DAY)], end)
        start = day(1, 1) + cut[0] * DAY
        period = Period(start, start + cut[1] * DAY)
        for by in DIMENSIONS:
            facts = ledger_facts(session, cast.fiona, [period], by=by, as_of=end + 600 * DAY)
            flows = facts[[*KINDS, "transfer", "exchange"]].sum(axis=1)
            assert (facts["opening"] + flows == facts["closing"]).all()
            closing = rates.exact(books.paid(period.end - INSTANT), (period.end - INSTANT).date())
            assert abs(int(facts["closing"].sum()) - closing) <= max(len(facts), 1)
            # A group alone is to the cent: what it is rounded from is exact.
            if not by:
                assert (
                    int(facts["closing"].sum())
                    == rates.report(books.paid(period.end - INSTANT), (period.end - INSTANT).date()).minor
                )
