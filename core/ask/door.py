"""The way of a question: read by the grammar or a model, answered by the catalogue, logged whatever comes of it."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import OperationalError

from core.access.actor import Actor
from core.access.permissions import Permission
from core.ask import reads, receipts, wording, writes
from core.ask.chart_rule import MOST_COLUMNS, chart_for
from core.ask.chips import chips
from core.ask.examples import examples
from core.ask.reader import PATIENCE_SECONDS, TOOK_TOO_LONG, reader_of
from core.ask.reply import Option, Reply
from core.ask.understanding import Understood, understand
from core.ask.vocabulary import Vocabulary, vocabulary
from core.ask.words import LONGEST, normalized
from core.config import Settings, settings
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotPermitted
from core.ids import new_id
from core.metrics import answering
from core.metrics.answered import Answered
from core.metrics.catalog import metric
from core.metrics.query import MOST_ROWS, Query
from core.organizations.viewpoint import viewpoint

_NEAREST: Final = 3
# Sources whose figure of a span is made of what happened in it.
_SUMMED: Final = frozenset({"ledger", "costs", "usage", "tickets"})


@dataclass(frozen=True)
class Replay:
    """A receipt asked again: what was said then, what comes out now, and whether the rows are the same."""

    asked: reads.Asked
    found: Answered | None
    text: str
    same: bool | None


@dataclass(frozen=True)
class _Before:
    """What is known before a question is read: when the books are looked at, and what was asked before."""

    as_of: datetime
    words: Vocabulary
    previous: Query | None = None
    options: tuple[Option, ...] = ()


def ask(
    databases: Databases,
    actor: Actor,
    question: str,
    *,
    now: datetime,
    conversation_id: UUID | None = None,
    query: Query | None = None,
    with_settings: Settings | None = None,
) -> Reply:
    """Return the reply to a question, and log it.

    With `conversation_id` it may leave unsaid what the last question of that conversation said, or name one of its
    options. `query` is a reading that a person chose or changed. Needs `ai:query`. Raises InvalidInput for a question
    that is empty or too long, NotFound for another's conversation, LimitReached for too many within a minute.
    """
    actor.require(Permission.AI_QUERY)
    actor.require_vendor()
    text = cleaned(question)
    started = time.perf_counter()
    before = _before(databases, actor, conversation_id, now)
    found = _chosen(before, text, query) or understand(
        text, before.words, actor, now=before.as_of, previous=before.previous, by=with_settings or settings()
    )
    receipt = new_id()
    reply = Reply(
        outcome=found.outcome,
        text=found.text,
        receipt_id=receipt,
        conversation_id=conversation_id or receipt,
        question=text,
        asked_at=now,
        as_of=before.as_of,
        elapsed_ms=0,
        read_by=found.read_by,
        spent=found.spent,
        query=found.query,
        options=found.options,
        unknown=found.unknown,
        assumptions=found.assumptions,
    )
    reply = _answered(databases, actor, reply) if reply.outcome == "ANSWER" else reply
    if reply.outcome == "ABSTAIN":
        reply = replace(reply, examples=_near(text, before.words))
    reply = replace(reply, elapsed_ms=round(1000 * (time.perf_counter() - started)))
    with databases.control.write(actor.tenancy()) as session:
        writes.log_question(session, actor, reply, now=now)
    return reply


def replay(databases: Databases, actor: Actor, receipt_id: UUID) -> Replay:
    """Ask the catalogue again what a receipt of one's own was answered with, as of the same instant."""
    actor.require(Permission.AI_QUERY)
    actor.require_vendor()
    with databases.control.read(actor.tenancy()) as session:
        asked = reads.receipt(session, actor, receipt_id)
    if asked.outcome != "ANSWER" or asked.query is None:
        return Replay(asked, None, asked.answer, None)
    try:
        found = _run(databases, actor, asked.query, asked.as_of)
    except (NotPermitted, InvalidInput, Conflict) as refused:
        return Replay(asked, None, refused.message, False)
    same = receipts.digest(found.columns, found.frame) == asked.digest
    return Replay(asked, found, wording.sentence(found, _whole(databases, actor, found)), same)


