"""Acts on subscriptions: what each moves and when, done once however often it is run, and always adding up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from uuid import UUID

import pytest

from core.access.permissions import Permission
from core.accounts.agreements import (
    act,
    apply_coupon,
    cancel_at_period_end,
    change_currency,
    period_end,
    reactivate,
    settle_due,
    start_trial,
    undo_cancel,
)
from core.billing.reads import chain_of
from core.billing.scheduled import customers_due, scheduled_of, waiting
from core.billing.subscription_changes import Coupon, Terms
from core.config import Settings
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.finance.drill import subscription_rows
from core.finance.effects import effect
from core.finance.reads import exchange_rates, movements_of, standing
from core.licensing.reads import licenses_of
from core.money import Money
from db.session import SYSTEM, WriteSession
from tests.books import bare_license, own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.finance.shop import Shop, day

DAY = timedelta(days=1)


@pytest.fixture
def shop(session: WriteSession, cast: Cast) -> Shop:
    return Shop(session, cast, day(1, 1))


def sold(shop: Shop, minor: int = 100_00, name: str = "Initech") -> tuple[UUID, UUID]:
    """Return a customer and its subscription since 2 January, at $100 a month."""
    whom = shop.customer(name)
    return whom, shop.sell(whom, minor, day(1, 2)).id


def test_quantity_price_and_plan_in_the_middle_of_a_month(shop: Shop) -> None:
    whom, which = sold(shop)
    for terms, at in (
        (Terms(quantity=3), day(1, 10)),
        (Terms(amount=Money(80_00, "USD")), day(1, 12)),
        (Terms(tier_id="pro", amount=Money(200_00, "USD"), quantity=1), day(1, 20)),
        (Terms(billing_period="annual", amount=Money(2_400_00, "USD")), day(1, 21)),
    ):
        act(shop.session, shop.cast.sam, which, "change", terms, now=at)
    assert shop.moved(whom) == [
        ("new", Decimal(100)),
        ("expansion", Decimal(200)),
        ("contraction", Decimal(-60)),
        ("contraction", Decimal(-40)),
    ]
    chain = chain_of(shop.session, shop.cast.fiona, which)
    assert [one.started_at for one in chain] == [day(1, each) for each in (2, 10, 12, 20, 21)]
    assert {one.agreement for one in chain} == {which}
    moved = movements_of(shop.session, shop.cast.fiona, whom)[0]
    assert (moved.tier_id, moved.from_tier_id, moved.effective_at) == ("pro", "basic", day(1, 20))


def test_a_change_of_plan_takes_the_license_along(shop: Shop) -> None:
    _, which = sold(shop)
    done = act(
        shop.session, shop.cast.sam, which, "change", Terms(tier_id="pro", billing_period="annual"), now=day(1, 10)
    )
    held = licenses_of(shop.session, shop.cast.fiona, done.subscription.organization_id, now=day(1, 11))
    assert [(one.tier_id, one.billing_period) for one in held] == [("pro", "annual")]


def test_a_coupon_takes_off_what_invoices_subtract_until_it_runs_out(shop: Shop) -> None:
    whom, which = sold(shop, 10_00)
    apply_coupon(shop.session, shop.cast.sam, which, Coupon("repeating", Decimal(10)), now=day(1, 5), until=day(4, 5))
    assert shop.mrr(day(3, 1)) == 9
    assert settle_due(shop.session, whom, now=day(4, 4)) == 0
    assert settle_due(shop.session, whom, now=day(4, 6)) == 1
    assert shop.mrr(day(4, 7)) == 10
    assert shop.moved(whom)[1:] == [("contraction", Decimal(-1)), ("expansion", Decimal(1))]
    assert movements_of(shop.session, shop.cast.fiona, whom)[0].effective_at == day(4, 5)


def test_a_fixed_coupon_never_takes_more_than_there_is(shop: Shop) -> None:
    whom, which = sold(shop, 10_00)
    apply_coupon(shop.session, shop.cast.sam, which, Coupon("forever", minor_off=25_00), now=day(1, 5))
    assert shop.moved(whom)[-1] == ("churn", Decimal(-10))
    act(shop.session, shop.cast.sam, which, "coupon_end", now=day(2, 5))
    assert shop.moved(whom)[-1] == ("reactivation", Decimal(10))
    with pytest.raises(Conflict, match="No coupon"):
        act(shop.session, shop.cast.sam, which, "coupon_end", now=day(2, 6))


def test_a_trial_costs_nothing_until_it_converts(shop: Shop) -> None:
    whom = shop.customer("Tries")
    held = bare_license(shop.session, whom, "pro", day(1, 2))
    done = start_trial(
        shop.session,
        shop.cast.sam,
        whom,
        held,
        "pro",
        "monthly",
        Money(49_00, "USD"),
        ends_at=day(1, 16),
        now=day(1, 2),
        quantity=2,
    )
    assert shop.mrr(day(1, 10)) == 0
    with pytest.raises(Conflict, match="trial"):
        act(shop.session, shop.cast.sam, done.subscription.id, "pause", now=day(1, 5))
    assert settle_due(shop.session, whom, now=day(1, 20)) == 1
    assert shop.moved(whom) == [("new", Decimal(98))]
    assert movements_of(shop.session, shop.cast.fiona, whom)[0].effective_at == day(1, 16)


def test_who_cancels_in_a_trial_never_paid(shop: Shop) -> None:
    whom = shop.customer("Tries")
    held = bare_license(shop.session, whom, "pro", day(1, 2))
    done = start_trial(
        shop.session,
        shop.cast.sam,
        whom,
        held,
        "pro",
        "monthly",
        Money(49_00, "USD"),
        ends_at=day(1, 16),
        now=day(1, 2),
    )
    canceled = cancel_at_period_end(shop.session, shop.cast.sam, done.subscription.id, now=day(1, 5))
    assert canceled.scheduled is not None
    assert canceled.scheduled.due_at == day(1, 16)
    assert settle_due(shop.session, whom, now=day(1, 20)) == 1
    assert shop.moved(whom) == []
    told = scheduled_of(shop.session, done.subscription.id)
    assert {(one.act, one.state) for one in told} == {("convert", "withdrawn"), ("cancel", "done")}


def test_a_pause_is_worth_nothing_until_it_ends_by_itself(shop: Shop) -> None:
    whom, which = sold(shop)
    act(shop.session, shop.cast.sam, which, "pause", now=day(2, 1), due_at=day(2, 10), until=day(3, 10))
    assert shop.mrr(day(2, 5)) == 100
    assert settle_due(shop.session, whom, now=day(2, 11)) == 1
    assert shop.mrr(day(2, 12)) == 0
    rows = subscription_rows(shop.session, shop.cast.fiona, at=day(2, 12), where={"customer": [str(whom)]}).rows
    assert rows == ()
    assert settle_due(shop.session, whom, now=day(3, 11)) == 1
    assert shop.moved(whom)[1:] == [("churn", Decimal(-100)), ("reactivation", Decimal(100))]
    dated = [one.effective_at for one in movements_of(shop.session, shop.cast.fiona, whom)]
    assert dated == [day(3, 10), day(2, 10), day(1, 2)]


def test_a_pause_is_ended_by_hand(shop: Shop) -> None:
    whom, which = sold(shop)
    act(shop.session, shop.cast.sam, which, "pause", now=day(2, 1), until=day(3, 10), reason="on leave")
    with pytest.raises(Conflict, match="paused already"):
        act(shop.session, shop.cast.sam, which, "pause", now=day(2, 2))
    act(shop.session, shop.cast.sam, which, "resume", now=day(2, 15))
    assert waiting(shop.session, [which]) == ()
    assert [kind for kind, _ in shop.moved(whom)] == ["new", "churn", "reactivation"]


def test_canceled_at_the_end_of_what_is_paid_and_taken_back_before(shop: Shop) -> None:
    whom, which = sold(shop)
    assert period_end(shop.session, shop.cast.sam, which, now=day(3, 15)) == day(4, 2)
    cancel_at_period_end(shop.session, shop.cast.sam, which, now=day(3, 15), reason="budget")
    with pytest.raises(Conflict, match="scheduled already"):
        cancel_at_period_end(shop.session, shop.cast.sam, which, now=day(3, 16))
    undo_cancel(shop.session, shop.cast.sam, which, now=day(3, 20))
    with pytest.raises(Conflict, match="none to take back"):
        undo_cancel(shop.session, shop.cast.sam, which, now=day(3, 21))
    assert settle_due(shop.session, whom, now=day(5, 1)) == 0
    cancel_at_period_end(shop.session, shop.cast.sam, which, now=day(5, 1), reason="budget")
    assert shop.mrr(day(5, 1)) == 100
    assert settle_due(shop.session, whom, now=day(5, 3)) == 1
    churned = movements_of(shop.session, shop.cast.fiona, whom)[0]
    assert (churned.kind, churned.effective_at, churned.reason) == ("churn", day(5, 2), "budget")
    with pytest.raises(Conflict, match="already ended"):
        act(shop.session, shop.cast.sam, which, "change", Terms(quantity=2), now=day(5, 4))


def test_who_canceled_comes_back_on_the_same_terms(shop: Shop) -> None:
    whom, which = sold(shop)
    with pytest.raises(Conflict, match="runs"):
        reactivate(shop.session, shop.cast.sam, which, now=day(1, 5))
    act(shop.session, shop.cast.sam, which, "cancel", now=day(2, 1))
    back = reactivate(shop.session, shop.cast.sam, which, now=day(3, 1))
    assert back.subscription.agreement == which
    assert shop.moved(whom)[1:] == [("churn", Decimal(-100)), ("reactivation", Decimal(100))]


def test_another_currency_is_a_pair_that_adds_up_to_nothing(shop: Shop) -> None:
    whom, which = sold(shop)
    done = change_currency(shop.session, shop.cast.sam, which, "EUR", now=day(2, 1))
    assert [one.kind for one in done.movements] == ["expansion", "contraction"]
    assert all(one.reason == "Currency changed from USD to EUR." for one in done.movements)
    rates = exchange_rates(shop.session)
    both = rates.exact([one.change for one in done.movements], day(2, 1).date())
    assert abs(both) <= 1
    assert {one.currency for one in (each.change for each in done.movements)} == {"EUR", "USD"}
    assert standing(shop.session, whom, day(2, 2)).mrr == {"EUR": done.subscription.amount.minor}
    with pytest.raises(InvalidInput, match="already"):
        change_currency(shop.session, shop.cast.sam, which, "EUR", now=day(2, 3))
    with pytest.raises(InvalidInput, match="Another currency"):
        act(shop.session, shop.cast.sam, which, "change", Terms(amount=Money(1, "USD")), now=day(2, 3))


def test_nothing_changed_is_said(shop: Shop) -> None:
    _, which = sold(shop)
    for terms in (Terms(), Terms(quantity=1), Terms(tier_id="basic", amount=Money(100_00, "USD"))):
        with pytest.raises(InvalidInput, match="already"):
            act(shop.session, shop.cast.sam, which, "change", terms, now=day(2, 1))


def test_what_an_act_will_move_is_told_before(shop: Shop) -> None:
    whom, which = sold(shop)
    current = chain_of(shop.session, shop.cast.fiona, which)[-1]
    told = effect(standing(shop.session, whom, day(2, 1)), current, None, day(2, 1))
    assert (told.kind, told.change, told.before, told.after) == (
        "churn",
        Money(-100_00, "USD"),
        Money(100_00, "USD"),
        Money(0, "USD"),
    )
    act(shop.session, shop.cast.sam, which, "cancel", now=day(2, 1))
    assert shop.moved(whom)[-1] == ("churn", Decimal(-100))


@pytest.mark.parametrize("who", ["mia", "vera", "otto"])
def test_who_may_not(shop: Shop, who: str) -> None:
    _, which = sold(shop)
    with pytest.raises(NotPermitted):
        act(shop.session, getattr(shop.cast, who), which, "cancel", now=day(2, 1))
    with pytest.raises(NotFound):
        chain_of(shop.session, shop.cast.otto, which)
    assert not shop.cast.vera.may(Permission.LICENSE_UPDATE_TIER)


def test_what_is_no_longer_possible_is_refused_and_said(shop: Shop) -> None:
    whom, which = sold(shop)
    act(shop.session, shop.cast.sam, which, "pause", now=day(2, 1), due_at=day(2, 10))
    act(shop.session, shop.cast.sam, which, "change", Terms(quantity=2), now=day(2, 2), due_at=day(2, 20))
    act(shop.session, shop.cast.sam, which, "change", Terms(quantity=2, amount=Money(1_00, "USD")), now=day(2, 3))
    act(shop.session, shop.cast.sam, which, "cancel", now=day(2, 5))
    assert waiting(shop.session, [which]) == ()
    assert settle_due(shop.session, whom, now=day(3, 1)) == 0


def test_due_acts_are_done_before_the_next_act(shop: Shop) -> None:
    whom, which = sold(shop)
    act(shop.session, shop.cast.sam, which, "change", Terms(quantity=2), now=day(2, 1), due_at=day(2, 10))
    act(shop.session, shop.cast.sam, which, "change", Terms(quantity=5), now=day(2, 15))
    dated = [(one.effective_at, one.change.minor) for one in movements_of(shop.session, shop.cast.fiona, whom)]
    assert dated == [(day(2, 15), 300_00), (day(2, 10), 100_00), (day(1, 2), 100_00)]


@contextmanager
def committed(databases: Databases) -> Iterator[WriteSession]:
    with databases.control.write(SYSTEM) as session:
        yield session


@pytest.fixture
def apart(test_settings: Settings) -> Iterator[tuple[Databases, Cast]]:
    """Yield a database for what is committed, which no other test's figures may meet."""
    with own_databases(test_settings) as opened:
        with opened.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
        yield opened, cast


