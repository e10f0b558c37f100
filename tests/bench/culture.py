"""Culture profiles at growing numbers of events, and the health of a whole fleet.

`python -m tests.bench.culture --events 1000000 10000000` and `python -m tests.bench.culture --installs 2000`.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from core import clock
from core.access.actor import Actor, system_actor
from core.config import Settings
from core.culture.observing import observe_all
from core.culture.reads import profile
from core.culture.writes import TOGETHER, recompute, recompute_dirty
from core.databases import Databases, migrate_all, open_databases, owner_urls
from core.ids import new_id
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from core.telemetry import partitions
from db import embedded
from db.session import SYSTEM

DAYS = 84
PEOPLE = 40
FEW = 8  # in a fleet of many customers, of whom most are small
SMALLEST = 10_000

# Forty people at six features on the weekdays of twelve weeks, the roll-ups made from the events as ingest makes them.
EVENTS = """
INSERT INTO event (install_id, day, event_id, ts, received_at, type, feature, actor, session, status, ms, agent, domain,
                   version, zone, props)
SELECT %(install)s, ts::date, n::text, ts, ts, CASE WHEN chance < 0.2 THEN 'api_call' ELSE 'feature_used' END,
       (ARRAY['pos', 'email', 'chatbot', 'sales', 'analytics', 'pos'])[1 + n %% 6], 'user-' || person, NULL,
       CASE WHEN n %% 300 = 0 THEN 500 ELSE 200 END, 40 + n %% 400,
       CASE WHEN chance < 0.2 THEN 'python-requests/2.32.3'
            ELSE 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36' END,
       'shop.example', '4.3', 'Europe/Lisbon', NULL
FROM (SELECT n, random() AS chance, floor(random() * %(people)s)::int AS person,
             %(first)s::timestamptz + floor(random() * 84) * interval '1 day'
             + (9 + random() * 8) * interval '1 hour' AS ts
      FROM generate_series(1, %(events)s) AS n) AS made
