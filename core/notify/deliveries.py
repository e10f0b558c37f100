"""Deliveries: what happened, on its way to each destination that wants to hear of it, and the log of every try."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.jobs.queue import defer
from core.notify.destination_writes import destination_by_id, may_manage
from core.notify.destinations import TEST
from db.models.notify import delivery, delivery_attempt, destination, happening
from db.session import ReadSession, WriteSession

TASK: Final = "calos.delivery"
MOST: Final = 200

State = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True)
class Attempt:
    """One try: the answer's status and beginning, or why there was none."""

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    excerpt: str
    error: str | None


@dataclass(frozen=True)
class Delivery:
    """One thing on its way to one destination; `next_at` is when it is tried again."""

    id: UUID
    destination_id: UUID
    type: str
    body: Mapping[str, Any]
    state: State
    attempts: int
    status: int | None
    error: str | None
    made_at: datetime
    next_at: datetime | None
    finished_at: datetime | None
    log: tuple[Attempt, ...]


def tell(
    session: WriteSession,
    organization_id: UUID,
    key: str,
    event: str,
    subject: str,
    data: Mapping[str, Any],
    *,
    at: datetime,
    now: datetime,
    only: UUID | None = None,
) -> int:
    """Note that something happened, once for each `key`, and put it on its way to whoever wants to hear of it.

    `data` is what a webhook gets: `organization` and `sentence` among it, which Slack shows. `only` tells one
    destination of it, whenever it happened, unless it has heard already. Returns how many are told.
    """
    row = {"id": new_id(), "organization_id": organization_id, "key": key, "type": event, "subject": subject, "at": at}
    statement = insert(happening).values(**row, data=dict(data)).on_conflict_do_nothing(index_elements=["key"])
    made = session.execute(statement.returning(happening.c.id)).scalar_one_or_none()
    if made is None and only is None:
        return 0
    known = made or session.execute(select(happening.c.id).where(happening.c.key == key)).scalar_one()
    to = select(destination.c.id, destination.c.organization_id).where(destination.c.enabled)
    wants = (literal(event) == func.any(destination.c.events), destination.c.made_at <= at)
    to = to.where(destination.c.id == only) if only is not None else to.where(*wants)
    rows = session.execute(to).all()
    put = [_put(session, one.id, one.organization_id, known, event, data, now) for one in rows]
    return sum(one is not None for one in put)


def wanted(session: ReadSession) -> frozenset[str]:
    """Return what any destination that is switched on wants to hear of."""
    chosen = select(func.unnest(destination.c.events)).where(destination.c.enabled)
    return frozenset(session.execute(chosen).scalars())


def send_test(session: WriteSession, actor: Actor, destination_id: UUID, *, now: datetime) -> UUID:
    """Put a test on its way to one destination and return the delivery's id; audited."""
    found = destination_by_id(session, actor, destination_id)
    if not found.enabled:
        raise Conflict(f"“{found.name}” is switched off. Switch it on, then test it.")
    data = {"organization": "Calos", "sentence": f"A test of “{found.name}”, sent by {actor.label}."}
    made = _put(session, destination_id, found.organization_id, None, TEST, data, now)
    assert made is not None  # noqa: S101 - a test is of nothing that happened, so no row is in its way
    _audited(session, actor, "destination.tested", destination_id, now)
    return made


