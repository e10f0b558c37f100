"""Letting go of old answers to verifications; the one that stands for each question always stays."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, select

from db.models.licensing import decision
from db.session import ReadSession, WriteSession


def old_decisions(session: ReadSession, before: datetime) -> int:
    """Return how many decisions were last repeated before then and have been followed by another."""
    counted: int = session.execute(select(func.count()).select_from(_old(before).subquery())).scalar_one()
    return counted


def forget_decisions(session: WriteSession, before: datetime, *, most: int) -> int:
    """Delete those decisions, at most `most` of them and the oldest first, and return how many went."""
    oldest = _old(before).order_by(decision.c.id).limit(most)
    return session.execute(delete(decision).where(decision.c.id.in_(oldest))).rowcount


def _old(before: datetime) -> Select[Any]:
    later = decision.alias("later")
    followed = exists().where(
        later.c.license_id == decision.c.license_id,
        later.c.question_digest == decision.c.question_digest,
        later.c.id > decision.c.id,
    )
    return select(decision.c.id).where(decision.c.last_at < before, followed)
