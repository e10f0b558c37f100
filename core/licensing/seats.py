"""Floating seats: whether one may be taken, who sits on which, and leases taken away or run out."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from core.access.actor import Actor
from core.errors import NotFound
from core.licensing.acts import locked, said_why, tell, write
from core.licensing.reads import License, license_by_install
from core.licensing.transitions import Act
from core.licensing.verdicts import Code, LicenseState, Question, Verdict
from core.licensing.verification import decide
from core.organizations.reads import organization_by_id
from db.models.licensing import seat_lease
from db.session import ReadSession, WriteSession

LONGEST_HOLDER = 200
CULLED_AT_ONCE = 10_000


@dataclass(frozen=True)
class Lease:
    """A seat that `holder` sits on until `expires_at`, unless a heartbeat comes before."""

    holder: str
    fingerprint: str | None
    taken_at: datetime
    renewed_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Seats:
    """The seats of a license that are in use, the longest held first; `max_seats` None is unlimited.

    `lease_seconds` is how long one stays taken after a heartbeat.
    """

    max_seats: int | None
    overage: str
    lease_seconds: int
    leases: tuple[Lease, ...]


@dataclass(frozen=True)
class SeatAnswer:
    """What the holder of a seat is told: `heartbeat_seconds` is when to ask again.

    `expires_at` is None where none was granted.
    """

    granted: bool
    code: Code
    detail: str
    holder: str
    expires_at: datetime | None
    heartbeat_seconds: int | None
    seats_in_use: int | None
    max_seats: int | None


def seat_verdict(state: LicenseState, question: Question, taken: int, *, holds: bool, now: datetime) -> Verdict:
    """Return whether a seat may be taken, or kept by who `holds` one, where `taken` are; valid is granted.

    The checks of a verification, the seat that is asked for counted in. Who holds a seat is not turned away for being
    too many: fewer seats turn only newcomers away.
    """
    verdict = decide(replace(state, leases=taken + (0 if holds else 1)), replace(question, seats=None), now)
    if verdict.code is not Code.TOO_MANY_SEATS or verdict.valid:
        return verdict
    if holds:
        return replace(verdict, valid=True)
    return replace(verdict, detail=f"All seats of this license are taken ({taken}). Free one, or ask for more.")


def seats(session: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> Seats:
    """Return who sits on a license's seats now; needs `customer:read`."""
    held = license_by_install(session, actor, install_id, now=now)
    found = (seat_lease.c[name] for name in Lease.__dataclass_fields__)
    live = select(*found).where(seat_lease.c.license_id == held.id, seat_lease.c.expires_at > now)
    rows = session.execute(live.order_by(seat_lease.c.taken_at, seat_lease.c.holder))
    leases = tuple(Lease(**row._mapping) for row in rows)
    return Seats(held.max_seats, held.overage, held.seat_heartbeat_seconds, leases)


def seats_in_use(session: ReadSession, actor: Actor, organization_id: UUID, *, now: datetime) -> dict[UUID, int]:
    """Return how many seats are in use by license id; an organization's licenses without any are left out."""
    actor.require_sight_of(organization_id)
    mine = (seat_lease.c.organization_id == organization_id) & (seat_lease.c.expires_at > now)
    counted = select(seat_lease.c.license_id, func.count().label("taken")).where(mine).group_by(seat_lease.c.license_id)
    return {row.license_id: row.taken for row in session.execute(counted)}


def release_seat(
    session: WriteSession, actor: Actor, install_id: str, holder: str, *, reason: str, now: datetime
) -> License:
    """Take a seat from who sits on it; needs `license:update_tier`. The next heartbeat takes one anew, if one is free.

    Raises NotFound where nobody of that name sits on one.
    """
    found = locked(session, actor, install_id, Act.RELEASE_SEAT, now)
    said = said_why(reason)
    mine = (seat_lease.c.license_id == found.id) & (seat_lease.c.holder == holder) & (seat_lease.c.expires_at > now)
    gone = session.execute(delete(seat_lease).where(mine).returning(seat_lease.c.taken_at)).one_or_none()
    if gone is None:
        raise NotFound(f"Nobody called “{holder[:80]}” sits on a seat of this license now.")
    write(session, found, {})
    before: dict[str, Any] = {"holder": holder, "taken_at": gone.taken_at}
    customer = organization_by_id(session, actor, found.organization_id)
    tell(
        session,
        actor,
        customer,
        "license.seat_released",
        install_id,
        now=now,
        before=before,
        after={},
        reason=said,
        tier_id=found.tier_id,
    )
    return license_by_install(session, actor, install_id, now=now)


def cull(session: WriteSession, *, now: datetime) -> int:
    """Delete leases that have run out, which count for nothing since, and return how many; a job calls this."""
    key = (seat_lease.c.license_id, seat_lease.c.holder)
    # Skipped are those that a heartbeat has just locked to take them anew.
    over = select(*key).where(seat_lease.c.expires_at <= now).limit(CULLED_AT_ONCE).with_for_update(skip_locked=True)
    doomed = over.cte("over")
    mine = (seat_lease.c.license_id == doomed.c.license_id) & (seat_lease.c.holder == doomed.c.holder)
    return session.execute(delete(seat_lease).where(mine)).rowcount
