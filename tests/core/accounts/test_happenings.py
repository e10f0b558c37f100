"""What destinations are told of: found in upsells, health, limits and the trail, once, and never of the past."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update

from core.accounts.cards import refresh_card
from core.accounts.crm import crm_facts
from core.accounts.happenings import look_for_news, send_open_upsells
from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license, revoke_license
from core.ids import new_id
from core.notify.destination_writes import add_destination
from core.notify.destinations import EVENTS
from core.organizations.viewpoint import set_viewpoint
from db.models.culture import culture_profile, health_day, upsell
from db.models.notify import delivery, happening, limit_notice
from db.session import WriteSession
from tests.cast import Cast

HOUR = timedelta(hours=1)


@pytest.fixture
def install(session: WriteSession, cast: Cast, now: datetime) -> str:
    """Return a Basic license of Globex, issued a day ago, with nothing else to tell of."""
    asked = LicenseRequest(user_id=str(cast.globex), tier="basic")
    made = create_license(session, cast.system, asked, now=now - timedelta(days=1)).install_id
    refresh_card(session, session, cast.globex, now=now - timedelta(days=1))
    session.execute(text("DELETE FROM upsell"))
    return made


def _listen(session: WriteSession, cast: Cast, now: datetime, kind: str = "webhook", *events: str) -> UUID:
    secrets = {"token": "x"} if kind == "hubspot" else {}
    chosen = events or tuple(EVENTS)
    made, _ = add_destination(
        session,
        cast.adam,
        kind=kind,
        name=kind,
        url="https://hook.vendor.test/",
        events=chosen,
        secrets=secrets,
        now=now,
    )
    return made


def _upsell(session: WriteSession, cast: Cast, install: str, at: datetime, **changed: Any) -> UUID:
    row: dict[str, Any] = {
        "id": new_id(), "organization_id": cast.globex, "install_id": install, "kind": "tier", "subject": "",
        "rule": "limit_approached", "rule_version": 1, "rules": ["limit_approached"], "priority": "HIGH",
        "offer": "pro", "offer_label": "Upgrade to Pro", "sentence": "At 95%.", "evidence": [],
        "expected_value_minor": 5_000, "currency": "USD", "expected_value_basis": "", "state": "open",
        "found_at": at, "updated_at": at, **changed,
    }  # fmt: skip
    session.execute(insert(upsell).values(**row))
    return UUID(str(row["id"]))


def _told(session: WriteSession) -> list[tuple[str, str]]:
    rows = session.execute(select(delivery.c.type, delivery.c.body).order_by(delivery.c.id)).all()
    return [(row.type, row.body["sentence"]) for row in rows]


def test_upsells_are_told_of_once_when_found_and_when_closed(
    session: WriteSession, cast: Cast, install: str, now: datetime
) -> None:
    _listen(session, cast, now)
    assert look_for_news(session, now=now) == 0
    made = _upsell(session, cast, install, now + HOUR)
    assert [look_for_news(session, now=now + HOUR * hours) for hours in (2, 2, 3)] == [1, 0, 0]
    session.execute(update(upsell).where(upsell.c.id == made).values(state="won", closed_at=now + 4 * HOUR))
    assert [look_for_news(session, now=now + HOUR * hours) for hours in (4, 5)] == [1, 0]
    assert _told(session) == [
        ("upsell.found", "Upgrade to Pro: At 95%."),
        ("upsell.closed", "Upgrade to Pro: won."),
    ]
    body = session.execute(select(delivery.c.body).limit(1)).scalar_one()
    assert (body["organization"], body["installId"], body["upsellId"]) == ("Globex", install, str(made))
    assert body["expectedValue"] == {"minor": 5_000, "currency": "USD"}


def test_what_vanishes_for_a_day_is_told_of_and_again_when_it_comes_back(
    session: WriteSession, cast: Cast, install: str, now: datetime
) -> None:
    _listen(session, cast, now)
    made = _upsell(session, cast, install, now + HOUR)
    assert look_for_news(session, now=now + HOUR) == 1

    def turn(state: str, hours: int) -> None:
        changed = {"state": state, "updated_at": now + hours * HOUR}
        session.execute(update(upsell).where(upsell.c.id == made).values(**changed))

    turn("gone", 10)
    assert look_for_news(session, now=now + 11 * HOUR) == 0, "it may flicker"
    turn("open", 12)
    assert look_for_news(session, now=now + 40 * HOUR) == 0
    for gone, told in ((50, 75), (100, 125)):
        turn("gone", gone)
        assert [look_for_news(session, now=now + hours * HOUR) for hours in (gone + 23, told, told)] == [0, 1, 0]
        facts = crm_facts(session, "upsell.closed", str(made), cast.globex, now=now)
        assert facts is not None
        assert (facts["deal"]["state"], facts["deal"]["why"]) == ("gone", "No longer found. It was: At 95%.")
        turn("open", told + 1)
        assert [look_for_news(session, now=now + hours * HOUR) for hours in (told + 1, told + 2)] == [1, 0]
        facts = crm_facts(session, "upsell.found", str(made), cast.globex, now=now)
        assert facts is not None
        assert (facts["deal"]["state"], facts["deal"]["reopened"]) == ("open", True)
    found, closed = ("upsell.found", "Upgrade to Pro: At 95%."), ("upsell.closed", "Upgrade to Pro: no longer found.")
    assert _told(session) == [found, closed, found, closed, found]


def test_a_transaction_that_commits_late_is_not_missed(
    session: WriteSession, cast: Cast, install: str, now: datetime
) -> None:
    _listen(session, cast, now)
    look_for_news(session, now=now + HOUR)
    _upsell(session, cast, install, now + HOUR - timedelta(minutes=5))
    assert look_for_news(session, now=now + HOUR + timedelta(seconds=20)) == 1


def test_nobody_is_told_of_what_was_before(session: WriteSession, cast: Cast, install: str, now: datetime) -> None:
    _upsell(session, cast, install, now - HOUR / 60)
    _listen(session, cast, now)
    assert look_for_news(session, now=now) == 0
    set_viewpoint(session, cast.fiona, now - timedelta(days=300), source="a test", now=now)
    _upsell(session, cast, install, now, kind="seats")
    assert look_for_news(session, now=now) == 0, "books of the past are looked at"


def test_a_crm_is_filled_once_with_what_is_open(session: WriteSession, cast: Cast, install: str, now: datetime) -> None:
    _upsell(session, cast, install, now - timedelta(days=40))
    _upsell(session, cast, install, now - timedelta(days=40), kind="seats", state="lost")
    to = _listen(session, cast, now, "hubspot", "upsell.found")
    assert [send_open_upsells(session, cast.adam, to, now=now) for _ in range(2)] == [1, 0]
    other = _listen(session, cast, now, "hubspot", "upsell.found")
    assert send_open_upsells(session, cast.adam, other, now=now) == 1
    assert session.execute(select(happening.c.id)).all().__len__() == 1


def test_licenses_are_told_of_from_the_trail_without_the_reason(
    session: WriteSession, cast: Cast, install: str, now: datetime
) -> None:
    _listen(session, cast, now)
    revoke_license(session, cast.adam, install, reason="They did not pay, the crooks.", now=now + HOUR)
    assert look_for_news(session, now=now + HOUR) == 1
    assert _told(session) == [("license.revoked", "License revoked.")]
    body = session.execute(select(delivery.c.body)).scalar_one()
    assert body["by"] == "adam@calos.test"
    assert "crooks" not in str(body)


def _health(session: WriteSession, cast: Cast, install: str, now: datetime, days_ago: int, score: float) -> None:
    day = (now - timedelta(days=days_ago)).date()
    session.execute(text("DELETE FROM health_day WHERE install_id = :i AND day = :d"), {"i": install, "d": day})
    row = {"low": score, "high": score, "score": Decimal(score), "parts": {}, "weights_version": "1"}
    session.execute(insert(health_day).values(install_id=install, day=day, organization_id=cast.globex, **row))
    mine = culture_profile.c.install_id == install
    session.execute(update(culture_profile).where(mine).values(computed_at=now))


def test_a_band_is_told_of_when_it_changes(session: WriteSession, cast: Cast, install: str, now: datetime) -> None:
    _listen(session, cast, now - HOUR)
    session.execute(text("DELETE FROM health_day"))
    _health(session, cast, install, now, 3, 88)
    _health(session, cast, install, now, 0, 86)
    assert look_for_news(session, now=now) == 0
    _health(session, cast, install, now, 0, 71)
    assert [look_for_news(session, now=now) for _ in range(2)] == [1, 0]
    assert _told(session) == [("health.band_changed", "Health: Excellent → Good (71).")]


def test_of_several_levels_crossed_at_once_one_is_told(
    session: WriteSession, cast: Cast, install: str, now: datetime
) -> None:
    _listen(session, cast, now)
    license_id = session.execute(text("SELECT id FROM license WHERE install_id = :i"), {"i": install}).scalar_one()
    for level, mails in ((80, 0), (90, 2)):
        row = {"organization_id": cast.globex, "license_id": license_id, "meter": "api_calls_day", "share": 0.95}
        session.execute(insert(limit_notice).values(id=new_id(), level=level, mails=mails, crossed_at=now, **row))
    assert look_for_news(session, now=now) == 1
    assert _told(session) == [("limit.crossed", "95% of the daily API call limit is used.")]


def test_a_crm_is_told_how_things_are(session: WriteSession, cast: Cast, install: str, now: datetime) -> None:
    made = _upsell(session, cast, install, now)
    facts = crm_facts(session, "upsell.found", str(made), cast.globex, now=now)
    assert facts is not None
    assert facts["company"]["name"] == "Globex"
    assert facts["company"]["tier"] == "Basic"
    deal = facts["deal"]
    assert (deal["name"], deal["state"], deal["expected"]) == ("Globex: Upgrade to Pro", "open", "50.00")
    assert deal["reopened"] is False
    assert Decimal(deal["amount"]) > 0
    session.execute(update(upsell).where(upsell.c.id == made).values(state="gone"))
    again = crm_facts(session, "upsell.found", str(made), cast.globex, now=now)
    assert again is not None
    assert again["deal"]["state"] == "gone"
    session.execute(update(upsell).where(upsell.c.id == made).values(offer="basic"))
    sold = crm_facts(session, "upsell.closed", str(made), cast.globex, now=now)
    assert sold is not None
    assert sold["deal"]["state"] == "won", "they have what was offered"
    assert crm_facts(session, "upsell.found", str(new_id()), cast.globex, now=now) is None
    assert crm_facts(session, "health.band_changed", install, cast.vendor, now=now) is None
