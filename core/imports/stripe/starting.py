"""How far Stripe has been taken in, and the act of taking it all in."""

from dataclasses import dataclass
from datetime import datetime

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.stripe.reads import Progress, events_waiting, last_heard, progress
from core.billing.stripe.writes import queue_backfill
from core.imports.running import require_no_demo
from core.imports.stripe.taking import may_take
from db.session import ReadSession, WriteSession


@dataclass(frozen=True)
class Standing:
    """When Stripe last told anything, how many events wait, and the stages of the last backfill in their order."""

    heard_at: datetime | None
    waiting: int
    stages: tuple[Progress, ...]

    @property
    def under_way(self) -> Progress | None:
        """The stage that a backfill is in, or stopped in; None where all are done or none was begun."""
        return next((one for one in self.stages if one.finished_at is None), None)


def standing(session: ReadSession, actor: Actor) -> Standing:
    """Return how far Stripe has been taken in; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    return Standing(last_heard(session), events_waiting(session), tuple(progress(session)))


def start_backfill(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Queue a backfill; needs `organization:create`. Conflict where the demo world lives."""
    actor.require_vendor()
    actor.require(Permission.ORGANIZATION_CREATE)
    if not may_take(session):
        require_no_demo(session)
    queue_backfill(session)
    audit.record(session, actor, "stripe.backfill_asked_for", ("stripe", "backfill"), now=now)
