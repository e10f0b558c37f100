"""The list of customers: filters, orders, pages and chips; and that a long list is read from its indexes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from core.accounts.card_facts import with_places
from core.accounts.cards import refresh_card
from core.accounts.cursors import encode
from core.accounts.customers import CustomerFilter
from core.accounts.reads import (
    blast_radius,
    count_customers,
    customer_of_install,
    customers_by_id,
    facets,
    list_customers,
    stats,
)
from core.errors import InvalidInput, NotFound, NotPermitted
from core.ids import new_id
from core.licensing.status import status
from core.licensing.verdicts import LicenseState, Question
from core.licensing.verification import decide
from core.money import Money
from db.models.accounts import customer_card
from db.models.licensing import license as licenses
from db.session import WriteSession
from tests.books import bare_license, customer
from tests.cast import Cast
from tests.core.accounts.test_cards import license_for

DAY = timedelta(days=1)
EVERYBODY = CustomerFilter()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "",
        "[" * 2000,
        encode("mrr", "5", "0190a0a0-aaaa-7bbb-8ccc-0123456789ab"),
        encode("name", "a"),
        encode("name", "a", "not an id"),
        encode("name", "a", "0190a0a0-aaaa-7bbb-8ccc-0123456789ab", "more"),
        encode(1, 2, 3),
        "WyJuYW1lIiwgIlx1ZDgwMCIsICIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ==",
        "WyJuYW1lIiwgIlx1MDAwMCIsICIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ==",
    ],
)
def test_a_cursor_of_elsewhere_is_refused(session: WriteSession, cast: Cast, now: datetime, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        list_customers(session, cast.fiona, EVERYBODY, now=now, sort="name", cursor=cursor)


@pytest.mark.parametrize(
    ("sort", "place"),
    [("mrr", "NaN"), ("mrr", "9" * 40), ("health", "1e400"), ("last_seen", "tomorrow"), ("renewal", "2026-99-99"),
     ("usage", "１２"), ("usage", "1_000")],
)  # fmt: skip
def test_a_cursors_place_has_its_orders_type(
    session: WriteSession, cast: Cast, now: datetime, sort: str, place: str
) -> None:
    made = encode(sort, place, str(new_id()))
    with pytest.raises(InvalidInput, match="cursor"):
        list_customers(session, cast.fiona, EVERYBODY, now=now, sort=sort, cursor=made)


def test_unknown_orders_and_filters_name_what_there_is(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="last_seen"):
        list_customers(session, cast.fiona, EVERYBODY, now=now, sort="color")
    with pytest.raises(InvalidInput, match="suspended"):
        CustomerFilter(status="running")
    with pytest.raises(InvalidInput, match="200"):
        CustomerFilter(text="x" * 201)


def test_the_order_of_money_is_money_too(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotPermitted):
        list_customers(session, cast.mia, EVERYBODY, now=now, sort="mrr")
    assert count_customers(session, cast.mia, EVERYBODY, now=now).mrr is None
    assert stats(session, cast.vera, now=now).monthly_revenue is None


def test_the_vendors_lists_are_the_vendors(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now)
    for call in (
        lambda: list_customers(session, cast.otto, EVERYBODY, now=now),
        lambda: count_customers(session, cast.otto, EVERYBODY, now=now),
        lambda: facets(session, cast.otto, now=now),
        lambda: stats(session, cast.otto, now=now),
        lambda: customers_by_id(session, cast.otto, [cast.globex], now=now),
        lambda: customer_of_install(session, cast.otto, install_id, now=now),
        lambda: blast_radius(session, cast.otto, install_id, now=now),
    ):
        with pytest.raises(NotPermitted):
            call()
    with pytest.raises(NotFound):
        customer_of_install(session, cast.fiona, "inst-nobody", now=now)


OFFSETS = st.none() | st.integers(-200, 200).map(lambda days: timedelta(days=days))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    revoked=st.booleans(),
    suspended=st.booleans(),
    starts=st.integers(-300, 3),
    expires=OFFSETS,
    check_in=OFFSETS,
    check_in_days=st.none() | st.integers(1, 365),
    strategy=st.sampled_from(["restrict", "maintain", "allow"]),
)
def test_cards_and_stats_agree_with_the_licenses_own_rules(
    session: WriteSession,
    cast: Cast,
    now: datetime,
    revoked: bool,
    suspended: bool,
    starts: int,
    expires: timedelta | None,
    check_in: timedelta | None,
    check_in_days: int | None,
    strategy: str,
) -> None:
    dates: dict[str, Any] = {
        "revoked_at": now if revoked else None,
        "suspended_at": now if suspended else None,
        "expires_at": now + expires if expires is not None else None,
        "last_check_in_at": now - abs(check_in) if check_in is not None else None,
    }
    issued = {"issued_at": now + min(starts, 0) * DAY, "starts_at": now + starts * DAY}
    rule = {"check_in_days": check_in_days, "expiry_strategy": strategy}
    savepoint = session.connection.begin_nested()
    made = bare_license(session, cast.globex, "pro", now)
    session.execute(update(licenses).where(licenses.c.id == made).values(**dates, **issued, **rule))
    session.execute(insert(customer_card).values(**{**_card(cast.globex, now), **dates}, issued_at=issued["issued_at"]))
    found = stats(session, cast.fiona, now=now)
    shown = list_customers(session, cast.fiona, EVERYBODY, now=now).customers[0]
    savepoint.rollback()
    verdict = decide(_state(cast.globex, made, now, {**dates, **issued, **rule}), Question("inst"), now)
    assert found.active_licenses == int(verdict.valid)
    assert shown.status == status(**dates, issued_at=issued["issued_at"], now=now)


def _card(organization_id: UUID, now: datetime) -> dict[str, Any]:
    blank = dict.fromkeys(("health", "last_seen_at", "expires_at", "limit_share"))
    return with_places({**blank,
        "organization_id": organization_id, "name": "Globex", "license_id": new_id(), "install_id": "i",
        "tier_id": "pro", "term": "paid", "licenses": 1, "mrr_minor": 0, "currency": "USD", "by_mrr": 0,
        "events_30d": 0, "daily_30d": [], "upsells": 0, "refreshed_at": now,
    })  # fmt: skip


def _state(organization_id: UUID, license_id: UUID, now: datetime, values: dict[str, Any]) -> LicenseState:
    blank = dict.fromkeys(LicenseState.__dataclass_fields__)
    plain = {"overage": "deny", "domains": (), "entitlements": (), "fingerprint_required": False, "activated": False}
    ids = {"license_id": str(license_id), "organization_id": str(organization_id), "install_id": "inst"}
    return LicenseState(**{**blank, **plain, **ids, **values})


@pytest.mark.parametrize(
    ("trials", "ended", "converted"),
    [
        ([], 0, 0),
        (["running"], 0, 0),
        (["converted", "expired"], 2, 1),
        (["converted", "converted", "revoked", "expired", "running"], 4, 2),
        (["converted long ago", "expired long ago", "revoked long ago"], 0, 0),
        (["converted late"], 1, 1),
        (["revoked after its end"], 1, 0),
    ],
)
def test_conversion_is_of_the_trials_that_ended(
    session: WriteSession, cast: Cast, now: datetime, trials: list[str], ended: int, converted: int
) -> None:
    for number, story in enumerate(trials):
        made = bare_license(session, customer(session, cast.system, f"Trialist {number}", now), "pro", now)
        session.execute(update(licenses).where(licenses.c.id == made).values(**_trial(story, now)))
    found = stats(session, cast.fiona, now=now)
    assert (found.trials_ended, found.trials_converted) == (ended, converted)
    rate = found.conversion_rate
    assert (rate is None) == (ended == 0)
    if rate is not None:
        assert float(rate) == pytest.approx(converted / ended, abs=1e-4)


def _trial(story: str, now: datetime) -> dict[str, Any]:
    paid: dict[str, Any] = {"term": "paid", "expires_at": None}
    trial = {"term": "trial"}
    return {
        "running": {**trial, "expires_at": now + DAY},
        "converted": {**paid, "converted_at": now - 10 * DAY},
        "converted late": {**paid, "converted_at": now - DAY},
        "converted long ago": {**paid, "converted_at": now - 91 * DAY},
        "expired": {**trial, "expires_at": now - 20 * DAY},
        "expired long ago": {**trial, "expires_at": now - 91 * DAY},
        "revoked": {**trial, "expires_at": now + DAY, "revoked_at": now - DAY},
        "revoked long ago": {**trial, "expires_at": now - 89 * DAY, "revoked_at": now - 95 * DAY},
        "revoked after its end": {**trial, "expires_at": now - 80 * DAY, "revoked_at": now - DAY},
    }[story]


def test_stats_count_licenses_and_money(session: WriteSession, cast: Cast, now: datetime) -> None:
    license_for(session, cast, now, currency="USD")
    license_for(session, cast, now, tier="free")
    found = stats(session, cast.fiona, now=now)
    assert (found.active_licenses, found.monthly_revenue) == (2, Money(499_00, "USD"))


def test_what_a_revoke_would_stop(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now)
    refresh_card(session, session, cast.globex, now=now)
    stopped = blast_radius(session, cast.adam, install_id, now=now)
    assert (stopped.organization, stopped.installations, stopped.mrr) == ("Globex", 0, Money(449_00, "EUR"))
