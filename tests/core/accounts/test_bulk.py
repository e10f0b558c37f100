"""One act on many licenses: what can be done is done, what can't says why, and what it touches is told before."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from core.accounts.bulk import BulkResult, blast_radius, bulk
from core.accounts.requests import LicenseRequest
from core.accounts.transfers import transfer_license
from core.accounts.writes import create_license
from core.databases import Databases
from core.errors import CalosError, InvalidInput, NotPermitted
from core.finance.reads import mrr_of
from core.licensing import writes
from core.licensing.reads import license_by_install
from core.licensing.status import Status
from core.money import Money
from db.models.access import audit_entry
from db.models.licensing import installation, seat_lease
from db.session import SYSTEM, WriteSession
from tests.books import customer
from tests.cast import Cast

DAY = timedelta(days=1)


def issue(session: WriteSession, cast: Cast, now: datetime, **asked: Any) -> str:
    request = LicenseRequest(**{"user_id": str(cast.globex), "tier": "basic", "currency": "USD", **asked})
    return create_license(session, cast.sam, request, now=now).install_id


def test_each_is_done_or_refused_by_itself(session: WriteSession, cast: Cast, now: datetime) -> None:
    one, two, gone = (issue(session, cast, now) for _ in range(3))
    writes.revoke(session, cast.adam, gone, reason="x", now=now)
    asked = [two, gone, "inst-nobody", one, two]
    done = bulk(session, cast.adam, "suspend", asked, reason="unpaid", now=now + DAY)
    assert [result.install_id for result in done] == [two, gone, "inst-nobody", one]
    assert [result.done for result in done] == [True, False, False, True]
    assert [result.code for result in done] == [None, "illegal_transition", "not_found", None]
    assert done[1].detail == f"The license {gone} is revoked, so it cannot be suspended. Reinstate it first."
    for install_id, status in ((one, Status.SUSPENDED), (two, Status.SUSPENDED), (gone, Status.REVOKED)):
        assert license_by_install(session, cast.adam, install_id, now=now + DAY).status is status
    entries = select(audit_entry.c.target_id).where(audit_entry.c.action == "license.suspended")
    assert set(session.execute(entries.where(audit_entry.c.reason == "unpaid")).scalars()) == {one, two}


def test_a_round_of_acts_moves_money_there_and_back(session: WriteSession, cast: Cast, now: datetime) -> None:
    mine = [issue(session, cast, now) for _ in range(3)]

    def worth(at: datetime) -> int:
        found = mrr_of(session, cast.fiona, [cast.globex], at)
        return found.get(cast.globex, Money(0, "USD")).minor

    assert worth(now) == 3 * 99_00
    assert all(one.done for one in bulk(session, cast.adam, "revoke", mine[:2], reason="x", now=now + DAY))
    assert worth(now + DAY) == 99_00
    assert all(one.done for one in bulk(session, cast.adam, "reinstate", mine[:2], reason="x", now=now + 2 * DAY))
    assert worth(now + 2 * DAY) == 3 * 99_00
    assert all(one.done for one in bulk(session, cast.adam, "suspend", mine, reason="x", now=now + 3 * DAY))
    assert all(one.done for one in bulk(session, cast.adam, "resume", mine, reason="x", now=now + 4 * DAY))


def test_renewals_by_period_or_days(session: WriteSession, cast: Cast, now: datetime) -> None:
    ending, trial = issue(session, cast, now, expires_at=now + DAY), issue(session, cast, now, trial_days=7)
    first = bulk(session, cast.sam, "renew", [ending, trial], reason="x", now=now)
    assert [(one.done, one.code) for one in first] == [(True, None), (False, "invalid_input")]
    assert all(one.done for one in bulk(session, cast.sam, "renew", [ending, trial], reason="x", now=now, days=5))
    found = [license_by_install(session, cast.sam, one, now=now).expires_at for one in (ending, trial)]
    assert found == [datetime.fromisoformat("2026-12-27T12:00:00Z"), now + 12 * DAY]


def test_who_may_and_how_many(session: WriteSession, cast: Cast, now: datetime) -> None:
    mine = issue(session, cast, now)
    for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            bulk(session, actor, "suspend", [mine], reason="x", now=now)
    for field, act, asked, reason in (
        ("act", "delete", [mine], "x"),
        ("installIds", "suspend", [], "x"),
        ("installIds", "suspend", [f"inst-{n:05}" for n in range(501)], "x"),
        ("reason", "suspend", [mine], "  "),
    ):
        with pytest.raises(InvalidInput) as refused:
            bulk(session, cast.adam, act, asked, reason=reason, now=now)
        assert refused.value.field == field
    assert license_by_install(session, cast.adam, mine, now=now).status is Status.ACTIVE


def test_what_it_would_touch(session: WriteSession, cast: Cast, now: datetime) -> None:
    other = customer(session, cast.system, "Tyrell", now)
    one, two = issue(session, cast, now), issue(session, cast, now, user_id=str(other), tier="pro")
    held = license_by_install(session, cast.sam, one, now=now)
    row = {"license_id": held.id, "organization_id": held.organization_id}
    session.execute(insert(installation).values(**row, fingerprint="f", activated_at=now, last_seen_at=now))
    for holder, until in (("ada", now + DAY), ("bob", now)):
        lease = {**row, "holder": holder, "taken_at": now, "renewed_at": now, "expires_at": until}
        session.execute(insert(seat_lease).values(lease))
    found = blast_radius(session, cast.sam, [one, two, "inst-nobody"], now=now)
    assert (found.licenses, found.customers, found.installations, found.seats_in_use) == (2, 2, 1, 1)
    assert (found.mrr, found.unknown) == (Money(598_00, "USD"), ("inst-nobody",))
    assert blast_radius(session, cast.vera, [one], now=now).mrr is None
    with pytest.raises(NotPermitted):
        blast_radius(session, cast.otto, [one], now=now)


def test_two_at_once_over_the_same_licenses_end_and_lose_nothing(
    databases: Databases, cast: Cast, now: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        owners = [customer(session, cast.system, f"Many {n}", now) for n in range(4)]
        mine = [issue(session, cast, now, user_id=str(owner)) for owner in owners for _ in range(3)]
    told: list[list[BulkResult]] = []

    def act(asked: list[str]) -> None:
        with databases.control.write(SYSTEM) as session:
            told.append(bulk(session, cast.adam, "revoke", asked, reason="x", now=now + DAY))

    racers = [threading.Thread(target=act, args=[asked]) for asked in (mine, mine[::-1], sorted(mine))]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    done = [result.install_id for results in told for result in results if result.done]
    assert sorted(done) == sorted(mine)


def test_many_and_transfers_at_once_end_without_a_deadlock(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        owners = [str(customer(session, cast.system, f"Mixed {n}", now)) for n in range(4)]
        mine = [issue(session, cast, now, user_id=owner) for owner in owners for _ in range(4)]
    failed: list[BaseException] = []

    def race(work: Callable[[WriteSession], object]) -> None:
        try:
            with databases.control.write(SYSTEM) as session:
                work(session)
        except CalosError:
            pass
        except OperationalError as deadlock:
            failed.append(deadlock)

    def many(act: str, asked: list[str]) -> Callable[[WriteSession], object]:
        return lambda session: bulk(session, cast.adam, act, asked, reason="x", now=now + DAY)

    def moved(install_id: str, to: str) -> Callable[[WriteSession], object]:
        return lambda session: transfer_license(session, cast.adam, install_id, to, reason="x", now=now + DAY)

    acts = ("suspend", "revoke", "resume", "reinstate")
    work = [many(act, asked) for act in acts for asked in (mine, mine[::-1])]
    work += [moved(one, owners[(n + step) % 4]) for n, one in enumerate(mine[::2]) for step in (1, 2)]
    racers = [threading.Thread(target=race, args=[one]) for one in work[::2] + work[1::2]]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert failed == []
