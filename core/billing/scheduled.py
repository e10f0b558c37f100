"""Changes of subscriptions that are agreed for a later day: asked for, withdrawn, found when due, and settled once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.billing.reads import Subscription
from core.billing.subscription_changes import Act, Terms
from core.errors import Conflict
from core.ids import new_id
from db.models.billing import scheduled_change as waits
from db.session import ReadSession, WriteSession

State = Literal["waiting", "done", "withdrawn", "refused"]
_TOLD = {
    "change": "change",
    "pause": "pause",
    "resume": "end of the pause",
    "cancel": "cancellation",
    "convert": "end of the trial",
    "coupon": "coupon",
    "coupon_end": "end of the coupon",
}


@dataclass(frozen=True)
class Scheduled:
    """A change that waits for its day, or did: `outcome` says why one was refused then."""

    id: UUID
    organization_id: UUID
    agreement_id: UUID
    act: Act
    due_at: datetime
    terms: Terms
    reason: str | None
    asked_by: str
    asked_at: datetime
    state: State
    outcome: str | None = None


def schedule(
    session: WriteSession,
    actor: Actor,
    current: Subscription,
    act: Act,
    terms: Terms,
    due_at: datetime,
    *,
    now: datetime,
    reason: str | None,
) -> Scheduled:
    """Put an act down for a later instant; Conflict where one of its kind waits already."""
    if any(one.act == act for one in waiting(session, [current.agreement])):
        raise Conflict(f"A {_TOLD[act]} is scheduled already. Take that one back first.", code="already_scheduled")
    made = Scheduled(
        new_id(),
        current.organization_id,
        current.agreement,
        act,
        due_at,
        terms,
        reason,
        actor.label,
        now,
        "waiting",
    )
    row = {name: getattr(made, name) for name in Scheduled.__dataclass_fields__}
    session.execute(insert(waits).values({**row, "terms": terms.written()}))
    told = {"act": act, "dueAt": due_at.isoformat(), **terms.written()}
    _record(session, actor, "subscription.change_scheduled", made, now, after=told)
    return made


def withdraw(
    session: WriteSession, actor: Actor, current: Subscription, acts: Collection[Act], *, now: datetime
) -> tuple[Scheduled, ...]:
    """Take back what waits of some kinds, and return it; what has been settled stays."""
    found = tuple(one for one in waiting(session, [current.agreement]) if one.act in acts)
    for one in found:
        settle(session, one, "withdrawn", now=now)
        _record(session, actor, "subscription.change_withdrawn", one, now, before={"act": one.act})
    return found


def settle(
    session: WriteSession, change: Scheduled, state: State, *, now: datetime, outcome: str | None = None
) -> None:
    """Say what became of a change that waits; in the transaction of what it did, so that it is done once."""
    mine = (waits.c.id == change.id) & (waits.c.state == "waiting")
    session.execute(update(waits).where(mine).values(state=state, settled_at=now, outcome=outcome))


def waiting(session: ReadSession, agreement_ids: Collection[UUID]) -> tuple[Scheduled, ...]:
    """Return what waits for its day in some chains, the soonest first; asks no permission."""
    mine = waits.c.agreement_id.in_(agreement_ids) & (waits.c.state == "waiting")
    return tuple(_scheduled(row) for row in session.execute(select(waits).where(mine).order_by(waits.c.due_at)))


def scheduled_of(session: ReadSession, agreement_id: UUID) -> tuple[Scheduled, ...]:
    """Return every change that was ever agreed for later in a chain, the newest first; asks no permission."""
    mine = (
        select(waits).where(waits.c.agreement_id == agreement_id).order_by(waits.c.asked_at.desc(), waits.c.id.desc())
    )
    return tuple(_scheduled(row) for row in session.execute(mine))


def due(session: ReadSession, organization_id: UUID, now: datetime) -> tuple[Scheduled, ...]:
    """Return what is due at one customer, the earliest first; read under the ledger's lock, nobody else settles it."""
    mine = (waits.c.organization_id == organization_id) & (waits.c.state == "waiting") & (waits.c.due_at <= now)
    # An end comes before what else was to happen at its instant: who cancels a trial never pays for a moment.
    order = (waits.c.due_at, waits.c.act != "cancel", waits.c.asked_at, waits.c.id)
    ordered = select(waits).where(mine).order_by(*order)
    return tuple(_scheduled(row) for row in session.execute(ordered))


def customers_due(session: ReadSession, now: datetime) -> tuple[UUID, ...]:
    """Return the customers at whom something is due, in one order."""
    late = (waits.c.state == "waiting") & (waits.c.due_at <= now)
    found = select(waits.c.organization_id).where(late).distinct().order_by(waits.c.organization_id)
    return tuple(session.execute(found).scalars())


def _scheduled(row: Row[Any]) -> Scheduled:
    said = {name: getattr(row, name) for name in Scheduled.__dataclass_fields__}
    return Scheduled(**{**said, "terms": Terms.read(row.terms)})


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    change: Scheduled,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        actor,
        action,
        ("subscription", str(change.agreement_id)),
        now=now,
        organization_id=change.organization_id,
        reason=change.reason,
        before=before,
        after=after,
    )
