"""Finding one of very many licenses, against reading one by its primary key: `python -m tests.bench.licenses`."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import select

from core import clock
from core.access.actor import Actor, system_actor
from core.accounts.bulk import MOST, blast_radius, bulk
from core.config import Settings
from core.databases import Databases, migrate_all, open_databases, owner_urls
from core.ids import new_id
from core.licensing import reads
from core.licensing.seats import cull
from core.licensing.status import Status
from core.organizations.writes import create_organization
from db import embedded
from db.models.licensing import license as licenses
from db.session import SYSTEM, ReadSession

# Nine in ten customers hold one license, the others two; statuses are spread as in a business that is some years old.
ORGANIZATIONS = "COPY organization (id, name, realm, country, created_at) FROM STDIN"
LICENSES = """
COPY license (id, organization_id, install_id, secret_digest, tier_id, term, billing_period, issued_at, starts_at,
              expires_at, suspended_at, revoked_at, domains, max_seats, last_check_in_at) FROM STDIN
"""
INSTALLATIONS = """
COPY installation (license_id, fingerprint, organization_id, domain, version, activated_at, last_seen_at) FROM STDIN
"""
WORDS = ("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Tyrell", "Wonka", "Cyberdyne")
KINDS = ("Foods", "Logistics", "Health", "Energy", "Media", "Robotics", "Textiles", "Optics")


@dataclass(frozen=True)
class World:
    """A throw-away database with ordinary durability, a vendor, and many licenses."""

    databases: Databases
    owner_url: str
    staff: Actor
    now: datetime
    some: UUID


@contextmanager
def _world(home: Path, count: int) -> Iterator[World]:
    settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, DATABASE_URL="", TELEMETRY_URL="")
    try:
        migrate_all(settings)
        databases, now = open_databases(settings), clock.now()
        with databases.control.write(SYSTEM) as session:
            vendor = create_organization(session, system_actor(new_id()), "Vendor", realm="vendor", now=now)
        staff = replace(system_actor(vendor), kind=system_actor(vendor).kind)
        owner_url = owner_urls(settings)[0]
        began = time.perf_counter()
        some = fill(owner_url, count, now)
        sys.stdout.write(f"{count:,} licenses made by COPY in {time.perf_counter() - began:.1f} s\n")
        yield World(databases, owner_url, staff, now, some)
        databases.close()
    finally:
        embedded.stop(home)


def fill(owner_url: str, count: int, now: datetime) -> UUID:
    """Copy the rows in, and return the id of a license in the middle."""
    ids = [new_id() for _ in range(count)]
    owners = [new_id() for _ in range(count * 10 // 11 + 1)]
    with psycopg.connect(owner_url) as owner:
        with owner.cursor().copy(ORGANIZATIONS) as rows:
            for n, organization in enumerate(owners):
                name = f"{WORDS[n % 10]} {KINDS[n // 10 % 8]} {n}"
                rows.write_row((organization, name, "customer", "DE", now - timedelta(days=900)))
        with owner.cursor().copy(LICENSES) as rows:
            for n, license_id in enumerate(ids):
                rows.write_row(_license(n, license_id, owners[n % len(owners)], now))
        with owner.cursor().copy(INSTALLATIONS) as rows:
            for n, license_id in enumerate(ids):
                host = f"node{n}.customer{n}.example"
                rows.write_row((license_id, f"sha256:{n:064x}", owners[n % len(owners)], host, "4.2", now, now))
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE")
    return ids[count // 2]


def _license(n: int, license_id: UUID, organization_id: UUID, now: datetime) -> tuple[object, ...]:
    issued = now - timedelta(days=800) + timedelta(minutes=11 * n)
    expires = now + timedelta(days=n % 700 - 100) if n % 4 == 0 else None
    suspended = now - timedelta(days=9) if n % 500 == 0 else None
    revoked = now - timedelta(days=30) if n % 25 == 3 else None
    seen = now - timedelta(days=120 if n % 17 == 0 else 1)
    domains = [f"shop{n}.customer{n}.example", f"*.site{n}.example"]
    terms = (issued, issued, expires, suspended, revoked, domains, 25 if n % 3 == 0 else None, seen)
    return (license_id, organization_id, f"inst-{n:026d}", b"x" * 32, "pro", "paid", "monthly", *terms)


def _timed(times: int, work: Callable[[], object]) -> float:
    """Return the median of the milliseconds that a run takes, the first one left out."""
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _deep(world: World, session: ReadSession, status: Status | None, pages: int) -> str | None:
    """Return the cursor after so many pages."""
    cursor = None
    for _ in range(pages):
        cursor = reads.search(session, world.staff, now=world.now, status=status, cursor=cursor, limit=200).next_cursor
    return cursor


def measure(world: World, count: int, times: int) -> None:
    """Print each way to find licenses, in milliseconds and as a multiple of the primary key's."""
    n, staff, now = count // 2, world.staff, world.now
    with world.databases.control.read(staff.tenancy()) as session:
        by_key = _timed(times, lambda: session.execute(select(licenses).where(licenses.c.id == world.some)).one())
        rows: list[tuple[str, float, int]] = [("primary key", by_key, 1)]

        def add(label: str, **asked: object) -> None:
            def work() -> reads.Page:
                return reads.search(session, staff, now=now, **asked)  # type: ignore[arg-type]  # as in its signature

            rows.append((label, _timed(times, work), len(work().items)))

        texts = {
            "install id": f"inst-{n:026d}",
            "install id's beginning": f"inst-{n:026d}"[:-1],
            "domain of the license": f"customer{n}.example",
            "domain of an installation": f"node{n}.customer{n}",
            "fingerprint": f"sha256:{n:064x}",
            "customer's name": f"Acme Foods {n // 80 * 80}",
            "customer's number": f"{n}",
            "a word of a tenth of all": "acme",
            "what all begin with": "inst-",
            "what nobody has": "zzz",
        }
        for label, text in texts.items():
            add(label, text=text)
        add("first page of all")
        add("page 200 of all", cursor=_deep(world, session, None, 200))
        for status, pages in ((Status.ACTIVE, 100), (Status.REVOKED, 10), (Status.EXPIRED, 5), (Status.SUSPENDED, 0)):
            add(f"{status.value}, page {pages + 1}", status=status, cursor=_deep(world, session, status, pages))
        add("expiring", status=Status.EXPIRING)
        add("inactive, page 10", status=Status.INACTIVE, cursor=_deep(world, session, Status.INACTIVE, 9))
    for label, took, found in rows:
        sys.stdout.write(f"{label:28} {took:8.2f} ms {took / by_key:8.1f} of the key  {found:3} found\n")


def measure_bulk(world: World) -> None:
    """Print what 500 suspensions take, each within a savepoint, and what is told before them."""
    with world.databases.control.read(SYSTEM) as session:
        running = select(licenses.c.install_id).where(
            licenses.c.revoked_at.is_(None), licenses.c.suspended_at.is_(None)
        )
        some = list(session.execute(running.limit(MOST)).scalars())
        told = _timed(3, lambda: blast_radius(session, world.staff, some, now=world.now))
    began = time.perf_counter()
    with world.databases.control.write(SYSTEM) as session:
        done = bulk(session, world.staff, "suspend", some, reason="bench", now=world.now)
    took = time.perf_counter() - began
    with world.databases.control.write(SYSTEM) as session:
        cull(session, now=world.now)
    sys.stdout.write(f"{sum(one.done for one in done)} suspended in {took:.1f} s, told of in {told:.1f} ms before\n")


def main() -> None:
    """Make the licenses in a throw-away home, and measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--licenses", type=int, default=100_000)
    asked.add_argument("--times", type=int, default=20)
    given = asked.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder,
        _world(Path(folder), given.licenses) as world,
    ):
        measure(world, given.licenses, given.times)
        measure_bulk(world)


if __name__ == "__main__":
    main()
