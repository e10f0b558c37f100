"""The day that the books are looked at: set by an import of history, changed or cleared by a person."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from db.models.organizations import viewpoint as viewpoints
from db.session import ReadSession, WriteSession


def viewpoint(session: ReadSession) -> datetime | None:
    """Return the instant at which everything is looked at, or None: now."""
    found: datetime | None = session.execute(select(viewpoints.c.at).limit(1)).scalar_one_or_none()
    return found


def set_viewpoint(session: WriteSession, actor: Actor, at: datetime, *, source: str, now: datetime) -> None:
    """Look at everything as of `at` from now on; `source` says in words who chose it. Needs `organization:update`.

    Profiles and cards follow in the background; InvalidInput for a time to come.
    """
    _may(actor)
    if at > now:
        raise InvalidInput("Choose a day that is over: nothing is known of days to come.", field="asOf")
    before = viewpoint(session)
    if at == before:
        return
    values = {"at": at, "source": source, "set_at": now}
    statement = insert(viewpoints).values(organization_id=actor.organization_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["organization_id"], set_=values))
    after = {"at": at.isoformat(), "source": source}
    _record(session, actor, "viewpoint.set", before, after, now)


def clear_viewpoint(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Look at everything as it is now again; nothing happens where that is so already. Needs `organization:update`."""
    _may(actor)
    before = viewpoint(session)
    if before is not None:
        session.execute(delete(viewpoints))
        _record(session, actor, "viewpoint.cleared", before, None, now)


def _may(actor: Actor) -> None:
    actor.require(Permission.ORGANIZATION_UPDATE)
    actor.require_vendor()


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    before: datetime | None,
    after: dict[str, str] | None,
    now: datetime,
) -> None:
    was = {"at": before.isoformat()} if before else None
    audit.record(session, actor, action, ("viewpoint", "books"), now=now, before=was, after=after)
