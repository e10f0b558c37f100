"""Announced events as a feed shows them and as a client catches up with them."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, select, tuple_

from core.announce.events import Event
from db.models.announce import outbox
from db.session import ReadSession

MOST = 200
_COLUMNS = [outbox.c[name] for name in Event.__dataclass_fields__]


class Listener(Protocol):
    """Whoever asks, as far as this rung of the ladder knows actors."""

    @property
    def realm(self) -> str:
        """Return `vendor`, who hears of every customer, or `customer`."""

    @property
    def organization_id(self) -> UUID:
        """Return the organization acted for."""

    def require_hearing(self) -> None:
        """Raise NotPermitted where it may not hear at all."""


def since(session: ReadSession, actor: Listener, cursor: int, limit: int = 100) -> list[Event]:
    """Return the events told after the one with id `cursor`, oldest first, at most `limit`; 0 is the beginning.

    The order is the one in which sockets hear them, so that a client that reads on from the last id it heard misses
    nothing, however late the transaction with a smaller id was committed.
    """
    actor.require_hearing()
    mark = session.execute(select(outbox.c.relayed_at).where(outbox.c.id == cursor)).scalar_one_or_none()
    told = tuple_(outbox.c.relayed_at, outbox.c.id)
    # The cursor's own row may be pruned, or another's.
    later = outbox.c.id > cursor if mark is None else told > tuple_(mark, cursor)
    statement = _visible(actor).where(outbox.c.relayed_at.is_not(None), later)
    rows = session.execute(statement.order_by(outbox.c.relayed_at, outbox.c.id).limit(min(limit, MOST)))
    return [Event(**row._mapping) for row in rows]


def latest(session: ReadSession, actor: Listener, limit: int = 20) -> list[Event]:
    """Return the newest events, newest first, for a feed."""
    actor.require_hearing()
    rows = session.execute(_visible(actor).order_by(outbox.c.id.desc()).limit(min(limit, MOST)))
    return [Event(**row._mapping) for row in rows]


def newest_cursor(session: ReadSession, actor: Listener) -> int:
    """Return the id of the event told last, after which a client that has seen the feed reads on; 0 without any."""
    actor.require_hearing()
    statement = select(outbox.c.id).where(outbox.c.relayed_at.is_not(None))
    if actor.realm != "vendor":
        statement = statement.where(outbox.c.organization_id == actor.organization_id)
    newest = statement.order_by(outbox.c.relayed_at.desc(), outbox.c.id.desc()).limit(1)
    return session.execute(newest).scalar_one_or_none() or 0


def _visible(actor: Listener) -> Select[Any]:
    statement = select(*_COLUMNS)
    if actor.realm != "vendor":
        statement = statement.where(outbox.c.organization_id == actor.organization_id)
    return statement
