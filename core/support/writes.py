"""Tickets and churn events of the past, taken over as they were."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.ids import new_id
from core.support.tickets import ChurnEvent, Ticket
from db.models.support import churn_event, support_ticket
from db.session import WriteSession


def record_past_tickets(session: WriteSession, actor: Actor, tickets: Iterable[Ticket], *, now: datetime) -> int:
    """Add tickets that another system kept, and return how many; needs `customer:update`, audited once."""
    rows = [{"id": new_id(), **_columns(ticket)} for ticket in tickets]
    _may(actor)
    if rows:
        session.execute(insert(support_ticket), rows)
        _record(session, actor, "ticket.imported", len(rows), now)
    return len(rows)


def record_churn_events(session: WriteSession, actor: Actor, events: Iterable[ChurnEvent], *, now: datetime) -> int:
    """Add churn events that another system kept, and return how many; needs `customer:update`, audited once."""
    rows = [
        {
            "id": new_id(),
            "organization_id": event.organization_id,
            "at": event.at,
            "reason": event.reason,
            "feedback": event.feedback,
            "refund_minor": event.refund.minor,
            "currency": event.refund.currency,
            "reactivation": event.reactivation,
        }
        for event in events
    ]
    _may(actor)
    if rows:
        session.execute(insert(churn_event), rows)
        _record(session, actor, "churn_event.imported", len(rows), now)
    return len(rows)


def _columns(ticket: Ticket) -> dict[str, object]:
    return {name: getattr(ticket, name) for name in Ticket.__dataclass_fields__}


def _may(actor: Actor) -> None:
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()


def _record(session: WriteSession, actor: Actor, action: str, rows: int, now: datetime) -> None:
    audit.record(session, actor, action, ("rows", str(rows)), now=now, after={"rows": rows})
