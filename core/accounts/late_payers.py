"""Who owes money that should be here by now, in a sentence each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.ageing import ageing, payment_standing
from core.money import total
from db.session import ReadSession


@dataclass(frozen=True)
class LatePayer:
    """A customer with late invoices; `days` since the oldest of them was due."""

    organization_id: UUID
    days: int
    sentence: str


def late_payers(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[LatePayer, ...]:
    """Return who is late, the longest first; nobody to those who may not read money."""
    actor.require_vendor()
    if not actor.may(Permission.FINANCE_READ):
        return ()
    rows = [one for one in ageing(session, actor, day=now.date()) if any(one.amounts[1:])]
    standings = payment_standing(session, {one.organization_id for one in rows}, now)
    found = []
    for one in rows:
        late, standing = total(one.amounts[1:], one.total.currency), standings[one.organization_id]
        declined = "; the last payment failed" if standing.payment_failed else ""
        days = f"{standing.days_late} day" + ("s" if standing.days_late != 1 else "")
        sentence = f"{late} should have been paid {days} ago{declined}."
        found.append(LatePayer(one.organization_id, standing.days_late, sentence))
    return tuple(sorted(found, key=lambda one: (-one.days, one.sentence)))
