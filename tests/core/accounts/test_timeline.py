"""A customer's timeline: everything once, in one order, each kind for those who may see it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from core.access.actor import Actor
from core.access.people import create_person
from core.access.permissions import Permission, Role
from core.accounts.cursors import encode
from core.accounts.requests import LicenseRequest
from core.accounts.timeline import TimelineEntry, timeline
from core.accounts.timeline_sources import KINDS
from core.accounts.wording import entry_title, movement_title
from core.accounts.writes import change_tier, create_license, reinstate_license, revoke_license
from core.culture.upsell_reads import upsells
from core.culture.writes import close, recompute
from core.errors import InvalidInput, NotPermitted
from core.licensing.writes import renew, resume, suspend
from core.money import Money
from core.organizations.writes import add_domain, write_note
from core.support.tickets import ChurnEvent, Ticket
from core.support.writes import record_churn_events, record_past_tickets
from db.models.licensing import license as licenses
from db.session import WriteSession
from tests.books import customer
from tests.cast import PASSWORD, Cast
from tests.core.accounts.test_cards import license_for, send

DAY = timedelta(days=1)
LABELS = {"free": "Free", "basic": "Basic", "pro": "Pro"}


def a_story(session: WriteSession, cast: Cast, now: datetime) -> str:
    """Live through the sales workflow with Globex and return its install id."""
    request = LicenseRequest(str(cast.globex), "basic", trial_days=14)
    install_id = create_license(session, cast.sam, request, now=now).install_id
    session.execute(update(licenses).values(first_verified_at=now + 1 * DAY))
    renew(session, cast.sam, install_id, until=now + 20 * DAY, now=now + 2 * DAY)
    change_tier(session, cast.sam, install_id, "basic", now=now + 3 * DAY)
    change_tier(session, cast.sam, install_id, "pro", now=now + 4 * DAY, reason="signed")
    change_tier(session, cast.sam, install_id, "pro", "annual", now=now + 5 * DAY)
    suspend(session, cast.adam, install_id, reason="no answer", now=now + 6 * DAY)
    resume(session, cast.adam, install_id, reason="answered", now=now + 7 * DAY)
    revoke_license(session, cast.adam, install_id, reason="chargeback", now=now + 8 * DAY)
    reinstate_license(session, cast.adam, install_id, reason="paid", now=now + 9 * DAY)
    add_domain(session, cast.sam, cast.globex, "globex.test", now=now + 10 * DAY)
    write_note(session, cast.mia, cast.globex, "Call on Monday.", now=now + 11 * DAY)
    return install_id


def told(session: WriteSession, actor: Actor, cast: Cast, now: datetime, **asked: object) -> list[TimelineEntry]:
    page = timeline(session, actor, cast.globex, now=now + 90 * DAY, limit=200, **asked)  # type: ignore[arg-type]
    assert page.next_cursor is None
    return list(page.entries)


def test_the_sales_workflow_reads_as_a_story(session: WriteSession, cast: Cast, now: datetime) -> None:
    a_story(session, cast, now)
    entries = told(session, cast.fiona, cast, now)
    titles = [one.title for one in reversed(entries) if one.at > now]
    assert titles == [
        "Phoned home for the first time",
        "License renewed until 2026-12-11",
        "Trial converted to Basic, billed monthly",
        "New business: +€89.00 a month",
        "Tier changed from Basic to Pro",
        "Expansion: +€360.00 a month",
        "Billing changed from monthly to annual",
        "Contraction: −€74.83 a month",
        "License suspended",
        "License resumed",
        "License revoked",
        "Churn: −€374.17 a month",
        "License reinstated",
        "Reactivation: +€374.17 a month",
        "Domain globex.test added",
        "Note about the customer written",
    ]
    assert "Basic trial issued, until 2026-12-05" in [one.title for one in entries]
    signed = next(one for one in entries if one.title.startswith("Tier changed"))
    assert (signed.kind, signed.actor, signed.reason) == ("license", "sam@calos.test", "signed")
    expanded = next(one for one in entries if one.title.startswith("Expansion"))
    assert (expanded.detail, expanded.amount) == ("Basic → Pro", Money(360_00, "EUR"))


def test_opportunities_and_their_outcome_are_on_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = license_for(session, cast, now - 60 * DAY, tier="free")
    send(session, install_id, now, days=40, each=40)
    recompute(session, session, install_id, now=now)
    found = upsells(session, cast.sam, now=now, organization_id=cast.globex)
    assert found, "telemetry of 40 events a day with 4 people on the free tier must find something to offer"
    close(session, cast.sam, found[0].id, "won", "signed", now=now + DAY)
    entries = told(session, cast.fiona, cast, now, kinds=["upsell"])
    assert entries[0].title == "Opportunity won"
    assert found[0].sentence in [one.title for one in entries]
    assert {one.kind for one in entries} == {"upsell"}


def test_tickets_and_what_they_said_when_they_left_are_on_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    license_for(session, cast, now - 60 * DAY, tier="basic")
    ticket = Ticket(cast.globex, "T-7", "urgent", now, now + DAY, 12, 4, escalated=True, subject="No mail goes out")
    left = ChurnEvent(cast.globex, now + 2 * DAY, "too_expensive", Money(0, "USD"), feedback="Half would do.")
    record_past_tickets(session, cast.fiona, [ticket], now=now)
    record_churn_events(session, cast.fiona, [left], now=now)
    entries = told(session, cast.mia, cast, now, kinds=["support"])
    assert [(one.at, one.title, one.detail) for one in entries] == [
        (now + 2 * DAY, "Said to leave: too expensive", "Half would do."),
        (now + DAY, "Ticket T-7 closed: No mail goes out", "rated 4 of 5"),
        (now, "Ticket T-7 opened: No mail goes out", "urgent, escalated"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_show_everything_once(session: WriteSession, cast: Cast, now: datetime, limit: int) -> None:
    a_story(session, cast, now)
    for _ in range(5):
        license_for(session, cast, now + 20 * DAY, tier="basic")
    everything = told(session, cast.fiona, cast, now)
    seen: list[TimelineEntry] = []
    cursor = None
    while True:
        page = timeline(session, cast.fiona, cast.globex, now=now + 90 * DAY, cursor=cursor, limit=limit)
        seen += page.entries
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [one.id for one in seen] == [one.id for one in everything]
    assert len({one.id for one in seen}) == len(seen)
    assert [one.at for one in seen] == sorted((one.at for one in seen), reverse=True)


def test_what_is_still_to_come_is_not_on_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    a_story(session, cast, now)
    page = timeline(session, cast.fiona, cast.globex, now=now + 3 * DAY)
    assert max(one.at for one in page.entries) == now + 3 * DAY


def test_a_kind_narrows_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    a_story(session, cast, now)
    create_person(
        session, cast.fiona, cast.globex, "new@globex.test", "New", Role.MEMBER, PASSWORD, now=now, allow_short=True
    )
    by_kind = {kind: told(session, cast.fiona, cast, now, kinds=[kind]) for kind in KINDS}
    assert all({one.kind for one in entries} <= {kind} for kind, entries in by_kind.items())
    assert "new@globex.test added" in [one.title for one in by_kind["people"]]
    assert len(by_kind["money"]) == 6 - 1
    everything = told(session, cast.fiona, cast, now)
    assert sorted(one.id for one in everything) == sorted(one.id for many in by_kind.values() for one in many)
    with pytest.raises(InvalidInput, match="verification"):
        told(session, cast.fiona, cast, now, kinds=["gossip"])


def test_money_is_only_for_those_who_may_see_it(session: WriteSession, cast: Cast, now: datetime) -> None:
    a_story(session, cast, now)
    for person in cast.staff():
        text = str(told(session, person, cast, now))
        assert ("€" in text) == person.may(Permission.FINANCE_READ)
        assert "37417" not in text or person.may(Permission.FINANCE_READ)
    assert told(session, cast.vera, cast, now, kinds=["money"]) == []


def test_it_is_the_vendors_and_of_one_customer(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotPermitted):
        timeline(session, cast.otto, cast.globex, now=now)
    other = customer(session, cast.system, "Initech", now)
    a_story(session, cast, now)
    page = timeline(session, cast.fiona, other, now=now + 90 * DAY)
    assert [one.title for one in page.entries] == ["Initech became a customer record"]


@pytest.mark.parametrize(
    "cursor", ["x", encode("2026", 1, "k"), encode("yesterday", 1, "k"), encode("2026-01-01T00:00:00+00:00", 99, "k")]
)
def test_a_cursor_of_elsewhere_is_refused(session: WriteSession, cast: Cast, now: datetime, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        timeline(session, cast.fiona, cast.globex, now=now, cursor=cursor)


def test_an_action_without_a_sentence_is_told_in_its_own_words() -> None:
    assert entry_title("contract.signed_by_hand", {}, {}, LABELS) == "Contract signed by hand"
    assert movement_title("transfer", Money(0, "USD")) == "Moved to another tier at the same price"
