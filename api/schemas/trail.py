"""Shapes of the audit trail and of activity on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.depends import Answer


class Party(Answer):
    """Who acted."""

    kind: str = Field(description="user, api_key, installation or system")
    id: str
    label: str


class Target(Answer):
    """What was acted on."""

    kind: str
    id: str


class AuditRow(Answer):
    """One entry of the audit trail; `sequence` and `hash` are its place in the chain once sealed."""

    id: UUID
    at: datetime
    organization_id: UUID
    actor: Party
    action: str
    target: Target
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str
    request_id: str
    sequence: int | None
    hash: str | None = Field(description="SHA-256, hexadecimal")


class AuditPage(Answer):
    """A page of the trail, newest first."""

    entries: list[AuditRow]
    next_cursor: str | None


class ChainBreak(Answer):
    """The first place where the chain does not hold."""

    kind: str
    sequence: int
    sentence: str
    entry_id: UUID | None


class ChainAnswer(Answer):
    """What a check of the chain found; entries before `checkedFrom` were not looked at."""

    organization_id: UUID
    intact: bool
    broken: ChainBreak | None
    sealed: int
    waiting: int
    oldest_waiting: datetime | None
    checked_from: int
    checked: int
    checkpoints: int
    everything_verified_at: datetime | None = Field(description="All chains, last; null for customers.")


class EventRow(Answer):
    """What happened, in the shape the realtime door sends."""

    id: int
    at: datetime
    organization_id: UUID
    type: str
    data: dict[str, Any]


class ActivityPage(Answer):
    """Events; `nextCursor` leads to those told after the last of them."""

    events: list[EventRow]
    next_cursor: str
