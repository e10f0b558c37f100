"""How the demo's telemetry arrives: as it happens, and at some late, twice, from a wrong clock, or spoiled."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from core.databases import Databases, door_url
from core.demo.behavior import events
from core.demo.customers import DemoCustomer
from core.errors import LimitReached
from core.telemetry.door import IngestDoor, open_door
from core.telemetry.installs import Install
from core.telemetry.quotas import LIMITS, IngestLimit
from core.telemetry.writes import ingest
from db.session import WriteSession

Event = dict[str, Any]
# One delivery: when it arrives, what it holds, and from which age on its events count as late.
Sent = tuple[datetime, list[Any], timedelta]

# Days of which is told how they arrived; what was before came at their beginning.
TOLD_DAYS: Final = 14
TROUBLED_DAYS: Final = 7
HOUR: Final = timedelta(hours=1)
# The day is told in one go, as if each of its events had been sent at once.
IN_TIME: Final = timedelta(days=2)
LOUD: Final = "Massive Dynamic"
LOUD_BATCHES: Final = 6


def _night_batch(day: list[Event], at: datetime) -> Iterator[Sent]:
    """A part of the night's events waits for the morning's connection."""
    yield at, day[::4], HOUR


def _twice(day: list[Event], at: datetime) -> Iterator[Sent]:
    """A network that loses answers: what was taken is sent again."""
    yield at, day[::9], IN_TIME


def _fast_clock(day: list[Event], at: datetime) -> Iterator[Sent]:
    """A clock that is 25 minutes ahead for the first hours of the day."""
    for event in day[::6]:
        yield datetime.fromisoformat(event["ts"]) - timedelta(minutes=25), [event], IN_TIME


def _old_client(day: list[Event], at: datetime) -> Iterator[Sent]:
    """A client of their own that still sends a field we took out, and sometimes no JSON at all."""
    spoiled = [{**event, "id": f"{event['id']}-o", "userId": "u-1"} for event in day[::7]]
    yield at, [*spoiled, *(["half a line"] if day else [])], IN_TIME


def _attic(day: list[Event], at: datetime) -> Iterator[Sent]:
    """A disk found in the attic: events from before anything is kept."""
    old = [{**event, "id": f"{event['id']}-a", "ts": (at - timedelta(days=420)).isoformat()} for event in day]
    yield at, old if at.weekday() == 0 else [], IN_TIME


TROUBLES: Final[Mapping[str, Callable[[list[Event], datetime], Iterator[Sent]]]] = {
    "Umbrella Logistics": _night_batch,
    "Hooli": _twice,
    "Cyberdyne": _fast_clock,
    "Dunder Paper": _old_client,
    "Wayne Foundation": _attic,
}
# What has to be sent before the rest of its day, since only the first arrival of an event counts.
FIRST: Final = frozenset({"Umbrella Logistics", "Cyberdyne"})


def send(session: WriteSession, customer: DemoCustomer, install_id: str, *, now: datetime, days: int) -> int:
    """Send the telemetry of the last days as the install would have, and return how many events were new."""
    made = events(customer.name, customer.behavior, now, days)
    return sum(
        ingest(session, install_id, batch, now=at, late=late).accepted
        for at, batch, late in _sent(customer.name, made, now)
        if batch
    )


def send_since(
    session: WriteSession, customer: DemoCustomer, install_id: str, *, now: datetime, last: datetime | None
) -> int:
    """Send what has happened today since the last event that arrived."""
    made = [
        event
        for event in events(customer.name, customer.behavior, now, 1)
        if last is None or datetime.fromisoformat(event["ts"]) > last
    ]
    return ingest(session, install_id, made, now=now, late=IN_TIME).accepted if made else 0


def _sent(name: str, made: Sequence[Event], now: datetime) -> Iterator[Sent]:
    trouble = TROUBLES.get(name)
    first = now.astimezone(UTC).date() - timedelta(days=TOLD_DAYS - 1)
    by_day: dict[str, list[Event]] = {}
    for event in made:
        by_day.setdefault(event["ts"][:10], []).append(event)
    before = [event for day, those in by_day.items() if day < first.isoformat() for event in those]
    if before:
        yield datetime.fromisoformat(max(event["ts"] for event in before)), before, timedelta(days=10_000)
    for number in range(TOLD_DAYS):
        day = first + timedelta(days=number)
        those = by_day.get(day.isoformat(), [])
        at = min(now, datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC))
        odd = list(trouble(those, at)) if trouble and number >= TOLD_DAYS - TROUBLED_DAYS else []
        if name in FIRST:
            yield from odd
            gone = {event["id"] for _, batch, _ in odd for event in batch}
            those = [event for event in those if event["id"] not in gone]
        yield at, those, IN_TIME
        if name not in FIRST:
            yield from odd


def at_the_door(databases: Databases, installs: Sequence[tuple[DemoCustomer, str]], *, now: datetime) -> None:
    """Let each install's last batch be seen as it came, and one send more in a minute than it may."""

    async def run() -> None:
        urls = door_url(databases.control_url), door_url(databases.telemetry_url)
        door = await open_door(*urls, limits=dict.fromkeys(LIMITS, IngestLimit(1, 10**6)))
        try:
            for customer, install_id in installs:
                last = events(customer.name, customer.behavior, now, 4)[-20:]
                if last:
                    body = json.dumps({"installId": install_id, "events": last}, ensure_ascii=False)
                    door.arrivals.note_payload(install_id, body.encode(), "application/json", now)
                if customer.name == LOUD:
                    await _too_much(door, customer, install_id, now)
        finally:
            await door.close()

    asyncio.run(run())


async def _too_much(door: IngestDoor, customer: DemoCustomer, install_id: str, now: datetime) -> None:
    install = Install(install_id, uuid4(), customer.tier, revoked=False)
    for ago in (0, 1, 3):
        then = now - timedelta(days=ago)
        last = events(customer.name, customer.behavior, then, 4)[-20:]
        try:
            await door.ingest(install, last, now=then)
        except LimitReached as turned_away:
            door.arrivals.note_turned_away(install_id, turned_away.code, LOUD_BATCHES * len(last), then)
