"""What Stripe sent is stored before anything is done about it; objects are kept as last seen, newer ones over older."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core.billing.stripe.kinds import Kind, parent_of
from core.errors import InvalidInput
from core.jobs.queue import defer
from db.models.stripe import stripe_backfill, stripe_event, stripe_object
from db.session import WriteSession

EVENTS_TASK: Final = "calos.stripe.events"
BACKFILL_TASK: Final = "calos.stripe.backfill"
# What changes our books by Stripe's word goes one after the other.
LINE: Final = "stripe"
# Stripe delivers an event again for three days; after this long its id need not be known any more.
KEPT: Final = timedelta(days=90)
# An event that failed is looked at again this long after it came, and then for a day.
AGAIN_AFTER: Final = timedelta(minutes=30)
GIVEN_UP_AFTER: Final = timedelta(days=1)


def store_event(session: WriteSession, event: Mapping[str, Any], *, now: datetime) -> bool:
    """Store a verified event and queue its processing in the same transaction; False where it is known already.

    Raises InvalidInput for what is no snapshot event: Stripe's thin events name no object to look at.
    """
    _require_snapshot(event)
    values = {
        "id": event["id"],
        "type": event["type"],
        "created": instant_of(event["created"]),
        "api_version": event.get("api_version"),
        "payload": dict(event),
        "received_at": now,
    }
    statement = insert(stripe_event).values(values).on_conflict_do_nothing().returning(stripe_event.c.id)
    if session.execute(statement).one_or_none() is None:
        return False
    queue_events(session)
    return True


def queue_events(session: WriteSession) -> None:
    """Queue the processing of all that waits, unless it is queued already.

    One job for many events: jobs that wait for each other in line begin seconds apart.
    """
    defer(session, EVENTS_TASK, once=EVENTS_TASK, one_at_a_time=LINE)


def instant_of(stamp: int) -> datetime:
    """Return Stripe's whole seconds since 1970 as an instant; InvalidInput for what no calendar holds."""
    try:
        return datetime.fromtimestamp(stamp, UTC)
    except (OverflowError, ValueError, OSError) as wrong:
        raise InvalidInput("A time of Stripe's lies outside every calendar.", field="created") from wrong


def event_processed(session: WriteSession, event_id: str, *, now: datetime) -> None:
    """Note that all an event asks for is done."""
    mine = stripe_event.c.id == event_id
    session.execute(
        update(stripe_event).where(mine).values(processed_at=now, error=None, tries=stripe_event.c.tries + 1)
    )


def event_failed(session: WriteSession, event_id: str, error: str) -> None:
    """Note why an event could not be processed this time."""
    mine = stripe_event.c.id == event_id
    session.execute(update(stripe_event).where(mine).values(error=error[:2_000], tries=stripe_event.c.tries + 1))


def queue_backfill(session: WriteSession) -> None:
    """Queue a backfill, unless one waits already."""
    defer(session, BACKFILL_TASK, once=BACKFILL_TASK, one_at_a_time=LINE)


def pick_up_events(session: WriteSession, *, now: datetime) -> None:
    """Queue again what has waited for a while, be it that Stripe was out of reach."""
    waiting = select(stripe_event.c.id).where(
        stripe_event.c.processed_at.is_(None),
        stripe_event.c.received_at.between(now - GIVEN_UP_AFTER, now - AGAIN_AFTER),
    )
    if session.execute(waiting.limit(1)).first() is not None:
        queue_events(session)


def forget_events(session: WriteSession, *, now: datetime) -> int:
    """Delete events done with long ago: what they said stands in the objects."""
    old = stripe_event.c.processed_at < now - KEPT
    return session.execute(delete(stripe_event).where(old)).rowcount


def keep_objects(session: WriteSession, kind: Kind, objects: Sequence[Mapping[str, Any]], *, seen_at: datetime) -> None:
    """Keep objects as Stripe told them when it was asked at `seen_at`; what was asked for later stays as it is."""
    rows = {
        one["id"]: {
            "kind": kind,
            "external_id": one["id"],
            "parent": parent_of(kind, one),
            "created_at": instant_of(one["created"]) if one.get("created") is not None else None,
            "seen_at": seen_at,
            "deleted": bool(one.get("deleted")),
            "payload": dict(one),
        }
        for one in objects
    }
    if not rows:
        return
    statement = insert(stripe_object)
    told = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "external_id"],
            set_={name: told[name] for name in ("seen_at", "deleted", "payload", "parent")},
            where=stripe_object.c.seen_at <= told.seen_at,
        ),
        # In the order of their keys, so that two who keep the same objects never wait for each other.
        [rows[key] for key in sorted(rows)],
    )


def object_gone(session: WriteSession, kind: Kind, external_id: str, *, seen_at: datetime) -> None:
    """Note that Stripe no longer knows an object."""
    mine = (stripe_object.c.kind == kind) & (stripe_object.c.external_id == external_id)
    session.execute(
        update(stripe_object).where(mine, stripe_object.c.seen_at <= seen_at).values(deleted=True, seen_at=seen_at)
    )


def became(
    session: WriteSession,
    kind: Kind,
    external_id: str,
    *,
    organization_id: UUID | None,
    our_id: UUID | None,
    problem: str | None = None,
) -> None:
    """Note what an object became here, or in a sentence why it became nothing."""
    mine = (stripe_object.c.kind == kind) & (stripe_object.c.external_id == external_id)
    values = {"organization_id": organization_id, "our_id": our_id, "problem": problem}
    session.execute(update(stripe_object).where(mine).values(values))


def begin_backfill(session: WriteSession, stages: Sequence[str], *, now: datetime) -> None:
    """Start every stage from its beginning, unless a backfill was stopped midway: that one goes on where it was."""
    if session.execute(select(stripe_backfill.c.kind).where(stripe_backfill.c.finished_at.is_(None))).first() is None:
        session.execute(delete(stripe_backfill))
    rows = [{"kind": stage, "started_at": now} for stage in stages]
    session.execute(insert(stripe_backfill).on_conflict_do_nothing(), rows)


def backfill_came(session: WriteSession, stage: str, cursor: str | None, more: int, *, now: datetime) -> None:
    """Note in the transaction that keeps a page how far that brings the stage; without a cursor it is done."""
    values = {
        "cursor": cursor,
        "done": stripe_backfill.c.done + more,
        "finished_at": None if cursor else now,
        "error": None,
    }
    session.execute(update(stripe_backfill).where(stripe_backfill.c.kind == stage).values(values))


def backfill_failed(session: WriteSession, stage: str, error: str) -> None:
    """Note why a stage stopped; it goes on from its cursor when it is started again."""
    session.execute(update(stripe_backfill).where(stripe_backfill.c.kind == stage).values(error=error[:2_000]))


def _require_snapshot(event: Mapping[str, Any]) -> None:
    if event.get("object") == "v2.core.event":
        raise InvalidInput(
            "This is a thin event. Give the destination in Stripe's dashboard the payload style Snapshot.",
            code="thin_event",
        )
    held = event.get("data")
    held = held.get("object") if isinstance(held, dict) else None
    sound = (
        event.get("object") == "event"
        and all(isinstance(event.get(name), str) and 0 < len(event[name]) <= 255 for name in ("id", "type"))
        and type(event.get("created")) is int
        and isinstance(event.get("api_version"), str | None)
        and isinstance(held, dict)
        and all(isinstance(held.get(name), str | None) for name in ("id", "object"))
    )
    if not sound:
        raise InvalidInput("The body is signed by Stripe, but is none of its events.", code="no_event")
