"""Coupons: which there may be, and who can redeem them how often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.accounts.agreements import act
from core.accounts.coupon_redeeming import redeem
from core.accounts.repricing import change_price
from core.billing.coupons import CouponTerms, coupons, create_coupon, redemptions, withdraw_coupon
from core.billing.reads import chain_of, subscriptions_of
from core.billing.scheduled import waiting
from core.billing.subscription_changes import Terms
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.finance.writes import record_movement
from core.ids import new_id
from core.money import Money
from core.periods import add_months
from db.session import SYSTEM, WriteSession
from tests.books import customer, subscribe
from tests.cast import Cast

DAY = timedelta(days=1)
HALF = CouponTerms("HALF-3", "Half price for three months", "repeating", percent=Decimal(50), months=3)


def paying(session: WriteSession, cast: Cast, name: str, now: datetime, **terms: Any) -> Any:
    made = subscribe(session, cast.sam, customer(session, cast.fiona, name, now), "pro", now, **terms)
    record_movement(session, cast.sam, None, made, now=now)
    return made


def taken_off(session: WriteSession, cast: Cast, held: Any) -> tuple[Decimal, int]:
    last = chain_of(session, cast.fiona, held.id)[-1]
    return last.percent_off, last.minor_off


def test_a_coupon_comes_off_from_its_day_until_it_runs_out(session: WriteSession, cast: Cast, now: datetime) -> None:
    create_coupon(session, cast.adam, HALF, now=now)
    held = paying(session, cast, "Hooli", now - DAY)
    found = redeem(session, cast.sam, " half-3 ", held.id, now=now)
    assert found.done.subscription.mrr == Money(249_50, "USD")
    assert [moved.change for moved in found.done.movements] == [Money(-249_50, "USD")]
    assert found.redemption.ends_at == add_months(now, 3)
    assert taken_off(session, cast, held) == (Decimal(50), 0)
    (ends,) = waiting(session, [held.agreement])
    assert (ends.act, ends.due_at) == ("coupon_end", add_months(now, 3))
    (kept,) = [each for each in coupons(session, cast.fiona) if each.terms.code == "HALF-3"]
    assert (kept.redeemed, kept.terms) == (1, HALF)
    assert found.redemption in redemptions(session, cast.fiona)


def test_once_is_one_billing_period_and_forever_has_no_end(session: WriteSession, cast: Cast, now: datetime) -> None:
    once = CouponTerms("ONCE", "A hundred off", "once", amount=Money(100_00, "USD"))
    create_coupon(session, cast.fiona, once, now=now)
    create_coupon(session, cast.fiona, CouponTerms("FRIEND", "Friends", "forever", percent=Decimal(10)), now=now)
    held = paying(session, cast, "Hooli", now - DAY, period="quarterly")
    assert redeem(session, cast.sam, "ONCE", held.id, now=now).redemption.ends_at == add_months(now, 3)
    assert taken_off(session, cast, held) == (Decimal(0), 100_00)
    replaced = redeem(session, cast.sam, "FRIEND", held.id, now=now + DAY)
    assert replaced.redemption.ends_at is None
    assert taken_off(session, cast, held) == (Decimal(10), 0)
    assert waiting(session, [held.agreement]) == ()


def test_a_coupon_follows_a_change_of_terms(session: WriteSession, cast: Cast, now: datetime) -> None:
    create_coupon(session, cast.fiona, HALF, now=now)
    held = paying(session, cast, "Hooli", now - DAY)
    redeem(session, cast.sam, "HALF-3", held.id, now=now)
    act(session, cast.sam, held.id, "change", Terms(quantity=2), now=now + DAY)
    assert taken_off(session, cast, held) == (Decimal(50), 0)


def test_a_closed_coupon_is_told_why(session: WriteSession, cast: Cast, now: datetime) -> None:
    create_coupon(session, cast.fiona, replace(HALF, redeem_by=now + DAY, max_redemptions=1), now=now)
    first, second = (paying(session, cast, name, now - DAY) for name in ("Hooli", "Initech"))
    redeem(session, cast.sam, "HALF-3", first.id, now=now)
    with pytest.raises(Conflict, match="redeemed 1 times"):
        redeem(session, cast.sam, "HALF-3", second.id, now=now)
    with pytest.raises(Conflict, match="until"):
        redeem(session, cast.sam, "HALF-3", second.id, now=now + DAY)
    withdraw_coupon(session, cast.fiona, "HALF-3", reason="Spring is over", now=now)
    with pytest.raises(Conflict, match="withdrawn"):
        redeem(session, cast.sam, "HALF-3", second.id, now=now)
    with pytest.raises(Conflict, match="already"):
        withdraw_coupon(session, cast.fiona, "HALF-3", reason="Again", now=now)
    with pytest.raises(NotFound, match="no coupon"):
        redeem(session, cast.sam, "NOTHING", second.id, now=now)


def test_a_coupon_is_redeemed_once_for_a_subscription_in_its_currency(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    create_coupon(session, cast.fiona, HALF, now=now)
    create_coupon(session, cast.fiona, CouponTerms("EURO", "Euros", "once", amount=Money(1, "EUR")), now=now)
    held = paying(session, cast, "Hooli", now - DAY)
    redeem(session, cast.sam, "HALF-3", held.id, now=now)
    with pytest.raises(Conflict, match="before"):
        redeem(session, cast.sam, "HALF-3", held.id, now=now + DAY)
    with pytest.raises(InvalidInput, match="is in USD"):
        redeem(session, cast.sam, "EURO", held.id, now=now + DAY)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": "half"}, "code"),
        ({"code": "A"}, "code"),
        ({"label": " "}, "label"),
        ({"percent": None}, "percent"),
        ({"amount": Money(1, "USD")}, "percent"),
        ({"percent": Decimal(101)}, "percent"),
        ({"percent": None, "amount": Money(0, "USD")}, "amount"),
        ({"months": None}, "months"),
        ({"duration": "once"}, "months"),
        ({"months": 121}, "months"),
        ({"redeem_by": datetime.fromisoformat("2020-01-01T00:00Z")}, "redeemBy"),
        ({"max_redemptions": 0}, "maxRedemptions"),
    ],
)
def test_what_is_no_coupon_is_told_by_its_field(
    session: WriteSession, cast: Cast, now: datetime, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_coupon(session, cast.fiona, replace(HALF, **changed), now=now)
    assert refused.value.field == field


def test_who_may_make_and_redeem_coupons(session: WriteSession, cast: Cast, now: datetime) -> None:
    create_coupon(session, cast.fiona, HALF, now=now)
    with pytest.raises(Conflict, match="already"):
        create_coupon(session, cast.fiona, HALF, now=now)
    held = paying(session, cast, "Hooli", now - DAY)
    for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            create_coupon(session, actor, replace(HALF, code="OTHER"), now=now)
        with pytest.raises(NotPermitted):
            withdraw_coupon(session, actor, "HALF-3", reason="No", now=now)
    for actor in (cast.mia, cast.vera):
        with pytest.raises(NotPermitted):
            redeem(session, actor, "HALF-3", held.id, now=now)
        with pytest.raises(NotPermitted):
            coupons(session, actor)


def test_of_two_who_want_the_last_one_a_single_one_gets_it(databases: Databases, cast: Cast, now: datetime) -> None:
    code = f"LAST-{new_id().hex[-12:].upper()}"
    with databases.control.write(SYSTEM) as session:
        create_coupon(session, cast.fiona, replace(HALF, code=code, max_redemptions=1), now=now)
        held = [paying(session, cast, f"{code} {at}", now - DAY) for at in range(4)]

    def want(at: int) -> str:
        try:
            with databases.control.write(SYSTEM) as own:
                redeem(own, cast.sam, code, held[at].id, now=now)
        except Conflict as refused:
            return refused.code
        return "redeemed"

    with ThreadPoolExecutor(4) as pool:
        came = sorted(pool.map(want, range(4)))
    assert came == ["coupon_closed", "coupon_closed", "coupon_closed", "redeemed"]


def test_a_price_change_for_existing_customers_waits_for_its_day(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    held = paying(session, cast, "Hooli", now - DAY, period="annual")
    own = paying(session, cast, "Initech", now - DAY, period="annual")
    act(session, cast.sam, own.id, "change", Terms(amount=Money(4_000_00, "USD")), now=now)
    busy = paying(session, cast, "Aviato", now - DAY, period="annual")
    act(session, cast.sam, busy.id, "change", Terms(quantity=3), now=now, due_at=now + 9 * DAY)
    first, asked = now.date() + 30 * DAY, Money(5_490_00, "USD")
    with pytest.raises(NotPermitted):
        change_price(session, cast.sam, "pro", "annual", asked, first, existing=True, now=now)
    found = change_price(session, cast.adam, "pro", "annual", asked, first, existing=True, now=now)
    assert found.left == 1
    assert found.moved >= 1
    (change,) = waiting(session, [held.agreement])
    assert (change.act, change.due_at, change.terms.amount) == ("change", found.price.valid_from, asked)
    assert waiting(session, [own.agreement]) == ()
    assert subscriptions_of(session, cast.fiona, held.organization_id)[0].amount == Money(4_990_00, "USD")
