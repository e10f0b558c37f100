"""Marks of change: which customers' cards have to be refreshed, left by the domains below the card."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from db.models.accounts import card_mark
from db.session import WriteSession


def mark_card(session: WriteSession, organization_id: UUID, now: datetime) -> None:
    """Mark the organization's card as out of date, in the transaction of the change that made it so."""
    mark_cards(session, (organization_id,), now)


def mark_cards(session: WriteSession, organization_ids: Collection[UUID], now: datetime) -> None:
    """Mark the cards of several organizations, in one order, so that two who mark the same ones wait in turn."""
    statement = insert(card_mark)
    newest = func.greatest(card_mark.c.marked_at, statement.excluded.marked_at)
    marked = statement.on_conflict_do_update(index_elements=[card_mark.c.organization_id], set_={"marked_at": newest})
    session.execute(marked, [{"organization_id": one, "marked_at": now} for one in sorted(organization_ids)])
