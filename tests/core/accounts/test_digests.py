"""The list of upsells by mail: for whom it is due, once a period, with money only for who may see it."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update

from core.access.actor import Actor
from core.accounts.digests import period_start, preview, send_due, send_now, subscribe, subscription, unsubscribe
from core.config import settings
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.ids import new_id
from core.notify.unsubscribe import person_of, unsubscribe_link
from core.organizations.writes import create_organization
from db.models.access import person
from db.models.culture import upsell
from db.models.notify import mail
from db.session import SYSTEM, WriteSession
from tests.cast import Cast

MONDAY = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def found(session: WriteSession, cast: Cast) -> dict[str, UUID]:
    """Return three open opportunities: a dear old one, a cheap new one, and one of somebody else's."""
    session.execute(text("DELETE FROM upsell"))
    return {
        "Dear": _upsell(session, cast, "Dear", expected_value_minor=900_000, priority="LOW"),
        "New": _upsell(session, cast, "New", expected_value_minor=100, found_at=MONDAY - timedelta(days=2)),
        "Taken": _upsell(session, cast, "Taken", assigned_to="adam@calos.test"),
    }


def _upsell(session: WriteSession, cast: Cast, name: str, **changed: Any) -> UUID:
    owner = create_organization(session, cast.system, f"{name} & Sons", now=MONDAY - WEEK)
    row = {
        "id": new_id(), "organization_id": owner, "install_id": f"inst-{name}", "kind": "tier", "subject": "",
        "rule": "limit_approached", "rule_version": 1, "rules": ["limit_approached"], "priority": "HIGH",
        "offer": "pro", "offer_label": "Upgrade to Pro", "sentence": f"{name} uses <b>95%</b>.", "evidence": [],
        "expected_value_minor": 5_000, "currency": "USD", "expected_value_basis": "", "days_left": 9, "state": "open",
        "found_at": MONDAY - 30 * WEEK, "updated_at": MONDAY,
    }  # fmt: skip
    session.execute(insert(upsell).values(**{**row, **changed}))
    return UUID(str(row["id"]))


def _sent(session: WriteSession) -> list[Any]:
    return list(session.execute(select(mail).order_by(mail.c.id)).all())


