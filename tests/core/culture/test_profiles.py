"""Profiles from telemetry in the database to what is read back, and what they say when there is little."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from core.access.actor import Actor
from core.culture.estimate import Abstention, Estimate
from core.culture.profile import METHOD_VERSION, from_json, to_json
from core.culture.reads import health_history, profile
from core.culture.rhythm import WorkingHours
from core.culture.writes import recompute, request_recompute
from core.errors import NotFound, NotPermitted
from core.support.tickets import Ticket
from core.support.writes import record_past_tickets
from db.models.culture import culture_profile
from db.models.releases import release
from db.models.telemetry import dirty_install
from db.session import WriteSession
from tests.cast import Cast
from tests.core.culture.conftest import MakeCustomer, Send, office_events


def test_events_become_a_profile(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made = customer()
    send(made.install_id, office_events(now))
    found = recompute(session, session, made.install_id, now=now)
    assert found.organization_id == made.organization_id
    assert found.counts.events == 8 * 2 * 8 * 20
    assert found.counts.actors == 8
    assert (found.features.adopted, found.features.entitled) == (2, 6)
    assert isinstance(found.rhythm.hours, WorkingHours)
    assert found.rhythm.days == (0, 1, 2, 3, 4)
    assert found.team.seen == 8
    assert found.stack.clients[0].name == "Chrome"
    assert found.stack.production_domains == ("northwind.example",)
    assert isinstance(found.reliability.p95_ms, Estimate)
    assert found.reliability.p95_ms.low is not None
    assert found.reliability.p95_ms.low <= 120
    assert found.health.score is not None
    kept = profile(session, session, cast.vera, made.install_id, now)
    assert kept.counts == found.counts
    assert kept.upsells == found.upsells


def test_a_profile_survives_json_unchanged(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made = customer()
    send(made.install_id, office_events(now, days=10))
    found = recompute(session, session, made.install_id, now=now)
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


def test_about_a_hundred_events_say_everything_but_zone_peers_and_trend(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made = customer("Demo Customer")
    events = []
    for number in range(100):
        back, person = number * 29 // 100 + 1, number % 5
        at = (now - timedelta(days=back)).replace(hour=9 + number % 8, minute=(number * 7) % 60)
        kind = ("page_view", "feature_used", "api_call", "login")[number % 4]
        feature = ("pos", "email", "chatbot")[number % 3]
        events.append(
            {"id": f"e{number}", "ts": at.isoformat(), "type": kind, "feature": feature, "user": f"user-{person}"}
        )
        second = {**events[-1], "id": f"f{number}", "ts": (at + timedelta(minutes=6)).isoformat()}
        events += [second] if number % 10 == 0 else []
    send(made.install_id, events)
    found = recompute(session, session, made.install_id, now=now)
    assert 90 <= found.counts.events <= 110
    assert isinstance(found.features.breadth, Estimate)
    assert found.features.breadth.n == 6
    assert isinstance(found.rhythm.hours, WorkingHours)
    assert found.rhythm.hours.n >= 30
    assert isinstance(found.sessions.median_minutes, Estimate)
    assert isinstance(found.team.size, Estimate)
    assert found.team.seen == 5
    assert isinstance(found.engagement.stickiness, Estimate)
    assert isinstance(found.reliability.error_rate, Estimate)
    assert found.health.score is not None
    assert all(part.n or part.missing is not None or part.id == "limits" for part in found.health.parts)
    silent = {row.subject for row in found.unsaid}
    allowed = {"Features against peers", "Time zone", "Trend", "Features nobody wants", "Latency", "Bots"}
    assert silent <= allowed, "latency and bots have nothing to say: no event carried a duration or a user agent"
    assert all(row.reason for row in found.unsaid)


@pytest.mark.parametrize("session_ids", [True, False], ids=["sessions", "nothing"])
def test_an_install_that_names_nobody_still_has_a_profile(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send, session_ids: bool
) -> None:
    made = customer()
    events = [{**event, "session": event["user"] if session_ids else None} for event in office_events(now, people=3)]
    send(made.install_id, [{key: value for key, value in event.items() if key != "user"} for event in events])
    found = recompute(session, session, made.install_id, now=now)
    assert found.team.basis == ("concurrency" if session_ids else "none")
    assert found.team.at_least is session_ids
    assert isinstance(found.engagement.stickiness, Abstention)
    assert found.features.adopted == 2
    missing = {part.id for part in found.health.parts if part.missing}
    assert {"stickiness", "seats"} <= missing
    assert found.health.score is not None
    assert found.health.low < found.health.score < found.health.high


def test_without_telemetry_it_says_so_and_what_to_do(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer
) -> None:
    found = profile(session, session, cast.sam, customer().install_id, now)
    assert found.counts.events == 0
    assert found.headline.startswith("No telemetry has arrived yet")
    assert found.health.score is None
    assert "CALOS_INSTALL_ID" in found.unsaid[0].reason


def test_a_stored_profile_is_used_until_events_arrive_a_day_passes_or_the_tier_changes(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made = customer()
    send(made.install_id, office_events(now, days=7))
    recompute(session, session, made.install_id, now=now)

    def told(at: datetime = now) -> bool:
        """Whether the stored profile, marked by hand, is what is read."""
        return profile(session, session, cast.vera, made.install_id, at).tier_label == "STORED"

    marked = {**to_json(profile(session, session, cast.vera, made.install_id, now)), "tier_label": "STORED"}
    session.execute(
        update(culture_profile).where(culture_profile.c.install_id == made.install_id).values(profile=marked)
    )
    assert not told(), "its events are still marked as not counted in"

    session.execute(dirty_install.delete().where(dirty_install.c.install_id == made.install_id))
    assert told()
    assert not told(now + timedelta(hours=25))
    session.execute(update(culture_profile).values(method_version="0"))
    assert not told()
    session.execute(update(culture_profile).values(method_version=METHOD_VERSION, tier_id="free"))
    assert not told()


def test_a_change_of_health_is_explained_from_the_days_kept(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made = customer("Initech")
    events = office_events(now, days=50, features=("email", "pos", "chatbot"))
    cut = (now - timedelta(days=8)).isoformat()
    before = [event for event in events if event["ts"] < cut]
    broken = [{**event, "status": 500} for event in events if event["ts"] >= cut]
    send(made.install_id, before)
    recompute(session, session, made.install_id, now=now - timedelta(days=8))
    send(made.install_id, broken)
    found = recompute(session, session, made.install_id, now=now)
    change = found.health.change
    assert change is not None
    assert change.items[0].label == "Errors"
    assert change.items[0].points < -5
    assert sum(item.points for item in change.items) == change.after - change.before
    days = health_history(session, cast.vera, made.install_id, now=now)
    assert [day.day for day in days] == [(now - timedelta(days=8)).date(), now.date()]
    assert days[0].score is not None
    assert days[-1].score is not None
    assert days[0].score > days[-1].score


def test_peers_of_the_same_tier_give_lifts(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    for number in range(11):
        peer = customer(f"Peer {number}")
        send(peer.install_id, office_events(now, people=3, days=14, features=("pos", "email")[: 1 + number % 2]))
        recompute(session, session, peer.install_id, now=now)
    odd = customer("Odd one")
    send(odd.install_id, office_events(now, people=3, days=28, features=("crypto",)))
    found = recompute(session, session, odd.install_id, now=now)
    assert found.features.peers.accounts == 11
    assert found.features.peers.basis == "same tier and size"
    by_feature = {item.feature: item for item in found.features.items}
    assert by_feature["pos"].stands_out == "below"
    assert "sso" not in {item.feature for item in found.features.items}, "Pro does not include it"
    told = found.headline
    assert "POS" in told
    assert "Email" in told
    assert "Sales" not in told, "no install anywhere uses it, so its absence tells nothing"
    again = recompute(session, session, odd.install_id, now=now)
    assert again.features == found.features, "it never becomes its own peer"


def test_the_newest_release_is_what_two_installs_run(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    # Those that other tests have recorded are no business of these installs.
    session.execute(delete(release))
    for number, version in enumerate(("4.2", "4.2", "4.3", "4.3", "9.9-dev")):
        made = customer(f"Fleet {number}")
        send(made.install_id, [{**event, "version": version} for event in office_events(now, people=1, days=4)])
        recompute(session, session, made.install_id, now=now)
    late = customer("Late")
    send(late.install_id, [{**event, "version": "4.1.7"} for event in office_events(now, people=1, days=4)])
    recompute(session, session, late.install_id, now=now)
    part = next(p for p in recompute(session, session, late.install_id, now=now).health.parts if p.id == "version")
    assert part.shown == "2 releases behind"


def test_profiles_belong_to_the_vendors_console(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer
) -> None:
    made = customer()
    with pytest.raises(NotPermitted):
        profile(session, session, cast.otto, made.install_id, now)
    with pytest.raises(NotPermitted):
        health_history(session, cast.otto, made.install_id, now=now)
    nobody = Actor(cast.vera.kind, cast.vera.id, "nobody", cast.vendor, "vendor", frozenset())
    with pytest.raises(NotPermitted):
        profile(session, session, nobody, made.install_id, now)
    with pytest.raises(NotFound):
        profile(session, session, cast.vera, f"inst-{uuid4().hex}", now)


def test_computing_anew_is_a_permission_of_its_own(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer
) -> None:
    made = customer()
    with pytest.raises(NotPermitted):
        request_recompute(session, session, cast.mia, made.install_id, now=now)
    request_recompute(session, session, cast.sam, made.install_id, now=now)
    kept = select(culture_profile.c.computed_at).where(culture_profile.c.install_id == made.install_id)
    assert session.execute(kept).scalar_one() == now


def test_an_urgent_ticket_is_in_the_profile_of_its_customer(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made, other = customer("Burning"), customer("Calm")
    opened = Ticket(made.organization_id, "T-1", "urgent", now - timedelta(days=1), None, None, None, False)
    record_past_tickets(session, cast.system, [opened], now=now)
    for one, shown in ((made, "1 open"), (other, "none is open")):
        send(one.install_id, office_events(now, days=7))
        health = recompute(session, session, one.install_id, now=now).health
        assert next(part for part in health.parts if part.id == "tickets").shown == shown


def test_of_fewer_than_five_people_no_hours_and_no_champion_are_told(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    few, enough = customer("Four people"), customer("Five people")
    for one, people in ((few, 4), (enough, 5)):
        # The first of them does most of everything.
        events = [e for e in office_events(now, people=people) if e["user"] == "user-0" or e["id"].endswith("-9")]
        send(one.install_id, events)
    small = recompute(session, session, few.install_id, now=now)
    assert small.rhythm.withheld
    assert small.rhythm.heat == ()
    assert isinstance(small.rhythm.hours, Abstention)
    assert "of fewer, hours would be those of persons" in small.rhythm.hours.reason
    assert isinstance(small.rhythm.peak_hour, Abstention)
    assert small.rhythm.days == (0, 1, 2, 3, 4)
    told = json.dumps(to_json(small)["sentences"])
    assert "Peak usage" not in told
    assert "One of" not in told
    assert small.archetype.id != "champion_led"
    assert "user-0" not in json.dumps(to_json(small)), "no profile names anybody"
    large = recompute(session, session, enough.install_id, now=now)
    assert not large.rhythm.withheld
    assert isinstance(large.rhythm.hours, WorkingHours)
    assert large.archetype.id == "champion_led"
