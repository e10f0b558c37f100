"""Imports as they are written: a run with its files and report, how far it is, and a marker for every row taken."""

import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.announce.writes import announce
from core.errors import Conflict
from core.ids import new_id
from core.imports.checking import Checked
from core.imports.files import File
from core.imports.findings import Finding, compressed
from core.imports.reads import Order, may_import
from core.imports.rows import Key
from db.models.imports import import_file, import_run
from db.session import WriteSession

# Uploads that nobody went on with.
FORGOTTEN_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True)
class Marker:
    """A row that was taken over, whose it became, and whether something about it is odd."""

    key: Key
    digest: bytes
    organization_id: UUID
    doubtful: bool


def record_check(session: WriteSession, actor: Actor, order: Order, checked: Checked, *, now: datetime) -> UUID:
    """Keep a check with its report, so that it can be looked at and gone on with; nothing is taken over yet."""
    may_import(actor)
    made = new_id()
    values = {
        "organization_id": actor.organization_id,
        "books": checked.books.books,
        "mapping_name": order.mapping_name,
        "mapping": order.mapping,
        "state": "checked",
        "started_by": actor.label,
        "created_at": now,
        "as_of": checked.end if checked.books.as_of else None,
        **_found(checked),
    }
    session.execute(insert(import_run).values(id=made, **values))
    session.execute(insert(import_file), [_file(made, actor, file) for file in order.files.values()])
    after = {"books": checked.books.books, "rows": checked.new_rows, "reasons": checked.reasons}
    audit.record(session, actor, "import.checked", ("import", str(made)), now=now, after=after)
    return made


def start(session: WriteSession, actor: Actor, run_id: UUID, *, queued: bool, now: datetime) -> None:
    """Let a checked or failed import begin; Conflict for one that is under way or done."""
    may_import(actor)
    startable = (import_run.c.id == run_id) & import_run.c.state.in_(["checked", "failed"])
    values = {"state": "queued" if queued else "running", "started_at": now, "failure": None, "stage": "waiting"}
    if session.execute(update(import_run).where(startable).values(**values)).rowcount == 0:
        raise Conflict("This import is under way or done; look at its report.", code="import_started")
    audit.record(session, actor, "import.started", ("import", str(run_id)), now=now)


def tell_progress(session: WriteSession, run_id: UUID, stage: str, done: int, total: int) -> None:
    """Note how far an import is."""
    values = {"state": "running", "stage": stage, "done": done, "total": total}
    session.execute(update(import_run).where(import_run.c.id == run_id).values(**values))


def finish(
    session: WriteSession,
    actor: Actor,
    run_id: UUID,
    checked: Checked,
    refused: Sequence[Finding],
    *,
    now: datetime,
) -> None:
    """Note that everything is in, but for what was refused on the way; the contents of the files go.

    The report stays as it was checked, before anything was in. An earlier run of the same books that was stopped for
    good is over by this one.
    """
    values: dict[str, Any] = {"state": "done", "finished_at": now, "stage": "done", "failure": None}
    if refused:
        values |= _found(replace(checked, findings=[*checked.findings, *refused]))
    mine = import_run.c.id == run_id
    session.execute(update(import_run).where(mine).values(**values))
    stopped = (import_run.c.books == checked.books.books) & import_run.c.state.in_(["queued", "running"])
    said = "It was stopped before its end; a later import of the same books went on where it was."
    session.execute(update(import_run).where(stopped, ~mine).values(state="failed", failure=said, finished_at=now))
    session.execute(update(import_file).where(import_file.c.import_id == run_id).values(content=None))
    counts = session.execute(select(import_run.c.summary["counts"]).where(mine)).scalar_one()
    after = {"books": checked.books.books, "taken": {one["source"]: one["new"] for one in counts}}
    audit.record(session, actor, "import.finished", ("import", str(run_id)), now=now, after=after)
    title = f"{checked.books.books} imported: {taken_sentence(counts)}"
    news = {"kind": "import.finished", "title": title}
    announce(session, actor.organization_id, "activity:new", news, now=now)
    announce(session, actor.organization_id, "metrics:updated", {"metrics": ["mrr"]}, now=now)