@pytest.mark.parametrize(
    ("rhythm", "at", "began"),
    [
        ("weekly", MONDAY, datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("weekly", MONDAY + timedelta(days=3), datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("weekly", MONDAY - timedelta(hours=1), None),
        ("daily", MONDAY + timedelta(days=3), datetime(2026, 11, 26, 6, tzinfo=UTC)),
        ("daily", MONDAY + timedelta(days=3, hours=-2), None),
    ],
)
def test_when_a_period_begins(rhythm: Any, at: datetime, began: datetime | None) -> None:
    assert period_start(rhythm, at) == began


def test_the_weekly_list_comes_once_a_week(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    subscribe(session, cast.sam, "weekly", now=MONDAY - timedelta(days=4))
    assert send_due(session, now=MONDAY - timedelta(days=2)) == 0, "this week's Monday was before"
    assert [send_due(session, now=MONDAY + timedelta(hours=hour)) for hour in range(3)] == [1, 0, 0]
    assert send_due(session, now=MONDAY + WEEK) == 1
    first, second = _sent(session)
    assert (first.recipient, first.subject) == ("sam@calos.test", "1 new upsell, 2 open")
    assert second.subject == "2 open upsells, none new"
    assert first.text.index("Dear & Sons") < first.text.index("New & Sons")
    assert "Taken" not in first.text
    assert "$9,000" in first.text
    assert (
        "2 open opportunities, 1 of high priority, $9,001 expected in a year, 1 new since the last mail." in first.text
    )
    assert "Dear &amp; Sons" in first.html
    assert "&lt;b&gt;95%&lt;/b&gt;" in first.html


def test_a_daily_one_comes_only_with_news(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    subscribe(session, cast.sam, "daily", now=MONDAY - timedelta(days=3))
    assert send_due(session, now=MONDAY) == 1
    assert send_due(session, now=MONDAY + timedelta(days=1)) == 0
    _upsell(session, cast, "Fresh", found_at=MONDAY + timedelta(days=1, hours=3))
    assert send_due(session, now=MONDAY + timedelta(days=2)) == 1


def test_money_is_for_who_may_see_it(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    for actor, sees in ((cast.sam, True), (cast.vera, False)):
        shown = preview(session, actor, now=MONDAY).values
        assert any(row["value"] for section in shown["sections"] for row in section["rows"]) is sees
        assert ("$" in shown["lead"]) is sees


def test_a_currency_without_a_rate_hinders_no_mail(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    _upsell(session, cast, "Odd", currency="XTS")
    shown = preview(session, cast.sam, now=MONDAY).values["sections"]
    assert {row["name"]: row["value"] for section in shown for row in section["rows"]}["Odd & Sons"] == ""


def test_ones_own_are_in_it_and_others_are_not(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    def names(actor: Actor) -> set[str]:
        shown = preview(session, actor, now=MONDAY).values["sections"]
        return {row["name"] for section in shown for row in section["rows"]}

    assert "Taken & Sons" in names(cast.adam)
    assert "Taken & Sons" not in names(cast.fiona)


def test_nothing_to_say_is_not_said(session: WriteSession, cast: Cast) -> None:
    session.execute(text("DELETE FROM upsell"))
    subscribe(session, cast.sam, "weekly", now=MONDAY - WEEK)
    assert send_due(session, now=MONDAY) == 0
    assert send_now(session, cast.sam, now=MONDAY) is not None, "who asks gets an answer"


def test_one_mail_on_demand_leaves_the_rhythm_alone(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    assert send_now(session, cast.vera, now=MONDAY) is not None
    assert send_now(session, cast.vera, now=MONDAY) is not None
    assert subscription(session, cast.vera) is None
    assert len(_sent(session)) == 2


def test_the_link_ends_it_without_signing_in(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    subscribe(session, cast.sam, "weekly", now=MONDAY - WEEK)
    send_due(session, now=MONDAY)
    [row] = _sent(session)
    link = unsubscribe_link(settings(), "upsells", UUID(cast.sam.id))
    assert row.unsubscribe == link
    token = link.partition("token=")[2]
    assert person_of(settings(), "upsells", token) == UUID(cast.sam.id)
    assert person_of(settings(), "other", token) is None
    for forged in ("", "é", "a" * 43, token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), token + "A"):
        assert person_of(settings(), "upsells", forged) is None
    unsubscribe(session, UUID(cast.sam.id), now=MONDAY)
    unsubscribe(session, UUID(cast.sam.id), now=MONDAY)
    assert subscription(session, cast.sam) is None
    actions = text("SELECT count(*) FROM audit_entry WHERE action = 'digest.changed' AND actor_id = :id")
    assert session.execute(actions, {"id": cast.sam.id}).scalar_one() == 2


def test_whoever_left_or_may_not_is_not_written_to(session: WriteSession, cast: Cast, found: dict[str, UUID]) -> None:
    subscribe(session, cast.sam, "weekly", now=MONDAY - WEEK)
    session.execute(update(person).where(person.c.id == UUID(cast.sam.id)).values(disabled_at=MONDAY))
    assert send_due(session, now=MONDAY) == 0
    for actor in (cast.otto, cast.system):
        with pytest.raises(NotPermitted):
            subscribe(session, actor, "weekly", now=MONDAY)
    with pytest.raises(InvalidInput):
        subscribe(session, cast.sam, "hourly", now=MONDAY)  # type: ignore[arg-type]  # what an address might say


@pytest.mark.slow
def test_several_workers_write_one(databases: Databases, cast: Cast) -> None:
    with databases.control.write(SYSTEM) as session:
        _upsell(session, cast, "Race")
        subscribe(session, cast.mia, "weekly", now=MONDAY - WEEK)
    start, written = threading.Barrier(3), []

    def work() -> None:
        start.wait()
        with databases.control.write(SYSTEM) as session:
            written.append(send_due(session, now=MONDAY))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(written) == 1