WHERE extract(isodow FROM ts) < 6
"""
ROLL_UPS = (
    """
    INSERT INTO hour_rollup (install_id, hour, events, api_calls, errors, timed, ms_sum)
    SELECT install_id, date_trunc('hour', ts, 'UTC'), count(*), count(*) FILTER (WHERE type = 'api_call'),
           count(*) FILTER (WHERE status >= 500), count(ms), sum(ms)
    FROM event WHERE install_id = %(install)s GROUP BY 1, 2
    """,
    """
    INSERT INTO feature_rollup (install_id, day, feature, events, errors)
    SELECT install_id, day, feature, count(*), count(*) FILTER (WHERE status >= 500)
    FROM event WHERE install_id = %(install)s GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO feature_actor_rollup (install_id, day, feature, actor, events)
    SELECT install_id, day, feature, actor, count(*) FROM event WHERE install_id = %(install)s GROUP BY 1, 2, 3, 4
    """,
    """
    INSERT INTO actor_rollup (install_id, day, actor, events, minutes)
    SELECT install_id, day, actor, sum(events), bit_or(set_bit(repeat('0', 1440)::bit(1440), minute, 1))
    FROM (SELECT install_id, day, actor, floor(date_part('epoch', ts) / 60)::int %% 1440 AS minute, count(*) AS events
          FROM event WHERE install_id = %(install)s GROUP BY 1, 2, 3, 4) AS minutes
    GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO facet_rollup (install_id, day, kind, value, events)
    SELECT install_id, day, kind, value, count(*)
    FROM event, LATERAL (VALUES ('agent', agent), ('domain', domain), ('type', type), ('version', version),
                                ('zone', zone), ('latency', (ms / 20)::text)) AS facet (kind, value)
    WHERE install_id = %(install)s GROUP BY 1, 2, 3, 4
    """,
)


@dataclass(frozen=True)
class World:
    """A throw-away database with ordinary durability and a vendor."""

    owner_url: str
    databases: Databases
    system: Actor
    now: datetime


@contextmanager
def _world(home: Path) -> Iterator[World]:
    settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, DATABASE_URL="", TELEMETRY_URL="")
    try:
        migrate_all(settings)
        databases, now = open_databases(settings), clock.now()
        with databases.control.write(SYSTEM) as session:
            vendor = create_organization(session, system_actor(new_id()), "Vendor", realm="vendor", now=now)
        with databases.telemetry.write(SYSTEM) as session:
            partitions.ensure_days(session, [now.date() - timedelta(days=back) for back in range(DAYS + 1)])
        yield World(owner_urls(settings)[1], databases, system_actor(vendor), now)
        databases.close()
    finally:
        embedded.stop(home)


def _installed(world: World, events: int, people: int = PEOPLE) -> str:
    """Return an install with so many events (weekends left out) and their roll-ups."""
    with world.databases.control.write(SYSTEM) as session:
        customer = create_organization(session, world.system, f"{events:,} events", now=world.now)
        asked = {"term": "paid", "billing_period": "annual", "now": world.now - timedelta(days=400)}
        install = issue(session, world.system, customer, "enterprise", **asked).install_id  # type: ignore[arg-type]  # as in its signature
    first = (world.now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    given = {"install": install, "events": events, "people": people, "first": first}
    with psycopg.connect(world.owner_url) as owner:
        for statement in (EVENTS, *ROLL_UPS):
            owner.execute(statement, given)
            owner.commit()
        owner.autocommit = True
        owner.execute("ANALYZE")
    return install


def _timed(times: int, work: Callable[[], object]) -> list[float]:
    """Return the milliseconds that each of several runs takes, the first one left out."""
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def measure(world: World, events: int, times: int) -> dict[str, list[float]]:
    """Return the milliseconds of computing and keeping a profile, and of reading the kept one."""
    install = _installed(world, events)

    def computed() -> None:
        with world.databases.control.write(SYSTEM) as control, world.databases.telemetry.read(SYSTEM) as telemetry:
            recompute(control, telemetry, install, now=world.now)

    def read() -> None:
        with world.databases.control.read(SYSTEM) as control, world.databases.telemetry.read(SYSTEM) as telemetry:
            found = profile(control, telemetry, world.system, install, world.now)
            assert found.counts.events > events / 5

    return {"recomputed and kept": _timed(times, computed), "read as kept": _timed(times, read)}


TABLES = {
    "event": "day, event_id, ts, received_at, type, feature, actor, session, status, ms, agent, domain, version, zone, "
    "props",
    "hour_rollup": "hour, events, api_calls, errors, timed, ms_sum",
    "feature_rollup": "day, feature, events, errors, denied",
    "feature_actor_rollup": "day, feature, actor, events, denied",
    "actor_rollup": "day, actor, events, minutes",
    "facet_rollup": "day, kind, value, events, errors",
}


def _fleet(world: World, installs: int, events: int) -> list[str]:
    """Return so many installs, each with a copy of the events and roll-ups of one, and all of them dirty."""
    pattern = _installed(world, events // installs, people=FEW)
    made = [pattern]
    asked = {"term": "paid", "billing_period": "annual", "now": world.now - timedelta(days=400)}
    with world.databases.control.write(SYSTEM) as session:
        for number in range(1, installs):
            customer = create_organization(session, world.system, f"Fleet {number}", now=world.now)
            made.append(issue(session, world.system, customer, "pro", **asked).install_id)  # type: ignore[arg-type]  # as in its signature
    with psycopg.connect(world.owner_url) as owner:
        for table, columns in TABLES.items():
            owner.execute(
                f"INSERT INTO {table} (install_id, {columns}) SELECT other, {columns} FROM {table}, "
                "unnest(%s::text[]) AS other WHERE install_id = %s",
                (made[1:], pattern),
            )
            owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE")
    return made


def _mark(world: World, installs: Sequence[str]) -> None:
    with psycopg.connect(world.owner_url) as owner:
        owner.execute(
            "INSERT INTO dirty_install SELECT unnest(%s::text[]), now(), now() ON CONFLICT DO NOTHING",
            (list(installs),),
        )


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds, and the seconds of this process's CPU, that something takes."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu


def fleet(world: World, installs: int, events: int) -> None:
    """Say what the health of all installs costs, against one read of their roll-ups, and what a few dirty ones do."""
    made = _fleet(world, installs, events)

    def read() -> None:
        for start in range(0, len(made), TOGETHER):
            with world.databases.telemetry.read(SYSTEM) as telemetry:
                observe_all(telemetry, made[start : start + TOGETHER], world.now)

    def computed(expected: int) -> None:
        done = 0
        while some := recompute_dirty(world.databases.control, world.databases.telemetry, now=world.now, limit=200):
            done += len(some)
        assert done == expected, f"{done} of {expected}"

    _mark(world, made)
    computed(installs)  # the first time inserts, and loads what is loaded once
    reading = _spent(read)
    _mark(world, made)
    everything = _spent(lambda: computed(installs))
    _mark(world, made[:20])
    few = _spent(lambda: computed(20))
    for name, (wall, cpu), number in (
        ("roll-ups read once", reading, installs),
        ("all recomputed and kept", everything, installs),
        ("20 dirty ones alone", few, 20),
    ):
        each = f"{wall / number * 1000:6.1f} ms each, {cpu / number * 1000:6.1f} of CPU"
        sys.stdout.write(f"{number:>6,} installs  {name:24} {wall:7.2f} s  {each}  {wall / reading[0]:.2f}\n")


def main() -> None:
    """Measure at each size; the ratio is to the smallest size of the same run, so that 1.0 is flat."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    asked.add_argument("--times", type=int, default=20)
    asked.add_argument("--installs", type=int, default=0, help="measure a fleet of so many, with --events in all")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder, _world(Path(folder)) as world:
        if given.installs:
            fleet(world, given.installs, given.events[-1])
        else:
            _sizes(world, given.events, given.times)


def _sizes(world: World, sizes: Sequence[int], times: int) -> None:
    floor: dict[str, float] = {}
    measure(world, SMALLEST, 3)  # imports, plans and caches
    for events in sizes:
        for name, took in measure(world, events, times).items():
            median, p95 = statistics.median(took), took[min(len(took) - 1, round(0.95 * len(took)))]
            ratio = median / floor.setdefault(name, median)
            sys.stdout.write(f"{events:>12,} events  {name:20}  p50 {median:6.1f} ms  p95 {p95:6.1f} ms  {ratio:.2f}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
