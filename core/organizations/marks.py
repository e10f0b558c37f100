"""Marks of change: which customers' cards have to be refreshed, left by the domains below the card."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from db.models.accounts import card_mark
from db.session import WriteSession


def mark_card(session: WriteSession, organization_id: UUID, now: datetime) -> None:
    """Mark the organization's card as out of date, in the transaction of the change that made it so."""
    statement = insert(card_mark).values(organization_id=organization_id, marked_at=now)
    newest = func.greatest(card_mark.c.marked_at, statement.excluded.marked_at)
    session.execute(
        statement.on_conflict_do_update(index_elements=[card_mark.c.organization_id], set_={"marked_at": newest})
    )
