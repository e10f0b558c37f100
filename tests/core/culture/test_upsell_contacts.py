"""Calls that sales note: kept, told, audited, and a reason to offer nothing else for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.culture.upsell_contacts import contacts_about, last_contacts, record_contact
from core.culture.upsell_reads import Upsell, not_listed, precision, upsells
from core.culture.writes import close, recompute
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from db.models.access import audit_entry
from db.session import WriteSession
from tests.cast import Cast
from tests.core.culture.conftest import Customer, MakeCustomer, office_events

Send = Callable[[str, list[Any]], None]


@pytest.fixture
def acme(session: WriteSession, now: datetime, customer: MakeCustomer, send: Send) -> Customer:
    """Return a customer on Free, three of whose people were refused Crypto, and who uses POS and never Email."""
    made = customer("Acme GmbH", "free")
    refused = [
        {**event, "id": f"r{number}", "feature": "crypto", "status": 402, "user": f"user-{number}"}
        for number, event in enumerate(office_events(now, people=1, days=4)[:3])
    ]
    send(made.install_id, office_events(now, people=3, features=("pos",)) + refused)
    recompute(session, session, made.install_id, now=now)
    return made


def _upgrade(session: WriteSession, cast: Cast, now: datetime, acme: Customer) -> Upsell:
    (found,) = upsells(session, cast.sam, now=now, install_id=acme.install_id, kind="tier")
    return found


def test_a_call_is_kept_with_who_and_what_was_said(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    found = _upgrade(session, cast, now, acme)
    assert found.contacted_at is None
    record_contact(session, cast.mia, found.id, " They think about it. ", now=now)
    record_contact(session, cast.sam, found.id, "", now=now + timedelta(hours=1))
    (last, first) = contacts_about(session, cast.vera, [found.id])[found.id]
    assert (first.by, first.note, first.at) == ("mia@calos.test", "They think about it.", now)
    assert (last.by, last.note) == ("sam@calos.test", "")
    assert last_contacts(session, [acme.organization_id], now) == {acme.organization_id: now}
    assert _upgrade(session, cast, now + timedelta(days=1), acme).contacted_at == now + timedelta(hours=1)
    entry = session.execute(select(audit_entry).where(audit_entry.c.action == "upsell.contacted")).first()
    assert entry is not None
    assert entry.organization_id == acme.organization_id


def test_the_conversation_stays_open_and_nothing_else_is_offered(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    found = _upgrade(session, cast, now, acme)
    record_contact(session, cast.sam, found.id, "", now=now)
    recompute(session, session, acme.install_id, now=now + timedelta(hours=1))
    assert _upgrade(session, cast, now, acme).id == found.id
    close(session, cast.sam, found.id, "ignored", "Another time.", now=now)
    recompute(session, session, acme.install_id, now=now + timedelta(days=2))
    held = {row.rule: row.reason for row in not_listed(session, cast.sam, text=acme.install_id)}
    assert "asked within the last 30 days" in held["refused_features"]


def test_what_was_left_out_is_found_by_customer_and_by_rule(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    record_contact(session, cast.sam, _upgrade(session, cast, now, acme).id, "", now=now)
    close(session, cast.sam, _upgrade(session, cast, now, acme).id, "lost", "No money.", now=now)
    recompute(session, session, acme.install_id, now=now + timedelta(days=2))
    named = not_listed(session, cast.sam, text="acme gm")
    assert named
    assert {row.organization for row in named} == {"Acme GmbH"}
    assert {row.rule for row in not_listed(session, cast.sam, text="acme", rule="refused_features")} == {
        "refused_features"
    }
    assert not_listed(session, cast.sam, text="nobody of that name") == ()
    (rule,) = (each for each in precision(session, cast.sam) if each.rule == "refused_features")
    assert (rule.won, rule.lost, rule.learnt) == (0, 1, False)
    assert rule.chance == pytest.approx(1 / 11)


def test_only_open_ones_of_those_who_may(session: WriteSession, cast: Cast, now: datetime, acme: Customer) -> None:
    found = _upgrade(session, cast, now, acme)
    for actor in (cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            record_contact(session, actor, found.id, "", now=now)
    with pytest.raises(NotPermitted):
        contacts_about(session, cast.otto, [found.id])
    with pytest.raises(NotFound):
        record_contact(session, cast.sam, uuid4(), "", now=now)
    with pytest.raises(InvalidInput):
        record_contact(session, cast.sam, found.id, "x" * 2_001, now=now)
    close(session, cast.sam, found.id, "lost", "No money.", now=now)
    with pytest.raises(Conflict):
        record_contact(session, cast.sam, found.id, "", now=now)
