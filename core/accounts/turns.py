"""One's turn at a customer's money: waited for under a lock, and what then moves, in the ledger and on the wire."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.announce.writes import announce
from core.billing.reads import Subscription, latest_start
from core.finance.reads import Movement, last_movement_at
from core.finance.writes import lock_ledger, record_movement
from db.session import WriteSession

CLOCK_SLACK: Final = timedelta(minutes=1)


def turn(session: WriteSession, organization_id: UUID, now: datetime) -> datetime:
    """Wait for one's turn at a customer's money, and return the time of the act: never before the one it waited for.

    Who asked first may come second, and two machines' clocks differ. A date that is truly in the past stays, and is
    refused by the ledger.
    """
    lock_ledger(session, organization_id)
    before = [last_movement_at(session, organization_id), latest_start(session, organization_id)]
    latest = max((at for at in before if at is not None), default=now)
    return latest if now < latest <= now + CLOCK_SLACK else now


def move(
    session: WriteSession,
    actor: Actor,
    before: Subscription | None,
    after: Subscription | None,
    *,
    now: datetime,
    reason: str = "",
    effective_at: datetime | None = None,
) -> Movement | None:
    """Record what the step from one subscription to the other moves, and announce that something moved.

    `effective_at` is for what was agreed for an earlier instant than that at which it is written.
    """
    if before is None and after is None:
        return None
    why = reason.strip() or None
    moved = record_movement(session, actor, before, after, now=now, effective_at=effective_at, reason=why)
    if moved is not None:
        # Without the amount: who listens may not all see money.
        announce(session, moved.organization_id, "metrics:updated", {"metrics": ["mrr"], "kind": moved.kind}, now=now)
    return moved