def _killed_midway(databases: Databases, whom: UUID) -> None:
    with committed(databases) as session:
        assert settle_due(session, whom, now=day(3, 1)) == 2
        raise KeyboardInterrupt


def test_two_at_once_and_one_killed_midway_do_it_once(apart: tuple[Databases, Cast]) -> None:
    databases, cast = apart
    with committed(databases) as session:
        shop = Shop(session, cast, day(1, 1))
        whom, which = sold(shop, name="Once")
        act(session, cast.sam, which, "change", Terms(quantity=4), now=day(1, 5), due_at=day(1, 9))
        cancel_at_period_end(session, cast.sam, which, now=day(1, 5))
    with pytest.raises(KeyboardInterrupt):
        _killed_midway(databases, whom)
    start, counted = Barrier(2), list[int]()

    def run() -> None:
        with committed(databases) as session:
            start.wait()
            counted.append(settle_due(session, whom, now=day(3, 1)))

    threads = [Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(counted) == [0, 2]
    with databases.control.read(SYSTEM) as reading:
        told = [(one.kind, one.effective_at) for one in movements_of(reading, cast.fiona, whom)]
        assert told == [("churn", day(2, 2)), ("expansion", day(1, 9)), ("new", day(1, 2))]
        assert whom not in customers_due(reading, day(4, 1))
