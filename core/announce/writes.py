"""Telling that something happened: an outbox row in the transaction that caused it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert

from db.models.announce import outbox
from db.session import WriteSession


def announce(
    session: WriteSession, organization_id: UUID, event_type: str, data: Mapping[str, Any], *, now: datetime
) -> None:
    """Announce `event_type` (`activity:new`, `metrics:updated`, `notification:new`) to an organization's listeners.

    The relay sends it after the commit; nobody hears of what was rolled back. `data` is small JSON: what a feed shows.
    """
    session.execute(insert(outbox).values(organization_id=organization_id, type=event_type, data=dict(data), at=now))


def prune(session: WriteSession, before: datetime) -> int:
    """Forget what was told before that instant, and return how many events that were; the untold ones stay."""
    return session.execute(delete(outbox).where(outbox.c.relayed_at < before)).rowcount
