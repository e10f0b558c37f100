"""The choice to send no telemetry: who made it and why, what is no longer taken, and what is erased with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput
from core.licensing.reads import License, license_by_install
from db.models.releases import telemetry_opt_out
from db.models.telemetry import (
    actor_rollup,
    dirty_install,
    event,
    feature_actor_rollup,
    hour_rollup,
    last_payload,
)
from db.session import ReadSession, WriteSession

LONGEST_REASON: Final = 1_000
# What names a person or repeats what was sent; counts without persons stay.
PERSONAL: Final = (event, actor_rollup, feature_actor_rollup, last_payload)


@dataclass(frozen=True)
class OptOut:
    """An install that sends no telemetry by choice: since when, by whose word, and why."""

    install_id: str
    since: datetime
    by: str
    reason: str


def opt_out_of(session: ReadSession, install_id: str) -> OptOut | None:
    """Return the choice of an install, or None where it may send; whoever calls has made sure of the sight of it."""
    columns = [telemetry_opt_out.c[name] for name in OptOut.__dataclass_fields__]
    row = session.execute(select(*columns).where(telemetry_opt_out.c.install_id == install_id)).mappings().one_or_none()
    return OptOut(**row) if row is not None else None


def opted_out(session: ReadSession) -> tuple[str, ...]:
    """Return every install that sends no telemetry by choice."""
    return tuple(session.execute(select(telemetry_opt_out.c.install_id)).scalars())


def opt_out(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> OptOut:
    """Take no more telemetry of an install, within a minute; needs `compliance:manage`, of the vendor or the customer.

    Metered usage and verification go on: they belong to the license. Erase what is there with `erase`, afterwards.
    """
    found, said = _may(session, actor, install_id, reason, now)
    made = OptOut(install_id, now, actor.label, said)
    values = {"organization_id": found.organization_id, "since": now, "by": made.by, "reason": said}
    statement = insert(telemetry_opt_out).values(install_id=install_id, **values).on_conflict_do_nothing()
    if session.execute(statement.returning(telemetry_opt_out.c.since)).one_or_none() is None:
        raise Conflict(f"The install {install_id} sends no telemetry already.", code="telemetry_off")
    _record(session, actor, "telemetry.opted_out", found, said, now)
    return made


def opt_in(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> None:
    """Take telemetry of an install again; needs `compliance:manage`, of the vendor or the customer."""
    found, said = _may(session, actor, install_id, reason, now)
    mine = delete(telemetry_opt_out).where(telemetry_opt_out.c.install_id == install_id)
    if session.execute(mine.returning(telemetry_opt_out.c.since)).one_or_none() is None:
        raise Conflict(f"The telemetry of the install {install_id} is taken already.", code="telemetry_on")
    _record(session, actor, "telemetry.opted_in", found, said, now)


def erase(session: WriteSession, install_ids: Sequence[str], *, now: datetime) -> int:
    """Delete raw events, last payload and who did what of installs, and return how many rows went; counts stay."""
    ids = list(install_ids)
    gone = 0
    for table in PERSONAL if ids else ():
        gone += session.execute(delete(table).where(table.c.install_id.in_(ids))).rowcount
    if gone:
        last = select(hour_rollup.c.install_id, func.max(hour_rollup.c.hour).label("last_event_at"))
        known = last.where(hour_rollup.c.install_id.in_(ids)).group_by(hour_rollup.c.install_id)
        for row in session.execute(known).all():
            # So that the profile forgets who, too.
            mark = insert(dirty_install).values(
                install_id=row.install_id, marked_at=now, last_event_at=row.last_event_at
            )
            session.execute(mark.on_conflict_do_nothing())
    return gone


def _may(session: ReadSession, actor: Actor, install_id: str, reason: str, now: datetime) -> tuple[License, str]:
    actor.require(Permission.COMPLIANCE_MANAGE)
    found = license_by_install(session, actor, install_id, now=now)
    said = reason.strip()
    if not said:
        raise InvalidInput("Say why, in a sentence: it is kept in the audit trail.", field="reason")
    if len(said) > LONGEST_REASON:
        raise InvalidInput(f"That is too long: at most {LONGEST_REASON:,} characters.", field="reason")
    return found, said


def _record(session: WriteSession, actor: Actor, action: str, found: License, reason: str, now: datetime) -> None:
    target = ("license", found.install_id)
    audit.record(session, actor, action, target, now=now, organization_id=found.organization_id, reason=reason)
