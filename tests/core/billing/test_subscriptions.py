"""Prices in force, and the life of a subscription."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from core.billing.reads import (
    active_subscription,
    latest_subscription,
    price_in_force,
    prices_in_force,
    subscriptions_of,
)
from core.billing.writes import change_subscription, end_subscription, start_subscription
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import new_id
from core.money import Money
from db.models.access import audit_entry
from db.models.billing import price, product, tier_product
from db.session import WriteSession
from tests.books import bare_license, customer, subscribe
from tests.cast import Cast

DAY = timedelta(days=1)


def test_the_newest_price_that_has_begun_is_in_force(session: WriteSession, now: datetime) -> None:
    for amount, valid_from in ((50_000, now - DAY), (60_000, now + DAY)):
        row = {"id": new_id(), "tier_id": "pro", "billing_period": "monthly", "currency": "USD"}
        session.execute(insert(price).values(**row, amount_minor=amount, valid_from=valid_from))
    seen = [price_in_force(session, "pro", "monthly", "USD", at).amount.minor for at in (now - 2 * DAY, now, now + DAY)]
    assert seen == [49_900, 50_000, 60_000]
    listed = {(p.tier_id, p.billing_period, p.amount.currency): p.amount.minor for p in prices_in_force(session, now)}
    assert listed["pro", "monthly", "USD"] == 50_000
    assert len(listed) == 4 * 3 * 2


def test_a_year_costs_ten_months(session: WriteSession, now: datetime) -> None:
    yearly = price_in_force(session, "basic", "annual", "EUR", now)
    assert yearly.amount == Money(89_000, "EUR")
    assert yearly.mrr == Money(7_417, "EUR")


def test_a_currency_without_a_price_list_is_refused(session: WriteSession, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="No price list"):
        price_in_force(session, "pro", "monthly", "GBP", now)


def test_a_change_ends_one_subscription_and_starts_the_next(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    second = change_subscription(session, cast.sam, first, "pro", "annual", Money(499_000, "USD"), now=now + DAY)
    assert first.license_id is not None
    assert active_subscription(session, cast.sam, first.license_id) == second
    newest, oldest = subscriptions_of(session, cast.fiona, cast.globex)
    assert (newest.id, oldest.id, oldest.ended_at) == (second.id, first.id, now + DAY)
    told = session.execute(select(audit_entry).where(audit_entry.c.target_id == str(second.id))).one()
    assert (told.action, told.before["tier"], told.after["tier"]) == ("subscription.changed", "basic", "pro")


def test_one_subscription_pays_for_a_license_at_a_time(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    one = Money(1, "USD")
    assert first.license_id is not None
    with pytest.raises(Conflict, match="already has a subscription"):
        start_subscription(session, cast.sam, cast.globex, first.license_id, "pro", "monthly", one, now=now)
    end_subscription(session, cast.sam, first, now=now + DAY, reason="left")
    with pytest.raises(Conflict, match="already ended"):
        end_subscription(session, cast.sam, first, now=now + DAY)
    assert active_subscription(session, cast.sam, first.license_id) is None
    assert latest_subscription(session, cast.sam, first.license_id) is not None


def test_a_subscription_ends_after_it_began(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    with pytest.raises(Conflict, match="before it began"):
        end_subscription(session, cast.sam, first, now=now - DAY)


@pytest.mark.parametrize("who", ["mia", "vera", "otto"])
def test_only_who_may_price_starts_a_subscription(session: WriteSession, cast: Cast, now: datetime, who: str) -> None:
    with pytest.raises(NotPermitted):
        subscribe(session, getattr(cast, who), cast.globex, "basic", now)


def test_a_customer_sees_its_own_subscriptions_only(session: WriteSession, cast: Cast, now: datetime) -> None:
    other = customer(session, cast.sam, "Initech", now)
    theirs = subscribe(session, cast.sam, other, "basic", now)
    mine = subscribe(session, cast.sam, cast.globex, "basic", now)
    assert [one.id for one in subscriptions_of(session, cast.otto, cast.globex)] == [mine.id]
    assert theirs.license_id is not None
    with pytest.raises(NotFound):
        subscriptions_of(session, cast.otto, other)
    with pytest.raises(NotFound):
        active_subscription(session, cast.otto, theirs.license_id)
    with pytest.raises(NotPermitted):
        subscriptions_of(session, cast.vera, other)


def test_a_subscription_ends_with_what_is_paid(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = subscribe(session, cast.sam, cast.globex, "basic", now)
    ended = end_subscription(session, cast.sam, first, now=now, ends_at=now + 30 * DAY)
    assert ended.ended_at == now + 30 * DAY
    assert subscriptions_of(session, cast.fiona, cast.globex) == (ended,)
    with pytest.raises(Conflict, match="already ended"):
        end_subscription(session, cast.sam, first, now=now + DAY)


def test_a_subscription_is_for_a_tier_or_for_one_product(session: WriteSession, cast: Cast, now: datetime) -> None:
    held = bare_license(session, cast.globex, "pro", now)
    amount = Money(60_00, "USD")
    alone = start_subscription(
        session, cast.sam, cast.globex, held, "pro", "monthly", amount, now=now, product_id="analytics"
    )
    assert active_subscription(session, cast.sam, held) == alone
    yearly = change_subscription(session, cast.sam, alone, "pro", "annual", Money(600_00, "USD"), now=now + DAY)
    assert (yearly.product_id, yearly.mrr) == ("analytics", Money(50_00, "USD"))
    told = session.execute(select(audit_entry.c.after).where(audit_entry.c.target_id == str(alone.id))).scalar_one()
    assert told["product"] == "analytics"


def test_shares_of_a_tier_add_up_to_it(session: WriteSession) -> None:
    whole = select(func.sum(tier_product.c.share)).group_by(tier_product.c.tier_id)
    assert session.execute(whole).scalars().all() == [1, 1, 1]
    assert session.execute(select(product.c.label).order_by(product.c.rank)).scalars().all() == [
        "POS",
        "Chatbot",
        "Email",
        "Sales",
        "Crypto",
        "Analytics",
    ]
