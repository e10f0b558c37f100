"""A ticket and a churn event, as they come from the system that kept them before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from core.money import Money

Priority = Literal["low", "medium", "high", "urgent"]
PRIORITIES: Final[tuple[Priority, ...]] = get_args(Priority)


@dataclass(frozen=True)
class Ticket:
    """A question of a customer; `response_minutes` until the first answer, `satisfaction` from 1 to 5."""

    organization_id: UUID
    reference: str
    priority: Priority
    submitted_at: datetime
    closed_at: datetime | None = None
    response_minutes: int | None = None
    satisfaction: int | None = None
    escalated: bool = False
    subject: str = ""


@dataclass(frozen=True)
class ChurnEvent:
    """What was noted when a customer was said to leave; what it meant in MRR, only the ledger knows."""

    organization_id: UUID
    at: datetime
    reason: str
    refund: Money
    reactivation: bool = False
    feedback: str = ""
