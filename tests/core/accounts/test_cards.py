"""Customer cards: what they show, and what makes them fresh again."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from core.access.actor import Actor
from core.accounts.cards import refresh_card, refresh_cards
from core.accounts.customers import Customer
from core.accounts.reads import customer
from core.accounts.requests import LicenseRequest
from core.accounts.writes import change_tier, create_license, revoke_license
from core.culture.reads import profile
from core.culture.writes import recompute
from core.errors import NotFound
from core.licensing.writes import issue, suspend
from core.money import Money
from core.organizations.marks import mark_card
from core.telemetry.writes import ingest
from db.models.accounts import card_mark, customer_card
from db.session import WriteSession
from tests.books import customer as new_customer
from tests.cast import Cast

DAY = timedelta(days=1)


def license_for(session: WriteSession, cast: Cast, now: datetime, **asked: Any) -> str:
    request = LicenseRequest(**{"user_id": str(cast.globex), "tier": "pro", **asked})
    return create_license(session, cast.system, request, now=now).install_id


def card(session: WriteSession, actor: Actor, organization_id: UUID, now: datetime) -> Customer:
    refresh_card(session, session, organization_id, now=now)
    return customer(session, actor, organization_id, now=now)


def marks(session: WriteSession) -> int:
    found: int = session.execute(select(func.count(card_mark.c.organization_id.distinct()))).scalar_one()
    return found


def send(session: WriteSession, install_id: str, now: datetime, days: int, each: int) -> None:
    events = [
        {"id": f"{now.second}-{day}-{n}", "ts": (now - day * DAY - timedelta(minutes=n)).isoformat(),
         "type": "feature_used", "feature": "pos", "user": f"u{n % 4}", "domain": "globex.test", "version": "4.3"}
        for day in range(days)
        for n in range(each)
    ]  # fmt: skip
    assert ingest(session, install_id, events, now=now).accepted == days * each


def test_a_new_license_is_on_the_card_at_once(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now, billing_period="quarterly")
    seen = card(session, cast.fiona, cast.globex, now)
    assert (seen.name, seen.install_id, seen.tier_id, seen.term) == ("Globex", install_id, "pro", "paid")
    assert (seen.status, seen.billing_period, seen.country, seen.licenses) == ("active", "quarterly", "DE", 1)
    assert seen.mrr == Money(449_00, "EUR")
    assert (seen.events_30d, seen.daily_30d, seen.last_seen_at) == (0, (0,) * 30, None)
    assert (seen.health, seen.band, seen.limit_share, seen.upsells) == (None, None, 0, 0)
    assert marks(session) == 0


def test_money_is_only_for_those_who_may_see_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    license_for(session, cast, now)
    for person in cast.staff():
        seen = card(session, person, cast.globex, now)
        assert (seen.mrr is None) == (person in {cast.mia, cast.vera})


def test_without_a_license_there_is_no_customer(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        card(session, cast.fiona, cast.globex, now)


@pytest.mark.parametrize(
    ("others", "main"),
    [
        (["basic", "enterprise", "pro"], "enterprise"),
        (["basic", "enterprise revoked"], "basic"),
        (["pro trial", "basic"], "pro"),
        (["enterprise trial over", "basic"], "basic"),
        (["enterprise revoked", "pro revoked"], "enterprise"),
    ],
)
def test_the_main_license_is_live_then_highest(
    session: WriteSession, cast: Cast, now: datetime, others: list[str], main: str
) -> None:
    for asked in others:
        tier, *how = asked.split()
        then = now - 60 * DAY
        trial = {"trial_days": 30 if "over" in how else 90} if "trial" in how else {}
        install_id = license_for(session, cast, then, tier=tier, **trial)
        if "revoked" in how:
            revoke_license(session, cast.system, install_id, reason="test", now=then)
    assert card(session, cast.fiona, cast.globex, now).tier_id == main


def test_the_status_on_a_card_never_goes_stale(session: WriteSession, cast: Cast, now: datetime) -> None:
    license_for(session, cast, now, trial_days=30)
    refresh_card(session, session, cast.globex, now=now)
    states = {days: customer(session, cast.fiona, cast.globex, now=now + days * DAY).status for days in (0, 26, 28, 30)}
    assert states == {0: "active", 26: "active", 28: "expiring", 30: "expired"}


def test_every_act_marks_and_the_job_refreshes(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now)
    change_tier(session, cast.system, install_id, "enterprise", now=now)
    suspend(session, cast.system, install_id, reason="test", now=now)
    assert marks(session) == 1
    assert refresh_cards(session, session, now=now) == 1
    assert refresh_cards(session, session, now=now) == 0
    seen = customer(session, cast.fiona, cast.globex, now=now)
    assert (seen.tier_id, seen.status, seen.mrr) == ("enterprise", "suspended", Money(2_299_00, "EUR"))


def test_new_events_refresh_a_card_without_a_mark(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now)
    refresh_card(session, session, cast.globex, now=now)
    send(session, install_id, now, days=3, each=5)
    assert refresh_cards(session, session, now=now) == 0
    later = now + timedelta(seconds=1)
    send(session, install_id, later, days=1, each=2)
    assert refresh_cards(session, session, now=later) == 1
    seen = customer(session, cast.fiona, cast.globex, now=later)
    assert (seen.events_30d, seen.daily_30d[-3:]) == (17, (5, 5, 7))
    assert seen.last_seen_at is not None


def test_two_installs_of_one_customer_add_up(session: WriteSession, cast: Cast, now: datetime) -> None:
    for tier in ("pro", "basic"):
        send(session, license_for(session, cast, now, tier=tier), now, days=2, each=3)
    seen = card(session, cast.fiona, cast.globex, now)
    assert (seen.events_30d, seen.licenses, seen.mrr) == (12, 2, Money(538_00, "EUR"))


def test_a_day_later_every_card_is_due(session: WriteSession, cast: Cast, now: datetime) -> None:
    send(session, license_for(session, cast, now), now, days=30, each=1)
    assert card(session, cast.fiona, cast.globex, now).events_30d == 30
    tomorrow = now + DAY
    assert refresh_cards(session, session, now=tomorrow) == 1
    assert customer(session, cast.fiona, cast.globex, now=tomorrow).events_30d == 29
    assert refresh_cards(session, session, now=tomorrow) == 0


def test_a_late_refresh_leaves_the_newer_card_and_its_mark(session: WriteSession, cast: Cast, now: datetime) -> None:
    license_for(session, cast, now)
    refresh_card(session, session, cast.globex, now=now)
    mark_card(session, cast.globex, now)
    assert refresh_cards(session, session, now=now - timedelta(seconds=5)) == 0
    assert marks(session) == 1
    assert customer(session, cast.fiona, cast.globex, now=now).refreshed_at == now
    assert refresh_cards(session, session, now=now) == 1


def test_the_card_shows_what_culture_found(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now - 60 * DAY, tier="free")
    send(session, install_id, now, days=40, each=30)
    recompute(session, session, install_id, now=now - 7 * DAY)
    recompute(session, session, install_id, now=now)
    seen = card(session, cast.fiona, cast.globex, now)
    found = profile(session, session, cast.fiona, install_id, now)
    assert seen.health == pytest.approx(found.health.score, abs=0.01)
    assert seen.band == found.health.band
    assert seen.health_week_ago is not None
    assert (seen.archetype, seen.sentence) == (found.archetype.label, found.sentences[0].text)
    nearest = max((use for use in found.usage if use.share is not None), key=lambda use: use.share or 0)
    assert seen.limit_meter == nearest.meter
    assert seen.limit_share == pytest.approx(nearest.share, abs=1e-4)
    assert seen.upsells == len(found.upsells)
    assert seen.top_priority == (found.upsells[0].priority if found.upsells else None)


def test_an_organization_without_licenses_is_marked_in_vain(session: WriteSession, cast: Cast, now: datetime) -> None:
    mark_card(session, new_customer(session, cast.system, "Prospect", now), now)
    issue(session, cast.system, cast.vendor, "pro", term="paid", billing_period="monthly", now=now)
    assert refresh_cards(session, session, now=now) == 2
    assert marks(session) == 0
    assert session.execute(select(func.count()).select_from(customer_card)).scalar_one() == 0


def test_more_cards_than_one_statement_holds(session: WriteSession, now: datetime) -> None:
    session.execute(text("""
        WITH o AS (
            INSERT INTO organization (id, name, realm, created_at)
            SELECT gen_random_uuid(), 'Customer ' || n, 'customer', :now FROM generate_series(1, 2100) n RETURNING id
        ), l AS (
            INSERT INTO license (id, organization_id, install_id, secret_digest, tier_id, term, issued_at, starts_at)
            SELECT gen_random_uuid(), id, 'inst-' || id, '', 'free', 'free', :now, :now FROM o RETURNING organization_id
        ) INSERT INTO card_mark (organization_id, marked_at) SELECT organization_id, :now FROM l
    """), {"now": now})  # fmt: skip
    assert refresh_cards(session, session, now=now, limit=10_000) == 2100
    assert marks(session) == 0
