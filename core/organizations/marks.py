"""Marks of change: which customers' cards have to be refreshed, left by the domains below the card."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from db.models.accounts import card_mark
from db.session import WriteSession


def mark_card(session: WriteSession, organization_id: UUID, now: datetime) -> None:
    """Mark the organization's card as out of date, in the transaction of the change that made it so."""
    mark_cards(session, (organization_id,), now)


def mark_cards(session: WriteSession, organization_ids: Collection[UUID], now: datetime) -> None:
    """Mark the cards of several organizations; never waits for anybody else who marks them."""
    rows = [{"organization_id": one, "marked_at": now} for one in organization_ids]
    if rows:
        session.execute(insert(card_mark), rows)
