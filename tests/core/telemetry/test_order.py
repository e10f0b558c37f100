"""Whatever the order, the repeats, the batches and the company, the same events make the same roll-ups (T2)."""

import asyncio
import random
from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.databases import Databases, door_url
from core.telemetry.door import open_door
from core.telemetry.events import check
from core.telemetry.installs import Install
from core.telemetry.quotas import NO_LIMITS
from core.telemetry.writes import ingest
from db.session import SYSTEM
from tests.conftest import NOW
from tests.core.telemetry.recount import kept_roll_ups, recounted_roll_ups

Event = dict[str, Any]

# Times crowd around hours, minutes and midnights, where an off-by-one would show.
_times = st.builds(
    lambda days, edge, micros: NOW.replace(hour=0) - timedelta(days=days) + edge + timedelta(microseconds=micros),
    st.integers(0, 3),
    st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=1), timedelta(hours=9, minutes=59)]),
    st.sampled_from([-1, 0, 1, 59_999_999]),
)
_events = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from([f"e{n}" for n in range(40)]),
            "ts": _times.map(lambda at: at.isoformat()),
            "type": st.sampled_from(["api_call", "page_view", "error", "something_of_ours"]),
        },
        optional={
            "feature": st.sampled_from(["pos", "ümläut", "Pos", "𝒻"]),
            "user": st.sampled_from(["ada", "Bob", "öç"]),
            "session": st.sampled_from(["s1", "s2"]),
            "status": st.sampled_from([200, 402, 403, 499, 500, 503]),
            "ms": st.one_of(st.integers(0, 10), st.integers(0, 86_400_000), st.floats(0, 100)),
            "ua": st.sampled_from(["curl/8", "Mozilla/5.0 'quoted\" \\ back"]),
            "domain": st.sampled_from(["A.example", "a.example"]),
            "version": st.just("4.3.0"),
            "tz": st.sampled_from(["Europe/Lisbon", "UTC"]),
            "props": st.just({"a": [1, None, "x"]}),
        },
    ),
    max_size=30,
    unique_by=lambda event: (str(event["ts"])[:10], event["id"]),
)


def _install() -> Install:
    return Install(f"inst-{uuid4().hex}", uuid4(), "pro", revoked=False)


def _batches(events: list[Event], draw: random.Random) -> list[list[Event]]:
    """Repeat some events, shuffle all, cut anywhere."""
    sent = events + draw.choices(events, k=len(events) // 2) if events else []
    draw.shuffle(sent)
    cuts = sorted(draw.randint(0, len(sent)) for _ in range(draw.randint(0, 6)))
    return [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=_events, draw=st.randoms(use_true_random=False))
def test_any_order_repeats_batches_and_concurrency_give_the_recounted_roll_ups(
    databases: Databases, events: list[Event], draw: random.Random
) -> None:
    one, other = _install(), _install()
    with databases.telemetry.write(SYSTEM) as session:
        for batch in _batches(events, draw):
            ingest(session, one.install_id, batch, now=NOW)
    receipts = asyncio.run(_send(databases, other, _batches(events, draw)))

    assert sum(receipts) == len(events)
    expected = recounted_roll_ups(check(events, now=NOW, retention_days=395).rows)
    with databases.telemetry.read(SYSTEM) as session:
        assert kept_roll_ups(session, one.install_id) == expected
        assert kept_roll_ups(session, other.install_id) == expected


async def _send(databases: Databases, install: Install, batches: list[list[Event]]) -> list[int]:
    """Send all batches at once through two doors, as two processes would."""
    doors = [
        await open_door(door_url(databases.control_url), door_url(databases.telemetry_url), limits=NO_LIMITS)
        for _ in range(2)
    ]
    sent = [doors[n % 2].ingest(install, batch, now=NOW.astimezone(UTC)) for n, batch in enumerate(batches)]
    receipts = await asyncio.gather(*sent)
    for door in doors:
        await door.close()
    return [receipt.accepted for receipt in receipts]
