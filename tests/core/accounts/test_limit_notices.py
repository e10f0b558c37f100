"""Mails on crossing a limit: once a crossing, to whom it concerns, in the seed's words, not for invented history."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update

from core.access.permissions import Role
from core.accounts.limit_notices import notice_limits
from core.databases import Databases
from core.ids import new_id
from core.licensing.reads import License, license_by_install
from core.licensing.writes import issue, revoke
from core.organizations.writes import create_organization
from core.usage.consumption import daily, standing
from core.usage.limits import Limit
from core.usage.writes import keep_standings
from db.models.access import person
from db.models.culture import upsell
from db.models.notify import limit_notice, mail
from db.models.organizations import brand, organization
from db.session import SYSTEM, WriteSession
from tests.cast import Cast

HOUR = timedelta(hours=1)
GROWING = [round(340 * 1.018**day) for day in range(56)]


def _customer(session: WriteSession, cast: Cast, now: datetime, name: str = "Acme GmbH") -> License:
    then = now - timedelta(days=80)
    made = create_organization(
        session, cast.system, name, now=then, contact_email=f"it@{name[:4].lower()}.test", owner_email="sam@calos.test"
    )
    issued = issue(session, cast.system, made, "free", now=then, term="free")
    return license_by_install(session, cast.system, issued.install_id, now=now)


@pytest.fixture
def acme(session: WriteSession, cast: Cast, now: datetime) -> License:
    session.execute(text("DELETE FROM usage_place"))
    return _customer(session, cast, now)


def _person(session: WriteSession, organization_id: UUID, email: str, role: Role, **more: Any) -> None:
    row = {"id": new_id(), "organization_id": organization_id, "email": email, "name": email, "role": role.value}
    session.execute(insert(person).values(**row, password_hash="", created_at=datetime.now().astimezone(), **more))


def _stands(session: WriteSession, held: License, used: int, now: datetime, *, limit: int = 1_000) -> None:
    """Let a license have used so many of its calls today, and few on other days."""
    row = daily(Limit("api_calls_day", limit), [10] * 56, now.date() - timedelta(days=1), used)
    keep_standings(session, [(held, [row])], now)


def _high_upsell(session: WriteSession, held: License, now: datetime) -> None:
    row = {
        "id": new_id(), "organization_id": held.organization_id, "install_id": held.install_id, "kind": "tier",
        "subject": "", "rule": "limit_approached", "rule_version": 1, "rules": ["limit_approached"],
        "priority": "HIGH", "offer": "pro", "offer_label": "Upgrade to Pro", "sentence": "At 95%.", "evidence": [],
        "expected_value_basis": "", "state": "open", "found_at": now, "updated_at": now,
    }  # fmt: skip
    session.execute(insert(upsell).values(**row))


def _mails(session: WriteSession) -> list[Any]:
    return list(session.execute(select(mail).order_by(mail.c.id)).all())


def _told(session: WriteSession, acme: License, now: datetime) -> Callable[[int], list[str]]:
    """Return a function that lets so much be used and answers the first words of what is mailed of it."""
    at = [now]

    def use(used: int) -> list[str]:
        before = len(_mails(session))
        at[0] += HOUR / 60
        _stands(session, acme, used, at[0])
        notice_limits(session, installs=[acme.install_id], now=at[0])
        return [row.text.partition(" limit")[0] for row in _mails(session)[before:]]

    return use


def test_the_seeds_mail(session: WriteSession, cast: Cast, acme: License, now: datetime) -> None:
    _person(session, acme.organization_id, "ada@acme.test", Role.ADMIN)
    _person(session, acme.organization_id, "bob@acme.test", Role.OWNER)
    _person(session, acme.organization_id, "gone@acme.test", Role.OWNER, disabled_at=now)
    _person(session, acme.organization_id, "mel@acme.test", Role.MEMBER)
    _high_upsell(session, acme, now)
    _stands(session, acme, 952, now)
    assert notice_limits(session, installs=[acme.install_id], now=now) == 4
    rows = _mails(session)
    assert [row.recipient for row in rows] == ["ada@acme.test", "bob@acme.test", "it@acme.test", "sam@calos.test"]
    assert {row.subject for row in rows} == {"Usage Approaching Limit"}
    assert all(row.text.startswith("You've used 95% of your daily API call limit") for row in rows)
    assert "That is 952 calls of 1,000 calls, today so far." in rows[0].text
    assert [row.organization_id for row in rows] == [acme.organization_id] * 3 + [cast.vendor]
    assert "A copy of what Acme GmbH was sent" in rows[3].text
    assert f"/customer?install_id={acme.install_id}" in rows[3].html
    assert "A copy" not in rows[0].text


def test_the_owner_gets_no_copy_without_a_high_upsell(session: WriteSession, acme: License, now: datetime) -> None:
    _stands(session, acme, 850, now)
    notice_limits(session, installs=[acme.install_id], now=now)
    assert [row.recipient for row in _mails(session)] == ["it@acme.test"]


def test_each_level_is_told_once_a_crossing(session: WriteSession, acme: License, now: datetime) -> None:
    use = _told(session, acme, now)
    first = "You've used {}% of your daily API call"
    assert use(799) == []
    assert use(800) == [first.format(80)]
    assert use(850) == []
    assert use(760) == [], "below the level, but not well below"
    assert use(810) == []
    assert use(749) == []
    assert use(820) == [first.format(82)], "it has fallen well below since"
    assert use(1_000) == [first.format(100)], "one mail, of the highest level crossed"
    assert use(960) == []
    assert use(1_010) == []
    assert use(940) == []
    assert use(1_300) == [first.format(130)]
    rows = session.execute(select(limit_notice).order_by(limit_notice.c.crossed_at, limit_notice.c.level)).all()
    assert [(row.level, row.fallen_at is None, row.mails) for row in rows] == [
        (80, False, 1), (80, True, 1), (90, True, 0), (100, False, 1), (100, True, 1),
    ]  # fmt: skip


def test_a_hundred_is_said_of_the_limit_itself_only(session: WriteSession, acme: License, now: datetime) -> None:
    use = _told(session, acme, now)
    assert use(999) == ["You've used 99% of your daily API call"]


def test_a_higher_limit_ends_the_notice(session: WriteSession, acme: License, now: datetime) -> None:
    _stands(session, acme, 900, now)
    assert notice_limits(session, installs=[acme.install_id], now=now) == 1
    _stands(session, acme, 900, now + HOUR, limit=10_000)
    notice_limits(session, installs=[acme.install_id], now=now + HOUR)
    assert session.execute(select(limit_notice.c.fallen_at)).scalars().all() == [now + HOUR] * 2


def test_what_is_marked_is_not_told(session: WriteSession, acme: License, now: datetime) -> None:
    _stands(session, acme, 950, now)
    assert notice_limits(session, now=now, told=False) == 0
    assert notice_limits(session, now=now + HOUR) == 0
    assert _mails(session) == []
    _stands(session, acme, 1_000, now + HOUR)
    assert notice_limits(session, now=now + HOUR) == 1, "what comes after is"


def test_a_sweep_finds_what_was_missed_and_what_has_fallen(
    session: WriteSession, cast: Cast, acme: License, now: datetime
) -> None:
    calm = _customer(session, cast, now, "Calm Inc")
    _stands(session, acme, 950, now)
    _stands(session, calm, 10, now)
    assert notice_limits(session, now=now) == 1
    _stands(session, acme, 10, now + HOUR)
    assert notice_limits(session, now=now + HOUR) == 0
    assert None not in session.execute(select(limit_notice.c.fallen_at)).scalars().all()


def test_a_revoked_license_is_told_of_nothing(session: WriteSession, cast: Cast, acme: License, now: datetime) -> None:
    _stands(session, acme, 950, now)
    revoke(session, cast.system, acme.install_id, reason="test", now=now)
    assert notice_limits(session, installs=[acme.install_id], now=now) == 0


def test_an_address_that_is_none_hinders_nobody(session: WriteSession, acme: License, now: datetime) -> None:
    session.execute(
        update(organization).values(contact_email="call us").where(organization.c.id == acme.organization_id)
    )
    _person(session, acme.organization_id, "ada@acme.test", Role.ADMIN)
    _stands(session, acme, 950, now)
    assert notice_limits(session, installs=[acme.install_id], now=now) == 1


def test_levels_and_forecasts_are_said(session: WriteSession, acme: License, now: datetime) -> None:
    calls = daily(Limit("api_calls_day", 1_000), GROWING, now.date() - timedelta(days=1), 40)
    keep_standings(session, [(acme, [calls, standing(Limit("storage_bytes", 10**10), 9 * 10**9, 9)])], now)
    notice_limits(session, installs=[acme.install_id], now=now)
    by_first = {row.text.partition(" limit")[0]: row.text for row in _mails(session)}
    storage = by_first["You've used 90% of your storage"]
    assert "That is 9 GB of 10 GB, now." in storage
    [said] = [text for first, text in by_first.items() if first.endswith("daily API call")]
    assert "On a busy day you use" in said
    assert "As things go, the limit is reached in" in said
    assert "Against the four weeks before: +" in said


def test_a_customers_brand_is_worn(session: WriteSession, acme: License, now: datetime) -> None:
    row = {"organization_id": acme.organization_id, "display_name": "Acme Cloud", "primary_color": "#0f766e"}
    session.execute(insert(brand).values(**row, support_email="help@acme.test"))
    _stands(session, acme, 950, now)
    notice_limits(session, installs=[acme.install_id], now=now)
    [sent] = _mails(session)
    assert (sent.from_name, sent.reply_to) == ("Acme Cloud", "help@acme.test")
    assert "#0f766e" in sent.html


@pytest.mark.slow
def test_two_processes_tell_of_one_crossing_once(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        held = _customer(session, cast, now, "Race Ltd")
        _stands(session, held, 950, now)
    start, written = threading.Barrier(2), []

    def tell() -> None:
        start.wait()
        with databases.control.write(SYSTEM) as session:
            written.append(notice_limits(session, installs=[held.install_id], now=now))

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(written) == [0, 1]
