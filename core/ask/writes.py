"""The log of questions: every one, whatever came of it, in the words it was asked in."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert

from core.access import audit
from core.access.actor import Actor
from core.ask.receipts import digest
from core.ask.reply import Reply
from db.models.ask import question
from db.session import WriteSession

_VERBS: Final = {
    "ANSWER": "question.answered",
    "CLARIFY": "question.clarified",
    "ABSTAIN": "question.left_open",
    "REFUSE": "question.refused",
}


def log_question(session: WriteSession, actor: Actor, reply: Reply, *, now: datetime) -> None:
    """Keep a question with its reply, and note in the audit trail that it was asked; rows themselves are not kept."""
    found = reply.found
    row: dict[str, Any] = {
        "id": reply.receipt_id,
        "organization_id": actor.organization_id,
        "actor_id": actor.id,
        "conversation_id": reply.conversation_id,
        "asked_at": reply.asked_at,
        "as_of": reply.as_of,
        "question": reply.question,
        "outcome": reply.outcome,
        "answer": reply.text,
        "read_by": reply.read_by,
        "model": reply.spent.model if reply.spent else None,
        "query": reply.query.model_dump(mode="json") if reply.query else None,
        "options": [{"label": one.label, "query": one.query.model_dump(mode="json")} for one in reply.options] or None,
        "sql": list(reply.sql),
        "rows": len(found.frame) if found else 0,
        "digest": digest(found.columns, found.frame) if found else None,
        "truncated": bool(found and found.truncated),
        "elapsed_ms": reply.elapsed_ms,
        "tokens_in": reply.spent.tokens_in if reply.spent else 0,
        "tokens_out": reply.spent.tokens_out if reply.spent else 0,
    }
    session.execute(insert(question).values(row))
    read = {"readBy": reply.read_by, "metrics": list(reply.query.metrics) if reply.query else []}
    audit.record(session, actor, _VERBS[reply.outcome], ("question", str(reply.receipt_id)), now=now, after=read)
