"""Installations across customers: judged by their version, counted by need, searched and paged; the vendor's alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert

from core.errors import InvalidInput, NotPermitted
from core.licensing.in_the_field import Need, in_the_field, installs
from core.licensing.releases import record_release
from core.licensing.writes import issue, revoke
from core.organizations.writes import create_organization
from db.models.licensing import installation
from db.models.releases import release
from db.session import WriteSession
from tests.cast import Cast

DAY = timedelta(days=1)


@pytest.fixture
def field(session: WriteSession, cast: Cast, now: datetime) -> dict[str, str]:
    """Six installations of three customers, beside one of a revoked license; returns install ids by name."""
    session.execute(delete(installation))
    session.execute(delete(release))
    for version, ago, ends in (("9.0", 300, -1), ("9.1", 200, 30), ("9.2", 100, None), ("9.3", 10, None)):
        until = now + ends * DAY if ends else None
        record_release(session, cast.system, version, released_at=now - ago * DAY, supported_until=until, now=now)
    made: dict[str, str] = {}
    held_by: dict[str, list[tuple[str | None, int, str | None]]] = {
        "Ada": [("9.3", 0, "a.test"), ("9.1.4", 1, "b.test")],
        "Bob": [("9.0", 9, "c.test"), (None, 30, None)],
        "Cy": [("9.2", 2, "d_d.test"), ("8.9", 0, None)],
        "Gone": [("9.0", 90, None)],
    }
    for name, rows in held_by.items():
        customer = create_organization(session, cast.system, name, now=now)
        asked: dict[str, Any] = {"term": "paid", "billing_period": "monthly", "now": now - 100 * DAY}
        held = issue(session, cast.system, customer, "enterprise", **asked)
        made[name] = held.install_id
        for number, (runs, ago, domain) in enumerate(rows):
            values = {"version": runs, "domain": domain, "last_seen_at": now - ago * DAY}
            common = {"license_id": held.license_id, "organization_id": customer, "activated_at": now - 100 * DAY}
            session.execute(insert(installation).values(fingerprint=f"{name}-{number}", **common, **values))
    revoke(session, cast.system, made["Gone"], reason="test", now=now)
    return made


def test_what_runs_is_counted_by_version_and_need(
    session: WriteSession, cast: Cast, field: dict[str, str], now: datetime
) -> None:
    found = in_the_field(session, cast.vera, now=now)
    assert {each.standing.version: (each.installs, each.silent) for each in found.versions} == {
        "": (1, 1),
        "8.9": (1, 0),
        "9.0": (1, 1),
        "9.1.4": (1, 0),
        "9.2": (1, 0),
        "9.3": (1, 0),
    }
    assert (found.installs, found.judged, found.supported) == (6, 4, 3)
    needs: tuple[Need, ...] = ("silent", "unsupported", "ending", "behind")
    assert {need: found.count(need) for need in needs} == {"silent": 2, "unsupported": 1, "ending": 1, "behind": 3}
    assert [each.version for each in found.releases] == ["9.3", "9.2", "9.1", "9.0"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Bob-1", "Bob-0", "Cy-0", "Ada-1", "Ada-0", "Cy-1"]),
        ({"need": "silent"}, ["Bob-1", "Bob-0"]),
        ({"need": "unsupported"}, ["Bob-0"]),
        ({"need": "ending"}, ["Ada-1"]),
        ({"need": "behind"}, ["Bob-0", "Ada-1", "Cy-1"]),
        ({"text": "ada"}, ["Ada-1", "Ada-0"]),
        ({"text": "D_D"}, ["Cy-0"]),
        ({"text": "9.0"}, ["Bob-0"]),
        ({"text": "Cy-1"}, ["Cy-1"]),
        ({"text": "_"}, ["Cy-0"]),
        ({"text": "ada", "need": "behind"}, ["Ada-1"]),
    ],
)
def test_they_are_narrowed_the_longest_silent_first(
    session: WriteSession, cast: Cast, field: dict[str, str], now: datetime, asked: dict[str, Any], expected: list[str]
) -> None:
    # Both were seen at the same instant: the license decides between them.
    found = [each.fingerprint for each in installs(session, cast.vera, now=now, **asked).items]
    assert found[:4] == expected[:4]
    assert sorted(found) == sorted(expected)


def test_a_walk_meets_each_installation_once(
    session: WriteSession, cast: Cast, field: dict[str, str], now: datetime
) -> None:
    seen, cursor = [], None
    while True:
        page = installs(session, cast.vera, now=now, cursor=cursor, limit=4)
        seen += [each.fingerprint for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6
    for nonsense in ("x", "e30=", "W10="):
        with pytest.raises(InvalidInput):
            installs(session, cast.vera, now=now, cursor=nonsense)


def test_before_any_release_is_known_nothing_is_judged(
    session: WriteSession, cast: Cast, field: dict[str, str], now: datetime
) -> None:
    session.execute(delete(release))
    found = in_the_field(session, cast.vera, now=now)
    assert (found.installs, found.judged, found.count("behind")) == (6, 0, 0)
    assert installs(session, cast.vera, now=now, need="behind").items == ()


def test_it_is_the_vendors_alone(session: WriteSession, cast: Cast, now: datetime) -> None:
    for read in (in_the_field, installs):
        with pytest.raises(NotPermitted):
            read(session, cast.otto, now=now)