def cleaned(question: str) -> str:
    """Return a question without what can't be seen, or raise InvalidInput where nothing or too much is left."""
    text = normalized(question)
    if not text:
        raise InvalidInput("Ask something, for example: What is our MRR?", field="question")
    if len(text) > LONGEST:
        raise InvalidInput(f"A question has at most {LONGEST} characters.", field="question")
    return text


def _before(databases: Databases, actor: Actor, conversation_id: UUID | None, now: datetime) -> _Before:
    with databases.control.read(actor.tenancy()) as session:
        reads.require_rate(session, actor, now=now)
        as_of = viewpoint(session) or now
        last = reads.last_of(session, actor, conversation_id) if conversation_id else None
        previous = reads.last_query(session, actor, conversation_id) if conversation_id else None
    with reader_of(databases).sessions(actor.tenancy()) as (control, _):
        words = vocabulary(control, actor, now=as_of)
    return _Before(as_of, words, previous, last.options if last else ())


def _chosen(before: _Before, text: str, query: Query | None) -> Understood | None:
    """Return the reading that a person chose: one they changed themselves, or an option that was offered."""
    named = [one.query for one in before.options if one.label.casefold() == text.casefold()]
    picked = query or next(iter(named), None)
    return None if picked is None else Understood("ANSWER", query=picked, read_by="person")


def _answered(databases: Databases, actor: Actor, reply: Reply) -> Reply:
    """Return the reply with its figures, or why there are none to be had."""
    assert reply.query is not None  # noqa: S101 - an answer has a query
    try:
        found = _run(databases, actor, reply.query, reply.as_of)
    except NotPermitted as refused:
        return replace(reply, outcome="REFUSE", text=refused.message)
    except (InvalidInput, Conflict) as refused:
        return replace(reply, outcome="ABSTAIN", text=refused.message)
    except OperationalError as failed:
        if getattr(failed.orig, "sqlstate", None) != TOOK_TOO_LONG:
            raise
        text = (
            f"Reading that took more than {PATIENCE_SECONDS} s, so it was stopped. Ask for a shorter time, or for less."
        )
        return replace(reply, outcome="ABSTAIN", text=text)
    whole = _whole(databases, actor, found)
    return replace(
        reply,
        text=wording.sentence(found, whole),
        query=found.query,
        found=found,
        whole=whole,
        chips=chips(found.query, found.span),
        chart=chart_for(found),
        assumptions=tuple(dict.fromkeys((*reply.assumptions, *found.assumptions))),
    )


def _whole(databases: Databases, actor: Actor, found: Answered) -> Answered | None:
    """Return the figure of a trend's whole span, which its steps do not tell: no sum of rates is one."""
    query = found.query
    if query.intent != "trend" or query.dimensions or len(query.metrics) > 1 or query.span is None:
        return None
    one = metric(query.metrics[0])
    if one.kind == "snapshot" or one.source not in _SUMMED or (one.kind == "ratio" and len(found.frame) > MOST_COLUMNS):
        return None
    asked = Query(intent="value", metrics=query.metrics, filters=query.filters, span=query.span)
    whole = _run(databases, actor, asked, found.as_of)
    return whole if whole.undefined is None else None


def _run(databases: Databases, actor: Actor, query: Query, as_of: datetime) -> Answered:
    with reader_of(databases).sessions(actor.tenancy()) as (control, telemetry):
        found = answering.answer(control, telemetry, actor, query, now=as_of)
    if len(found.frame) <= MOST_ROWS:
        return found
    return replace(found, frame=found.frame.head(MOST_ROWS), truncated=True)


def _near(text: str, words: Vocabulary) -> tuple[str, ...]:
    """Return the examples that share most words with a question."""
    asked = set(text.lower().split())
    ranked = sorted(examples(words), key=lambda one: -len(asked & set(one.lower().rstrip("?").split())))
    return tuple(ranked[:_NEAREST])
