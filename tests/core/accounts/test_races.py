"""Two at once: the ledger, the subscriptions and the list of customers stay in step."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select

from core.accounts.cards import refresh_card, refresh_cards
from core.accounts.reads import customer as card_of
from core.accounts.requests import LicenseRequest
from core.accounts.writes import change_tier, create_license
from core.billing.reads import active_subscription
from core.databases import Databases
from core.errors import Conflict
from core.finance.reads import mrr_of
from core.licensing.reads import license_by_install
from core.licensing.writes import suspend
from db.models.organizations import organization
from db.session import SYSTEM
from tests.books import customer
from tests.cast import Cast

DAY = timedelta(days=1)


def together(*acts: Callable[[], None]) -> None:
    racers = [threading.Thread(target=act) for act in acts]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()


def test_two_changes_at_once_leave_ledger_and_subscriptions_in_step(
    databases: Databases, cast: Cast, now: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        racing = customer(session, cast.system, "Racing", now)
        request = LicenseRequest(str(racing), "basic", currency="USD")
        made = create_license(session, cast.system, request, now=now)

    def change(tier: str) -> None:
        with suppress(Conflict), databases.control.write(SYSTEM) as one:
            change_tier(one, cast.system, made.install_id, tier, now=now + DAY)

    together(*(partial(change, tier) for tier in ("pro", "enterprise", "pro", "enterprise")))
    with databases.control.read(SYSTEM) as then:
        paying = active_subscription(then, cast.fiona, made.license_id)
        assert paying is not None
        held = license_by_install(then, cast.fiona, made.install_id, now=now + DAY)
        assert paying.tier_id == held.tier_id
        assert mrr_of(then, cast.fiona, [racing], now + DAY)[racing] == paying.mrr


def test_an_unknown_email_asked_for_twice_at_once_is_one_customer(
    databases: Databases, cast: Cast, now: datetime
) -> None:
    def create() -> None:
        with databases.control.write(SYSTEM) as one:
            create_license(one, cast.system, LicenseRequest("twin@twins.test", "free"), now=now)

    together(*[create] * 4)
    with databases.control.read(SYSTEM) as session:
        same = select(func.count()).where(organization.c.contact_email == "twin@twins.test")
        assert session.execute(same).scalar_one() == 1


def test_a_refresh_waits_for_no_act_that_may_wait_for_its_card(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        owner = customer(session, cast.system, "Waited for", now)
        made = create_license(session, cast.system, LicenseRequest(str(owner), "pro"), now=now)
    later = now + timedelta(minutes=1)

    def refresh_all() -> None:
        with databases.control.write(SYSTEM) as session:
            refresh_cards(session, session, now=later, limit=10_000)

    refresh = threading.Thread(target=refresh_all)
    with databases.control.write(SYSTEM) as session:
        suspend(session, cast.adam, made.install_id, reason="x", now=later)
        refresh.start()
        refresh.join(20)
        waited = refresh.is_alive()
        refresh_card(session, session, owner, now=later)
    refresh.join()
    assert not waited
    with databases.control.read(SYSTEM) as then:
        assert card_of(then, cast.fiona, owner, now=later).status == "suspended"