def redeliver(session: WriteSession, actor: Actor, delivery_id: UUID, *, now: datetime) -> None:
    """Send once more what has failed or was delivered, under its old id; audited."""
    may_manage(actor)
    row = session.execute(select(delivery).where(delivery.c.id == delivery_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery, or it was forgotten after 90 days.")
    if row.state == "waiting":
        raise Conflict("It is on its way already; it is tried again by itself.")
    if not destination_by_id(session, actor, row.destination_id).enabled:
        raise Conflict("This destination is switched off. Switch it on first.")
    # Its tries are counted anew: who asks once more means the whole patience.
    values = {"state": "waiting", "attempts": 0, "next_at": now, "finished_at": None}
    session.execute(update(delivery).where(delivery.c.id == delivery_id).values(**values))
    queue(session, delivery_id, None)
    _audited(session, actor, "delivery.sent_again", row.destination_id, now, after={"delivery": str(delivery_id)})


def deliveries(
    session: ReadSession,
    actor: Actor,
    destination_id: UUID,
    *,
    state: State | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[Delivery, ...]:
    """Return a destination's deliveries with every try, newest first, from after the one with id `before`."""
    destination_by_id(session, actor, destination_id)
    statement = select(delivery).where(delivery.c.destination_id == destination_id)
    if state is not None:
        if state not in {"waiting", "delivered", "failed"}:
            raise InvalidInput("A delivery is waiting, delivered or failed.", field="state")
        statement = statement.where(delivery.c.state == state)
    if before is not None:
        statement = statement.where(delivery.c.id < before)
    rows = session.execute(statement.order_by(delivery.c.id.desc()).limit(max(1, min(limit, MOST)))).all()
    tries = _tries(session, [row.id for row in rows])
    return tuple(_delivery(row, tries.get(row.id, ())) for row in rows)


def delivery_counts(session: ReadSession, actor: Actor, destination_id: UUID) -> dict[State, int]:
    """Return how many deliveries of the last 90 days there are of each state."""
    destination_by_id(session, actor, destination_id)
    counted = select(delivery.c.state, func.count().label("number")).where(delivery.c.destination_id == destination_id)
    found = {row.state: row.number for row in session.execute(counted.group_by(delivery.c.state))}
    return {
        "waiting": found.get("waiting", 0),
        "delivered": found.get("delivered", 0),
        "failed": found.get("failed", 0),
    }


def queue(session: WriteSession, delivery_id: UUID, at: datetime | None) -> bool:
    """Queue the job that tries a delivery, now or later; False where one waits already."""
    return defer(session, TASK, once=f"delivery:{delivery_id}", at=at, delivery_id=str(delivery_id)) is not None


def _put(
    session: WriteSession,
    destination_id: UUID,
    organization_id: UUID,
    happening_id: UUID | None,
    event: str,
    data: Mapping[str, Any],
    now: datetime,
) -> UUID | None:
    """Write a delivery and queue its job; None where this destination has heard of it already."""
    made = new_id()
    row = {"id": made, "organization_id": organization_id, "destination_id": destination_id, "type": event}
    when = {"state": "waiting", "made_at": now, "next_at": now}
    statement = insert(delivery).values(**row, **when, happening_id=happening_id, body=dict(data))
    written = statement.on_conflict_do_nothing(index_elements=["destination_id", "happening_id"])
    if session.execute(written.returning(delivery.c.id)).one_or_none() is None:
        return None
    queue(session, made, None)
    return made


def _tries(session: ReadSession, ids: list[UUID]) -> dict[UUID, tuple[Attempt, ...]]:
    c = delivery_attempt.c
    names = tuple(Attempt.__dataclass_fields__)
    found: dict[UUID, tuple[Attempt, ...]] = {}
    for row in session.execute(
        select(delivery_attempt).where(c.delivery_id.in_(ids)).order_by(c.delivery_id, c.number)
    ):
        made = Attempt(**{name: row._mapping[name] for name in names})
        found[row.delivery_id] = (*found.get(row.delivery_id, ()), made)
    return found


def _delivery(row: Row[Any], log: tuple[Attempt, ...]) -> Delivery:
    names = [name for name in Delivery.__dataclass_fields__ if name != "log"]
    return Delivery(**{name: row._mapping[name] for name in names}, log=log)


def _audited(
    session: WriteSession,
    actor: Actor,
    action: str,
    destination_id: UUID,
    now: datetime,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(session, actor, action, ("destination", str(destination_id)), now=now, after=after)