def fail(session: WriteSession, actor: Actor, run_id: UUID, sentence: str, *, now: datetime) -> None:
    """Note why an import stopped; what is in stays, and it can be started again."""
    values = {"state": "failed", "finished_at": now, "failure": sentence}
    session.execute(update(import_run).where(import_run.c.id == run_id).values(**values))
    audit.record(session, actor, "import.failed", ("import", str(run_id)), now=now, after={"why": sentence[:500]})


def forget_checks(session: WriteSession, *, now: datetime) -> int:
    """Take away checks that nobody went on with for a week, with their files, and return how many."""
    old = (import_run.c.state == "checked") & (import_run.c.created_at < now - FORGOTTEN_AFTER)
    return session.execute(delete(import_run).where(old)).rowcount


def lock_books(session: WriteSession, books: str) -> None:
    """Wait for, and hold until the commit, the right to take rows of these books over."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"import {books}", 0))))


# In one statement however many rows; one that is there already stays as it is.
_MARK: Final = """
INSERT INTO import_row (books, source, external_id, organization_id, digest, outcome, import_id)
SELECT %(books)s, g.source, g.external_id, g.organization_id, g.digest, g.outcome, %(import_id)s
FROM unnest(%(sources)s::text[], %(ids)s::text[], %(organizations)s::uuid[], %(digests)s::bytea[],
            %(outcomes)s::text[]) AS g (source, external_id, organization_id, digest, outcome)
ON CONFLICT (books, source, external_id) DO NOTHING
"""
_MARKED: Final = """
SELECT r.source, r.external_id, r.organization_id
FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS g (source, external_id)
JOIN import_row r ON r.books = %(books)s AND r.source = g.source AND r.external_id = g.external_id
"""


def mark_rows(session: WriteSession, books: str, run_id: UUID, markers: Iterable[Marker]) -> None:
    """Mark rows as taken over, in the transaction that takes them."""
    given = list(markers)
    asked: dict[str, Any] = {
        "books": books,
        "import_id": run_id,
        "sources": [one.key[0] for one in given],
        "ids": [one.key[1] for one in given],
        "organizations": [one.organization_id for one in given],
        "digests": [one.digest for one in given],
        "outcomes": ["doubtful" if one.doubtful else "imported" for one in given],
    }
    session.connection.exec_driver_sql(_MARK, asked)


def marked(session: WriteSession, books: str, keys: Iterable[Key]) -> dict[Key, UUID]:
    """Return which of some rows are marked by now, and whose they became."""
    given = list(keys)
    asked: dict[str, Any] = {"books": books, "sources": [key[0] for key in given], "ids": [key[1] for key in given]}
    found = session.connection.exec_driver_sql(_MARKED, asked)
    return {(row.source, row.external_id): row.organization_id for row in found}


def taken_sentence(counts: Iterable[Mapping[str, Any]]) -> str:
    """Return in words what an import takes over, such as “500 customers, 5,000 subscriptions”."""
    new: dict[str, int] = {}
    for one in counts:
        new[one["entity"]] = new.get(one["entity"], 0) + one["new"]
    said = [f"{number:,} {_PLURALS[entity]}" for entity, number in new.items() if number]
    return ", ".join(said) or "nothing new"


_PLURALS: Final[Mapping[str, str]] = {
    "customer": "customers",
    "subscription": "subscriptions",
    "feature_usage": "rows of usage",
    "ticket": "tickets",
    "churn_event": "churn events",
    "invoice": "invoices",
}


def _found(checked: Checked) -> dict[str, Any]:
    return {"summary": checked.summary(), "report": compressed(checked.findings)}


def _file(run_id: UUID, actor: Actor, file: File) -> dict[str, Any]:
    return {
        "import_id": run_id,
        "name": file.name,
        "organization_id": actor.organization_id,
        "digest": file.digest,
        "size": len(file.content),
        "content": gzip.compress(file.content, 1),
    }
