"""Prices from a day on, prices of one customer, usage charges and rates of tax as people set them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from core.billing.charges import charged, usage_charge
from core.billing.charges_priced import charges_of, set_usage_price, usage_price_versions, usage_prices
from core.billing.custom_prices import agree_price, agreed_price, custom_prices, end_custom_price
from core.billing.price_lists import price_effect, price_versions
from core.billing.price_writes import add_price, withdraw_price
from core.billing.reads import price_in_force
from core.billing.tax_rates import set_tax_rate, tax_rates
from core.billing.taxes import EU
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import new_id
from core.money import Money
from core.periods import midnight
from db.models.access import audit_entry
from db.session import WriteSession
from tests.books import customer, subscribe
from tests.cast import Cast

DAY = timedelta(days=1)


def usd(major: int) -> Money:
    return Money(major * 100, "USD")


def test_a_new_price_holds_from_its_day_and_the_old_one_until_then(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    first = now.date() + 30 * DAY
    add_price(session, cast.adam, "pro", "monthly", usd(549), first, now=now)
    asked = [
        price_in_force(session, "pro", "monthly", "USD", at).amount
        for at in (now, midnight(first) - DAY, midnight(first))
    ]
    assert asked == [usd(499), usd(499), usd(549)]
    versions = [
        each
        for each in price_versions(session, cast.fiona)
        if (each.price.tier_id, each.price.billing_period, each.price.amount.currency) == ("pro", "monthly", "USD")
    ]
    assert [each.until for each in versions] == [midnight(first), None]
    added = (audit_entry.c.action == "price.added") & (audit_entry.c.target_id == "pro/monthly/USD")
    told = session.execute(select(audit_entry).where(added, audit_entry.c.at == now)).one()
    assert (told.before, told.after) == (
        {"amountMinor": 49_900},
        {"from": first.isoformat(), "amountMinor": 54_900},
    )


@pytest.mark.parametrize("days", [-1, 0, 2000])
def test_a_price_begins_tomorrow_or_later(session: WriteSession, cast: Cast, now: datetime, days: int) -> None:
    with pytest.raises(InvalidInput, match="tomorrow or later") as refused:
        add_price(session, cast.fiona, "pro", "monthly", usd(1), now.date() + days * DAY, now=now)
    assert refused.value.field == "from"


def test_what_is_no_new_price_is_refused(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = now.date() + DAY
    with pytest.raises(InvalidInput, match="the price already"):
        add_price(session, cast.fiona, "pro", "monthly", usd(499), first, now=now)
    with pytest.raises(InvalidInput, match="nothing or more"):
        add_price(session, cast.fiona, "pro", "monthly", usd(-1), first, now=now)
    with pytest.raises(InvalidInput, match="No price list"):
        add_price(session, cast.fiona, "pro", "monthly", Money(1, "GBP"), first, now=now)
    add_price(session, cast.fiona, "pro", "monthly", usd(549), first, now=now)
    with pytest.raises(Conflict, match="has a price from"):
        add_price(session, cast.fiona, "pro", "monthly", usd(559), first, now=now)


def test_a_price_that_has_not_begun_can_be_taken_back(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = now.date() + DAY
    add_price(session, cast.fiona, "pro", "monthly", usd(549), first, now=now)
    withdraw_price(session, cast.fiona, "pro", "monthly", "USD", first, now=now)
    assert price_in_force(session, "pro", "monthly", "USD", midnight(first)).amount == usd(499)
    with pytest.raises(NotFound, match="no price from"):
        withdraw_price(session, cast.fiona, "pro", "monthly", "USD", first, now=now)
    with pytest.raises(InvalidInput, match="tomorrow or later"):
        withdraw_price(session, cast.fiona, "pro", "monthly", "USD", date(2020, 1, 1), now=now)


@pytest.mark.parametrize("table", ["price", "usage_price", "tax_rate"])
def test_the_app_itself_may_not_alter_what_was_asked(session: WriteSession, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), session.connection.begin_nested():
        session.execute(text(f"UPDATE {table} SET valid_from = valid_from"))


@pytest.mark.parametrize("who", ["sam", "mia", "vera", "otto"])
def test_prices_for_everybody_are_for_admins_and_owners(
    session: WriteSession, cast: Cast, now: datetime, who: str
) -> None:
    actor = getattr(cast, who)
    first = now.date() + DAY
    with pytest.raises(NotPermitted):
        add_price(session, actor, "pro", "monthly", usd(1), first, now=now)
    with pytest.raises(NotPermitted):
        set_usage_price(session, actor, "pro", "members", "USD", first, None, now=now)
    with pytest.raises(NotPermitted):
        set_tax_rate(session, actor, "CH", Decimal("8.1"), first, "ESTV", now=now)


def test_a_new_price_concerns_those_who_pay_by_the_list(session: WriteSession, cast: Cast, now: datetime) -> None:
    before = price_effect(session, cast.fiona, "pro", "annual", usd(5_988), now)
    on_list = subscribe(session, cast.sam, cast.globex, "pro", now, period="annual")
    initech = customer(session, cast.fiona, "Initech", now)
    subscribe(session, cast.sam, initech, "pro", now, period="monthly")
    after = price_effect(session, cast.fiona, "pro", "annual", usd(5_988), now)
    new = [each for each in after.affected if each not in before.affected]
    assert [(each.subscription_id, each.customer) for each in new] == [(on_list.id, "Globex")]
    assert (new[0].before, new[0].after) == (Money(415_83, "USD"), usd(499))
    assert after.change - before.change == Money(83_17, "USD")
    with pytest.raises(NotPermitted):
        price_effect(session, cast.vera, "pro", "annual", usd(1), now)


def test_a_customer_pays_their_own_price_while_it_holds(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = agree_price(
        session,
        cast.sam,
        cast.globex,
        "pro",
        "monthly",
        usd(400),
        reason="Three years signed",
        now=now,
        starts_at=now + DAY,
        ends_at=now + 3 * DAY,
    )
    seen = [agreed_price(session, cast.globex, "pro", "monthly", "USD", now + days * DAY) for days in range(4)]
    assert [(each.amount, each.custom) for each in seen] == [
        (usd(499), False),
        (usd(400), True),
        (usd(400), True),
        (usd(499), False),
    ]
    assert seen[1].until == now + 3 * DAY
    (kept,) = custom_prices(session, cast.fiona, organization_id=cast.globex)
    assert (kept.id, kept.customer, kept.reason, kept.by) == (made, "Globex", "Three years signed", cast.sam.label)
    end_custom_price(session, cast.sam, made, reason="Not signed", now=now)
    assert not agreed_price(session, cast.globex, "pro", "monthly", "USD", now + DAY).custom


def test_a_second_agreement_ends_the_first_where_it_begins(session: WriteSession, cast: Cast, now: datetime) -> None:
    agree = partial(agree_price, session, cast.sam, cast.globex, "basic", "monthly", now=now)
    agree(usd(80), reason="First year")
    agree(usd(90), reason="Second year", starts_at=now + 10 * DAY)
    asked = [agreed_price(session, cast.globex, "basic", "monthly", "USD", now + days * DAY).amount for days in (0, 10)]
    assert asked == [usd(80), usd(90)]
    second, first = custom_prices(session, cast.fiona, organization_id=cast.globex)
    assert (first.ends_at, second.ends_at) == (now + 10 * DAY, None)
    with pytest.raises(Conflict, match="begins later"):
        agree(usd(70), reason="Too late")
    end_custom_price(session, cast.sam, second.id, reason="Left", now=now + 11 * DAY)
    with pytest.raises(Conflict, match="already"):
        end_custom_price(session, cast.sam, second.id, reason="Left", now=now + 12 * DAY)


def test_who_may_agree_on_a_price_and_what_is_none(session: WriteSession, cast: Cast, now: datetime) -> None:
    terms: dict[str, Any] = {"reason": "Signed", "now": now}
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            agree_price(session, actor, cast.globex, "pro", "monthly", usd(1), **terms)
        with pytest.raises(NotPermitted):
            custom_prices(session, actor)
    for changed, field in (
        ({"reason": " "}, "reason"),
        ({"starts_at": now - DAY}, "from"),
        ({"ends_at": now}, "until"),
    ):
        with pytest.raises(InvalidInput) as refused:
            agree_price(session, cast.sam, cast.globex, "pro", "monthly", usd(1), **{**terms, **changed})
        assert refused.value.field == field
    with pytest.raises(NotFound, match="no such customer"):
        agree_price(session, cast.sam, new_id(), "pro", "monthly", usd(1), **terms)


def test_what_goes_beyond_the_limits_of_the_seed_has_a_price(session: WriteSession, now: datetime) -> None:
    known = {each.meter: each for each in charges_of(session, "pro", now, "USD")}
    assert set(known) == {"api_calls_day", "storage_bytes", "bandwidth_bytes_month", "members"}
    members = known["members"]
    assert members.charge is not None
    over = members.billable(Decimal(53), 50)
    assert charged(usage_charge(members.charge, over)) == 36
    assert members.billable(Decimal(50), 50) == members.billable(Decimal(999), None) == 0
    assert charges_of(session, "free", now) == ()


def test_a_usage_charge_follows_the_one_before_and_can_end(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = now.date() + DAY
    tiers = [{"upTo": "10", "price": "9"}, {"upTo": None, "price": "7.5"}]
    set_usage_price(
        session, cast.fiona, "pro", "members", "USD", first, {"model": "graduated", "tiers": tiers}, now=now
    )
    (new,) = [one for one in charges_of(session, "pro", midnight(first), "USD") if one.meter == "members"]
    assert new.charge is not None
    assert charged(usage_charge(new.charge, Decimal(12))) == 105
    (old,) = [one for one in charges_of(session, "pro", now, "USD") if one.meter == "members"]
    assert old.id != new.id
    set_usage_price(session, cast.fiona, "pro", "members", "USD", first + DAY, None, now=now)
    assert "members" not in {one.meter for one in charges_of(session, "pro", midnight(first + DAY), "USD")}
    versions = [
        one
        for one in usage_price_versions(session, cast.fiona)
        if (one.tier_id, one.meter, one.currency) == ("pro", "members", "USD")
    ]
    assert [one.charge is None for one in versions] == [True, False, False]
    assert all(one.charge for one in usage_prices(session, cast.fiona, now))


def test_what_is_no_usage_charge_is_told_by_its_field(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = now.date() + DAY
    fine = {"model": "standard", "price": "1"}
    for changed, field in (
        ({"meter": "coffee"}, "meter"),
        ({"label": "x" * 81}, "label"),
        ({"definition": {"model": "standard"}}, "price"),
        ({"first": now.date()}, "from"),
        ({"currency": "XXY"}, "currency"),
    ):
        terms: dict[str, Any] = {"meter": "members", "currency": "USD", "first": first, "definition": fine}
        with pytest.raises(InvalidInput) as refused:
            set_usage_price(session, cast.fiona, "pro", **{**terms, **changed}, now=now)
        assert refused.value.field == field
    set_usage_price(session, cast.fiona, "pro", "members", "USD", first, fine, now=now)
    with pytest.raises(Conflict, match="already"):
        set_usage_price(session, cast.fiona, "pro", "members", "USD", first, fine, now=now)


def test_every_member_state_has_its_standard_rate(session: WriteSession) -> None:
    known = tax_rates(session, date(2026, 11, 21))
    assert set(known) == EU
    assert {country: str(known[country]) for country in ("DE", "EE", "FI", "RO", "SK", "LU")} == {
        "DE": "19",
        "EE": "24",
        "FI": "25.5",
        "RO": "21",
        "SK": "23",
        "LU": "17",
    }
    assert tax_rates(session, date(2025, 6, 30))["EE"] == 22


def test_a_rate_changes_from_a_day_to_come(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = now.date() + DAY
    set_tax_rate(session, cast.fiona, "DE", Decimal(20), first, "Bundesgesetzblatt", now=now)
    assert [tax_rates(session, day)["DE"] for day in (now.date(), first)] == [Decimal(19), Decimal(20)]
    with pytest.raises(Conflict, match="already"):
        set_tax_rate(session, cast.fiona, "DE", Decimal(21), first, "Bundesgesetzblatt", now=now)
    with pytest.raises(InvalidInput, match="tomorrow or later"):
        set_tax_rate(session, cast.fiona, "DE", Decimal(21), now.date(), "Bundesgesetzblatt", now=now)
    set_tax_rate(session, cast.fiona, "CH", Decimal("8.1"), date(2024, 1, 1), "ESTV", now=now)
    assert str(tax_rates(session, now.date())["CH"]) == "8.1"
    for country, percent, source, field in (
        ("ch", 8, "x", "country"),
        ("NO", 100, "x", "percent"),
        ("NO", 25, " ", "source"),
    ):
        with pytest.raises(InvalidInput) as refused:
            set_tax_rate(session, cast.fiona, country, Decimal(percent), first, source, now=now)
        assert refused.value.field == field
