"""The list that sales work: found, kept across recomputing, worked on, closed, and counted."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from core.access.actor import Actor
from core.culture.estimate import Abstention, Estimate
from core.culture.upsell_reads import Upsell, not_listed, precision, upsells
from core.culture.writes import assign, close, note, recompute, recompute_dirty, snooze
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from core.telemetry.reads import dirty_mark
from core.telemetry.writes import ingest
from db.models.access import audit_entry
from db.models.accounts import card_mark
from db.models.culture import culture_profile, health_day, upsell
from db.models.licensing import license as licenses
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.culture.conftest import Customer, MakeCustomer, office_events

Send = Callable[[str, list[Any]], None]


@pytest.fixture
def acme(session: WriteSession, now: datetime, customer: MakeCustomer, send: Send) -> Customer:
    """Return a customer on Free, three of whose people were refused Crypto, with its profile computed."""
    made = customer("Acme GmbH", "free")
    refused = [
        {**event, "id": f"r{number}", "feature": "crypto", "status": 402, "user": f"user-{number}"}
        for number, event in enumerate(office_events(now, people=1, days=4)[:3])
    ]
    send(made.install_id, office_events(now, people=3) + refused)
    recompute(session, session, made.install_id, now=now)
    return made


def _only(session: WriteSession, actor: Actor, now: datetime, **wanted: Any) -> Upsell:
    (found,) = upsells(session, actor, now=now, **wanted)
    return found


def test_the_list_says_what_to_offer_and_why(session: WriteSession, cast: Cast, now: datetime, acme: Customer) -> None:
    found = _only(session, cast.vera, now, install_id=acme.install_id)
    assert (found.organization, found.kind, found.priority, found.offer) == ("Acme GmbH", "tier", "HIGH", "pro")
    assert found.rule == "refused_features"
    assert "3 people were refused Crypto" in found.sentence
    assert {fact["rule"] for fact in found.evidence} == set(found.rules)
    # One chance in ten of the list price of Pro, $499.00 a month, over a year, of which 85 in 100 are kept.
    assert (found.expected_value_minor, found.currency) == (50_898, "USD")
    assert session.execute(select(card_mark.c.id).where(card_mark.c.organization_id == acme.organization_id)).first()


def test_what_people_wrote_on_a_row_survives_recomputing(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    row = _only(session, cast.sam, now, install_id=acme.install_id)
    assign(session, cast.sam, row.id, "Sam@Calos.test ", now=now)
    note(session, cast.sam, row.id, "Call after the fair.", now=now)
    snooze(session, cast.sam, row.id, now + timedelta(days=7), now=now)
    recompute(session, session, acme.install_id, now=now + timedelta(hours=1))
    assert upsells(session, cast.sam, now=now, install_id=acme.install_id) == (), "it sleeps"
    kept = _only(session, cast.sam, now, install_id=acme.install_id, snoozed=True)
    assert (kept.id, kept.assigned_to, kept.note) == (row.id, "sam@calos.test", "Call after the fair.")
    assert kept.found_at == row.found_at
    assert _only(session, cast.sam, now + timedelta(days=8), install_id=acme.install_id).id == row.id


def test_what_vanished_is_gone_and_comes_back_with_its_notes(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    row = _only(session, cast.sam, now, install_id=acme.install_id)
    note(session, cast.sam, row.id, "Knows the founder.", now=now)
    recompute(session, session, acme.install_id, now=now + timedelta(days=40))
    assert upsells(session, cast.sam, now=now, install_id=acme.install_id) == ()
    assert _only(session, cast.sam, now, install_id=acme.install_id, state="gone").id == row.id
    recompute(session, session, acme.install_id, now=now + timedelta(hours=1))
    back = _only(session, cast.sam, now, install_id=acme.install_id)
    assert (back.id, back.note) == (row.id, "Knows the founder.")


def test_a_closed_opportunity_teaches_and_stays_closed(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    row = _only(session, cast.sam, now, install_id=acme.install_id)
    close(session, cast.sam, row.id, "lost", "No budget.", now=now)
    recompute(session, session, acme.install_id, now=now + timedelta(hours=1))
    assert upsells(session, cast.sam, now=now, install_id=acme.install_id) == ()
    lost = _only(session, cast.sam, now, install_id=acme.install_id, state="lost")
    assert (lost.close_reason, lost.closed_at) == ("No budget.", now)
    held = [one for one in not_listed(session, cast.vera) if one.install_id == acme.install_id]
    assert {one.organization for one in held} == {"Acme GmbH"}
    assert any("within the last 30 days" in one.reason for one in held)
    by_rule = {one.rule: one for one in precision(session, cast.vera)}
    assert (by_rule["refused_features"].lost, by_rule["refused_features"].open) == (1, 0)
    assert isinstance(by_rule["refused_features"].rate, Estimate)
    with pytest.raises(Conflict, match="closed as lost"):
        note(session, cast.sam, row.id, "More.", now=now)


def test_precision_of_an_unclosed_rule_is_not_nought(session: WriteSession, cast: Cast, acme: Customer) -> None:
    by_rule = {one.rule: one for one in precision(session, cast.vera)}
    assert by_rule["refused_features"].open >= 1
    assert isinstance(by_rule["refused_features"].rate, Abstention)


def test_every_change_is_in_the_customers_audit_trail(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer
) -> None:
    row = _only(session, cast.mia, now, install_id=acme.install_id)
    assign(session, cast.mia, row.id, "mia@calos.test", now=now)
    snooze(session, cast.mia, row.id, now + timedelta(days=1), now=now)
    note(session, cast.mia, row.id, "Asked.", now=now)
    close(session, cast.mia, row.id, "won", now=now)
    c = audit_entry.c
    entries = session.execute(
        select(c.action, c.organization_id, c.actor_label, c.before, c.after)
        .where(c.target_id == str(row.id))
        .order_by(c.id)
    ).all()
    assert [entry.action for entry in entries] == ["upsell.assigned", "upsell.snoozed", "upsell.noted", "upsell.closed"]
    assert {entry.organization_id for entry in entries} == {acme.organization_id}
    assert {entry.actor_label for entry in entries} == {"mia@calos.test"}
    assert entries[0].before == {"assigned_to": None}
    assert entries[3].after["state"] == "won"


def test_lists_are_filtered_and_ordered(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer, customer: MakeCustomer, send: Send
) -> None:
    hooli = customer("Hooli", "pro", max_seats=8)
    send(
        hooli.install_id,
        office_events(now, people=8, features=("pos", "email", "chatbot", "sales", "crypto", "analytics")),
    )
    recompute(session, session, hooli.install_id, now=now)
    mine = {acme.install_id, hooli.install_id}

    def listed(**wanted: Any) -> list[tuple[str, str]]:
        rows = upsells(session, cast.vera, now=now, limit=500, **wanted)
        return [(row.organization, row.kind) for row in rows if row.install_id in mine]

    assert listed() == [("Acme GmbH", "tier"), ("Hooli", "seats")], "what has a value comes first"
    assert listed(priority="MEDIUM") == [("Hooli", "seats")]
    assert listed(rule="refused_features") == [("Acme GmbH", "tier")]
    assert listed(kind="seats", organization_id=hooli.organization_id) == [("Hooli", "seats")]
    assert listed(organization_id=uuid4()) == []
    row = _only(session, cast.sam, now, install_id=hooli.install_id)
    assign(session, cast.sam, row.id, "sam@calos.test", now=now)
    assert listed(assigned_to="sam@calos.test") == [("Hooli", "seats")]
    assert listed(assigned_to="") == [("Acme GmbH", "tier")]
    for order in ("priority", "newest", "days_left"):
        assert len(listed(order=order)) == 2


@pytest.mark.parametrize("act", ["assign", "snooze", "note", "close"])
def test_only_the_vendors_people_with_the_right_may_work_the_list(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer, act: str
) -> None:
    row = _only(session, cast.sam, now, install_id=acme.install_id)

    def work(actor: Actor, upsell_id: UUID) -> None:
        acts: dict[str, Callable[[], None]] = {
            "assign": lambda: assign(session, actor, upsell_id, "sam@calos.test", now=now),
            "snooze": lambda: snooze(session, actor, upsell_id, now + timedelta(days=1), now=now),
            "note": lambda: note(session, actor, upsell_id, "x", now=now),
            "close": lambda: close(session, actor, upsell_id, "won", now=now),
        }
        acts[act]()

    for actor in (cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            work(actor, row.id)
    with pytest.raises(NotFound):
        work(cast.sam, uuid4())
    work(cast.mia, row.id)


def test_customers_never_see_the_list(session: WriteSession, cast: Cast, now: datetime, acme: Customer) -> None:
    for read in (lambda: upsells(session, cast.otto, now=now), lambda: precision(session, cast.otto)):
        with pytest.raises(NotPermitted, match="vendor's console"):
            read()
    with pytest.raises(NotPermitted, match="vendor's console"):
        not_listed(session, cast.otto)


def test_row_level_security_is_the_second_lock(databases: Databases, cast: Cast) -> None:
    with databases.control.read(cast.otto.tenancy()) as seen:
        for table in ("upsell", "culture_profile", "health_day"):
            statement = f"SELECT count(*) FROM {table} WHERE organization_id <> %s"
            assert seen.connection.exec_driver_sql(statement, (cast.globex,)).scalar_one() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda session, actor, row, now: assign(session, actor, row, "nobody", now=now), "assignedTo"),
        (lambda session, actor, row, now: snooze(session, actor, row, now, now=now), "until"),
        (lambda session, actor, row, now: snooze(session, actor, row, now + timedelta(days=400), now=now), "until"),
        (lambda session, actor, row, now: note(session, actor, row, "x" * 2_001, now=now), "note"),
        (lambda session, actor, row, now: close(session, actor, row, "gone", now=now), "outcome"),  # type: ignore[arg-type]  # on purpose
    ],
    ids=["no e-mail", "past", "far", "long", "no outcome"],
)
def test_bad_input_is_told_by_its_field(
    session: WriteSession, cast: Cast, now: datetime, acme: Customer, change: Callable[..., None], field: str
) -> None:
    row = _only(session, cast.sam, now, install_id=acme.install_id)
    with pytest.raises(InvalidInput) as refused:
        change(session, cast.sam, row.id, now)
    assert refused.value.field == field


@pytest.fixture
def vandelay(databases: Databases, cast: Cast, now: datetime) -> Iterator[UUID]:
    """Yield a committed customer, whose rows go after the test."""
    with databases.control.write(SYSTEM) as session:
        made = create_organization(session, cast.system, "Vandelay Imports", now=now)
    yield made
    with databases.control.write(SYSTEM) as session:
        for table in (upsell, health_day, culture_profile, licenses):
            session.execute(delete(table).where(table.c.organization_id == made))


def test_the_job_computes_what_has_new_events_and_forgets_their_marks(
    databases: Databases, cast: Cast, now: datetime, vandelay: UUID
) -> None:
    with databases.control.write(SYSTEM) as session:
        install = issue(session, cast.system, vandelay, "free", now=now, term="free").install_id
        orphan = f"inst-{uuid4().hex}"
        for name in (install, orphan):
            ingest(session, name, office_events(now, people=2, days=5), now=now)
    done = recompute_dirty(databases.control, databases.telemetry, now=now, limit=1_000)
    assert install in done
    assert orphan not in done, "its license is gone, and it must not hold up the others"
    with databases.telemetry.read(SYSTEM) as telemetry:
        assert dirty_mark(telemetry, install) is None
        assert dirty_mark(telemetry, orphan) is None
    assert install not in recompute_dirty(databases.control, databases.telemetry, now=now, limit=1_000)
    later = now + timedelta(days=2)
    assert install in recompute_dirty(databases.control, databases.telemetry, now=later, limit=1_000)
