"""Questions as they were asked: one's own history, the last of a conversation, and receipts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.access.actor import Actor
from core.access.permissions import Permission
from core.ask.reply import Option, Outcome, ReadBy
from core.errors import LimitReached, NotFound
from core.metrics.query import Query
from db.models.ask import question
from db.session import ReadSession

A_MINUTE = 30


@dataclass(frozen=True)
class Asked:
    """A question that was asked, without its rows."""

    id: UUID
    conversation_id: UUID
    asked_at: datetime
    as_of: datetime
    question: str
    outcome: Outcome
    answer: str
    read_by: ReadBy | None
    query: Query | None
    options: tuple[Option, ...]
    sql: tuple[str, ...]
    rows: int
    digest: bytes | None


def receipt(session: ReadSession, actor: Actor, receipt_id: UUID) -> Asked:
    """Return a question of one's own by its receipt; NotFound for anybody else's."""
    actor.require(Permission.AI_QUERY)
    mine = select(question).where(question.c.id == receipt_id, question.c.actor_id == actor.id)
    row = session.execute(mine).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such receipt, or it is somebody else's.")
    return _asked(row)


def last_of(session: ReadSession, actor: Actor, conversation_id: UUID) -> Asked:
    """Return the last question of one's own conversation, to go on from; NotFound for anybody else's."""
    wanted = select(question).where(question.c.conversation_id == conversation_id, question.c.actor_id == actor.id)
    row = session.execute(wanted.order_by(question.c.id.desc()).limit(1)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such conversation, or it is somebody else's. Ask without a conversationId.")
    return _asked(row)


def last_query(session: ReadSession, actor: Actor, conversation_id: UUID) -> Query | None:
    """Return the last query of a conversation: what a follow-up leaves unsaid."""
    wanted = select(question.c.query).where(
        question.c.conversation_id == conversation_id, question.c.actor_id == actor.id, question.c.query.is_not(None)
    )
    found = session.execute(wanted.order_by(question.c.id.desc()).limit(1)).scalar_one_or_none()
    return None if found is None else Query.model_validate(found)


def history(session: ReadSession, actor: Actor, *, limit: int = 20) -> tuple[Asked, ...]:
    """Return one's own questions, the last of each wording, newest first; those that go on from others stay out."""
    actor.require(Permission.AI_QUERY)
    newest = (
        select(question.c.id)
        .where(question.c.actor_id == actor.id, question.c.conversation_id == question.c.id)
        .ext(distinct_on(question.c.question))
        .order_by(question.c.question, question.c.id.desc())
    )
    wanted = select(question).where(question.c.id.in_(newest)).order_by(question.c.id.desc()).limit(limit)
    return tuple(_asked(row) for row in session.execute(wanted).mappings())


def require_rate(session: ReadSession, actor: Actor, *, now: datetime) -> None:
    """Raise LimitReached where a person has asked thirty questions within a minute."""
    since = now - timedelta(minutes=1)
    asked = select(func.count().label("asked"), func.min(question.c.asked_at).label("oldest")).where(
        question.c.actor_id == actor.id, question.c.asked_at > since
    )
    found = session.execute(asked).one()
    if found.asked >= A_MINUTE:
        wait = max(1, int((found.oldest - since).total_seconds()) + 1)
        raise LimitReached(f"That is {A_MINUTE} questions within a minute. Ask again in {wait} s.", retry_after=wait)


def _asked(row: RowMapping) -> Asked:
    given = dict(row)
    kept = {name: given[name] for name in Asked.__dataclass_fields__ if name not in {"query", "options", "sql"}}
    options = given["options"] or []
    return Asked(
        **kept,
        query=None if given["query"] is None else Query.model_validate(given["query"]),
        options=tuple(Option(one["label"], Query.model_validate(one["query"])) for one in options),
        sql=tuple(given["sql"]),
    )
