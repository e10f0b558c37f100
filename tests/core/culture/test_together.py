"""Installs computed together: each as if it had been alone, and none judged by what is another's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.access.actor import system_actor
from core.culture.account import Commercial
from core.culture.circumstances import circumstances
from core.culture.comparisons import Comparisons
from core.culture.computing import compute, judge
from core.culture.observing import observe_all
from core.culture.profile import Profile
from core.culture.upsell_contacts import record_contact
from core.culture.upsell_reads import upsells
from core.culture.writes import close, recompute, recompute_together
from core.licensing.reads import licenses_by_install
from core.support.tickets import Ticket
from core.support.writes import record_past_tickets
from core.usage.records import UsageRecord, record_usage
from core.usage.writes import OverrideRequest, add_override
from db.models.culture import archetype_spell, culture_profile, health_day, upsell
from db.models.limits import usage_place, usage_standing
from db.session import WriteSession
from tests.cast import Cast
from tests.core.culture.conftest import Customer, MakeCustomer, Send, office_events


@pytest.fixture
def five(session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer, send: Send) -> list[Customer]:
    """Return five customers with something else known of each: a past, a ticket, limits, a call, nothing."""
    past, burning, agreed, called, quiet = (
        customer(name, tier)
        for name, tier in (
            ("Past", "pro"),
            ("Burning", "pro"),
            ("Agreed", "basic"),
            ("Called", "basic"),
            ("Quiet", "free"),
        )
    )
    send(past.install_id, [e for e in office_events(now, days=50) if e["ts"] < (now - timedelta(days=8)).isoformat()])
    recompute(session, session, past.install_id, now=now - timedelta(days=8))
    opened = Ticket(burning.organization_id, "T-1", "urgent", now - timedelta(days=1), None, None, None, False)
    record_past_tickets(session, cast.system, [opened], now=now)
    asked = OverrideRequest(agreed.install_id, "api_calls_day", 50, "as agreed")
    add_override(session, cast.adam, asked, now=now - timedelta(days=2))
    used = [UsageRecord(f"r{back}", "storage_bytes", 10**9 * back, now - timedelta(days=back)) for back in (1, 2, 3)]
    record_usage(session, agreed.install_id, used, now=now)
    refused = [
        {**event, "id": f"no-{event['id']}", "feature": "analytics", "status": 402}
        for event in office_events(now, people=3, days=14, features=("pos",))
    ]
    send(burning.install_id, office_events(now, days=20))
    send(agreed.install_id, office_events(now, people=3, features=("pos",)))
    send(called.install_id, office_events(now, people=3, features=("pos",)) + refused)
    recompute(session, session, called.install_id, now=now)
    found = upsells(session, cast.sam, now=now, install_id=called.install_id)
    assert len(found) > 1
    record_contact(session, cast.sam, found[0].id, "They think about it.", now=now)
    close(session, cast.sam, found[1].id, "lost", now=now)
    return [past, burning, agreed, called, quiet]


def _together(session: WriteSession, cast: Cast, five: Sequence[Customer], now: datetime) -> dict[str, Profile]:
    ids = [each.install_id for each in five]
    actor, compared = system_actor(cast.system.organization_id), Comparisons(session)
    licenses = [*licenses_by_install(session, actor, ids, now=now).values()]
    observed = observe_all(session, ids, now)
    known = circumstances(session, session, actor, licenses, observed, compared, now=now)
    return {each: judge(session, session, known[each], observed[each], compared, now=now) for each in ids}


def test_together_each_is_judged_as_if_it_were_alone(
    session: WriteSession, cast: Cast, now: datetime, five: list[Customer]
) -> None:
    actor = system_actor(cast.system.organization_id)
    ids = [each.install_id for each in five]
    licenses = licenses_by_install(session, actor, ids, now=now)
    alone = {each: compute(session, session, actor, licenses[each], now=now) for each in ids}
    together = _together(session, cast, five, now)
    assert together == alone
    # And they do differ in what is known of them.
    past, burning, agreed, called, quiet = (together[each] for each in ids)
    assert past.health.change is not None
    assert burning.health.change is None
    shown = [next(p.shown for p in each.health.parts if p.id == "tickets") for each in (past, burning)]
    assert shown == ["none is open", "1 open"]
    highest = [next(u.highest for u in each.usage if u.meter == "api_calls_day") for each in (agreed, called)]
    assert highest[0] == 50 != highest[1]
    assert quiet.counts.events == 0


def _kept(session: WriteSession, five: Sequence[Customer]) -> dict[str, list[tuple[Any, ...]]]:
    organizations = [each.organization_id for each in five]
    left_out = {"id", "found_at", "updated_at"}
    return {
        table.name: sorted(
            (
                tuple(row)
                for row in session.execute(
                    select(*(c for c in table.c if c.name not in left_out)).where(
                        table.c.organization_id.in_(organizations)
                    )
                )
            ),
            key=repr,
        )
        for table in (culture_profile, health_day, upsell, archetype_spell, usage_place, usage_standing)
    }


def test_together_each_is_kept_as_if_it_were_alone(
    session: WriteSession, cast: Cast, now: datetime, five: list[Customer]
) -> None:
    for each in five:
        # What they are compared with is then the same in both ways.
        recompute(session, session, each.install_id, now=now)
    with session.connection.begin_nested() as undone:
        for each in five:
            recompute(session, session, each.install_id, now=now)
        alone = _kept(session, five)
        undone.rollback()
    ids = [each.install_id for each in five]
    actor, gone = system_actor(cast.system.organization_id), "inst-of-nobody"
    made = recompute_together(session, session, actor, [*ids, gone], Comparisons(session), now=now)
    assert [each.install_id for each in made] == ids
    assert _kept(session, five) == alone
    assert all(alone.values())


def test_what_a_caller_knows_better_counts_for_its_install_alone(
    session: WriteSession, cast: Cast, now: datetime, five: list[Customer]
) -> None:
    ids = [each.install_id for each in five]
    actor, better = system_actor(cast.system.organization_id), {ids[0]: Commercial(urgent_tickets=3)}
    made = recompute_together(session, session, actor, ids, Comparisons(session), now=now, commercial=better)
    shown = [next(p.shown for p in each.health.parts if p.id == "tickets") for each in made[:3]]
    assert shown == ["3 open", "1 open", "none is open"]
