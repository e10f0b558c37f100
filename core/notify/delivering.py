"""One try of a delivery: sent, noted in its log, tried again later, or its destination switched off."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text, update

from core.config import settings
from core.errors import CalosError, InvalidInput
from core.notify.deliveries import State, queue
from core.notify.destinations import TEST, Kind, Message, NotTaken, Target
from core.notify.gateways import PROBE, SEND
from core.notify.outbound import Answer
from core.notify.retries import DELIVERY, next_try
from core.notify.sealed import unseal
from core.notify.writes import send_mail
from db.models.notify import delivery, delivery_attempt, destination, happening
from db.session import ReadSession, WriteSession

OVERDUE: Final = timedelta(minutes=10)
KEPT_FOR: Final = timedelta(days=90)
# A destination that has taken nothing for so long is switched off.
SWITCHED_OFF_AFTER: Final = timedelta(days=5)
GONE: Final = 410
LONGEST_ERROR: Final = 500

# What a CRM is told is how things are when it is told: (session, type, subject, organization's id) gives its facts.
Facts = Callable[[ReadSession, str, str, UUID], Mapping[str, Any] | None]


class _Result(NamedTuple):
    """What one try came to."""

    answer: Answer | None
    error: str | None
    permanent: bool = False
    body: Mapping[str, Any] | None = None


def try_to_deliver(session: WriteSession, delivery_id: UUID, *, now: datetime, facts: Facts) -> State | None:
    """Send a delivery that waits, and write down what came of it; None where there is nothing (more) to do.

    The row stays locked meanwhile. A crash between the receiver's answer and the commit sends it again under the same
    id, by which the receiver can tell.
    """
    row = session.execute(select(delivery).where(delivery.c.id == delivery_id).with_for_update()).one_or_none()
    if row is None or row.state != "waiting":
        return None
    to = session.execute(select(destination).where(destination.c.id == row.destination_id)).one()
    if not to.enabled:
        return _finish(session, row, "failed", now, error="The destination was switched off.")
    if to.kind in PROBE:
        # One after the other, lest an older state overwrite a newer one.
        key = {"key": f"deliver {to.id}"}
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    began = time.monotonic()
    result = _sent(session, row, to, now, facts)
    _note(session, row, result, now, round((time.monotonic() - began) * 1000))
    if result.error is None:
        values = {"failing_since": None, "delivered_at": now}
        session.execute(update(destination).where(destination.c.id == to.id).values(**values))
        return _finish(session, row, "delivered", now, result)
    _failed(session, to, result, now)
    asked = result.answer.retry_after(now) if result.answer else None
    again = None if result.permanent else next_try(DELIVERY, row.attempts + 1, now, asked=asked)
    if again is None:
        return _finish(session, row, "failed", now, result)
    session.execute(update(delivery).where(delivery.c.id == row.id).values(**_columns(row, result), next_at=again))
    queue(session, row.id, again)
    return "waiting"


def pick_up(session: WriteSession, *, now: datetime) -> int:
    """Queue anew what waits without a job, and return how many."""
    overdue = (
        select(delivery.c.id).where(delivery.c.state == "waiting", delivery.c.next_at < now - OVERDUE).limit(1_000)
    )
    return sum(queue(session, one, None) for one in session.execute(overdue).scalars().all())


def forget_deliveries(session: WriteSession, *, now: datetime) -> int:
    """Delete what happened more than 90 days ago with its deliveries, and return how many deliveries went."""
    gone = session.execute(delete(delivery).where(delivery.c.made_at < now - KEPT_FOR)).rowcount
    session.execute(delete(happening).where(happening.c.at < now - KEPT_FOR))
    return gone


def _sent(session: WriteSession, row: Row[Any], to: Row[Any], now: datetime, facts: Facts) -> _Result:
    """Send it, and return what came of it; whatever a receiver does, this comes back."""
    try:
        held = unseal(settings(), to.id, to.sealed)
        target = Target(held.pop("url"), held, settings().webhook_private)
        kind: Kind = to.kind
        if kind in PROBE and row.type == TEST:
            return _Result(PROBE[kind](target), None)
        at, data = _said(session, row, facts if kind in PROBE else None)
        if data is None:
            return _Result(None, None, body={"sentence": "It is no longer there, so there was nothing to send."})
        answer = SEND[kind](target, Message(row.id, row.type, at, data), now=now)
        return _Result(answer, None, body=data)
    except NotTaken as refused:
        return _Result(refused.answer, refused.sentence, refused.permanent or refused.answer.status == GONE)
    except CalosError as failed:
        return _Result(None, failed.message)


def _said(session: ReadSession, row: Row[Any], facts: Facts | None) -> tuple[datetime, Mapping[str, Any] | None]:
    """Return when it happened and what is told of it: as it was, or for a CRM as it is now."""
    if row.happening_id is None:
        return row.made_at, row.body
    found = session.execute(select(happening).where(happening.c.id == row.happening_id)).one()
    return found.at, facts(session, found.type, found.subject, found.organization_id) if facts else row.body


def _failed(session: WriteSession, to: Row[Any], result: _Result, now: datetime) -> None:
    """Note since when a destination fails, and switch it off when it said so itself or after five days."""
    since = to.failing_since or now
    gone = result.answer is not None and result.answer.status == GONE
    values: dict[str, Any] = {"failing_since": since}
    if gone or now - since >= SWITCHED_OFF_AFTER:
        why = "It answered 410 Gone." if gone else f"It has taken nothing since {since:%b} {since.day}: {result.error}"
        values |= {"enabled": False, "disabled_reason": why[:LONGEST_ERROR]}
    session.execute(update(destination).where(destination.c.id == to.id).values(**values))
    if "enabled" in values:
        _warn(session, to, values["disabled_reason"], now)


def _warn(session: WriteSession, to: Row[Any], why: str, now: datetime) -> None:
    values = {
        "title": f"The destination “{to.name}” was switched off",
        "paragraphs": [why, "What happens meanwhile is not sent to it. Mend it, then switch it on again."],
        "facts": [("Address", to.url)],
        "button": {"label": "Open destinations", "href": f"{settings().origin}/destinations"},
        "reason": "You get this because you added this destination.",
    }
    subject, once = f"“{to.name}” was switched off", f"switched-off:{to.id}:{now.date()}"
    try:
        send_mail(
            session,
            to.organization_id,
            to=to.made_by,
            subject=subject,
            template="notice",
            values=values,
            now=now,
            once=once,
        )
    except InvalidInput:
        # Added by the system itself: its page says it all the same.
        return


def _note(session: WriteSession, row: Row[Any], result: _Result, now: datetime, milliseconds: int) -> None:
    last = select(func.max(delivery_attempt.c.number)).where(delivery_attempt.c.delivery_id == row.id)
    number = (session.execute(last).scalar_one() or 0) + 1
    session.execute(
        insert(delivery_attempt).values(
            delivery_id=row.id,
            number=number,
            organization_id=row.organization_id,
            at=now,
            milliseconds=milliseconds,
            status=result.answer.status if result.answer else None,
            excerpt=_storable(result.answer.excerpt) if result.answer else "",
            error=None if result.error is None else _storable(result.error)[:LONGEST_ERROR],
        )
    )


def _finish(
    session: WriteSession, row: Row[Any], state: State, now: datetime, result: _Result | None = None, *, error: str = ""
) -> State:
    values = _columns(row, result) if result else {"error": error}
    done = {"state": state, "next_at": None, "finished_at": now}
    session.execute(update(delivery).where(delivery.c.id == row.id).values(**values, **done))
    return state


def _columns(row: Row[Any], result: _Result) -> dict[str, Any]:
    return {
        "attempts": row.attempts + 1,
        "status": result.answer.status if result.answer else None,
        "error": None if result.error is None else _storable(result.error)[:LONGEST_ERROR],
        **({"body": dict(result.body)} if result.body is not None else {}),
    }


def _storable(words: str) -> str:
    # PostgreSQL holds no NUL, and JSON answers may bring lone surrogates.
    return words.replace("\x00", " ").encode("utf-8", "replace").decode()
