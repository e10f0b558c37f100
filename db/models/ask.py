"""The table of questions: each with how it was read, what it was answered and the receipt to ask it again."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Uuid
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, organization_id, primary_id, text

question = Table(
    "question",
    metadata,
    # The receipt.
    primary_id(),
    organization_id(),
    text("actor_id"),
    # The id of the conversation's first question.
    Column("conversation_id", Uuid, nullable=False),
    instant("asked_at"),
    # The instant that the books were looked at.
    instant("as_of"),
    text("question"),
    text("outcome"),
    text("answer"),
    # Who read it: the grammar, a model, or a person who chose or changed a reading; null where nobody could.
    text("read_by", nullable=True),
    text("model", nullable=True),
    Column("query", Json, nullable=True),
    Column("options", Json, nullable=True),
    # The statements that ran, and of their rows the number and a digest: enough to tell whether they came out the same.
    Column("sql", Json, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=True),
    Column("truncated", Boolean, nullable=False, server_default=sql("false")),
    Column("elapsed_ms", Integer, nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    CheckConstraint("outcome IN ('ANSWER', 'CLARIFY', 'ABSTAIN', 'REFUSE')", name="outcome"),
    CheckConstraint("read_by IN ('grammar', 'model', 'person')", name="read_by"),
)
Index("ix_question_actor", question.c.actor_id, question.c.asked_at)
Index("ix_question_conversation", question.c.conversation_id, question.c.asked_at)
