"""Imports as they are looked at: what was taken over before, the history of runs, and a run's files and report."""

import gzip
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, NotFound
from core.imports.files import File
from core.imports.gathering import Known
from core.imports.rows import Key
from db.models.imports import import_file, import_row, import_run
from db.models.licensing import license as licenses
from db.models.licensing import tier
from db.models.organizations import organization
from db.session import ReadSession

MOST: Final = 100


@dataclass(frozen=True)
class Run:
    """An import: checked, then queued, running, done or failed; `done` of `total` customers are in."""

    id: UUID
    books: str
    mapping_name: str
    state: str
    started_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    as_of: datetime | None
    stage: str
    done: int
    total: int
    summary: dict[str, Any]
    failure: str | None


@dataclass(frozen=True)
class Order:
    """What a run is made from: the mapping as it was written, and the files."""

    mapping: str
    mapping_name: str
    files: dict[str, File]


@dataclass(frozen=True)
class Noted:
    """What is wrong with books that were taken over: sentences on the whole, and how many rows for which reason."""

    run_id: UUID
    books: str
    as_of: datetime | None
    notes: tuple[str, ...]
    reasons: dict[str, int]


_COLUMNS: Final = tuple(import_run.c[name] for name in Run.__dataclass_fields__)


def runs(session: ReadSession, actor: Actor, *, limit: int = 50) -> tuple[Run, ...]:
    """Return imports, newest first; needs `organization:create`."""
    may_import(actor)
    newest = (import_run.c.created_at.desc(), import_run.c.id.desc())
    statement = select(*_COLUMNS).order_by(*newest).limit(min(limit, MOST))
    return tuple(_run(row) for row in session.execute(statement).mappings())


def run_by_id(session: ReadSession, actor: Actor, run_id: UUID) -> Run:
    """Return one import, or raise NotFound."""
    may_import(actor)
    row = session.execute(select(*_COLUMNS).where(import_run.c.id == run_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such import.")
    return _run(row)


def report_of(session: ReadSession, actor: Actor, run_id: UUID) -> tuple[str, bytes]:
    """Return a file name and the report as CSV: every refused or doubtful row with its reason."""
    run = run_by_id(session, actor, run_id)
    packed = session.execute(select(import_run.c.report).where(import_run.c.id == run_id)).scalar_one()
    books = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in run.books).strip("-")
    return f"import-{books.lower() or 'books'}-{run.created_at:%Y-%m-%d}.csv", gzip.decompress(packed)


def noted(session: ReadSession, actor: Actor) -> tuple[Noted, ...]:
    """Return what is wrong with each of the books that figures rest on, by their first import; needs `finance:read`.

    Of each the import that found most: a later one, which brings what is new, may find little.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    c = import_run.c
    statement = select(c.id, c.books, c.as_of, c.summary).where(c.state == "done").order_by(c.finished_at, c.id)
    found: dict[str, Noted] = {}
    for row in session.execute(statement):
        made = Noted(row.id, row.books, row.as_of, tuple(row.summary["notes"]), dict(row.summary["reasons"]))
        before = found.get(row.books)
        if before is None or sum(made.reasons.values()) > sum(before.reasons.values()):
            found[row.books] = made
    return tuple(one for one in found.values() if one.notes or one.reasons)


def order_of(session: ReadSession, run_id: UUID) -> Order:
    """Return what a run is made from; for the run itself, so asks no permission. Conflict once its files are gone."""
    row = session.execute(
        select(import_run.c.mapping, import_run.c.mapping_name).where(import_run.c.id == run_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such import.")
    statement = select(import_file.c.name, import_file.c.content).where(import_file.c.import_id == run_id)
    found = session.execute(statement).all()
    if not found or any(file.content is None for file in found):
        raise Conflict("The files of this import are no longer kept. Upload them again.", code="files_gone")
    return Order(
        row.mapping, row.mapping_name, {file.name: File(file.name, gzip.decompress(file.content)) for file in found}
    )


def known_rows(session: ReadSession, books: str) -> dict[Key, Known]:
    """Return every row of some books that was taken over before, by source and id."""
    c = import_row.c
    statement = select(c.source, c.external_id, c.digest, c.organization_id).where(c.books == books)
    return {
        (row.source, row.external_id): Known(bytes(row.digest), row.organization_id)
        for row in session.execute(statement)
    }


def customer_names(session: ReadSession) -> frozenset[str]:
    """Return the names of the customers there are, in lower case."""
    statement = select(func.lower(organization.c.name)).where(organization.c.realm == "customer")
    return frozenset(session.execute(statement).scalars())


def tier_ids(session: ReadSession) -> tuple[str, ...]:
    """Return the tiers there are, lowest first."""
    return tuple(session.execute(select(tier.c.id).order_by(tier.c.rank)).scalars())


def is_demo(session: ReadSession) -> bool:
    """Whether the demo world lives here."""
    demo = select(organization.c.id).where(organization.c.demo, organization.c.realm == "customer").limit(1)
    return session.execute(demo).first() is not None


def installs_of(session: ReadSession, organization_ids: list[UUID]) -> dict[UUID, str]:
    """Return the first install of each of some customers."""
    c = licenses.c
    statement = (
        select(c.organization_id, c.install_id)
        .where(c.organization_id.in_(organization_ids))
        .order_by(c.issued_at.desc(), c.id.desc())
    )
    return {row.organization_id: row.install_id for row in session.execute(statement)}


def installs_taken(session: ReadSession, run_id: UUID) -> list[str]:
    """Return the installs of the customers that a run brought rows of."""
    taken = select(import_row.c.organization_id).where(import_row.c.import_id == run_id)
    statement = select(licenses.c.install_id).where(licenses.c.organization_id.in_(taken)).order_by(licenses.c.id)
    return list(session.execute(statement).scalars())


def anybody_phones_home(session: ReadSession) -> bool:
    """Whether any license was ever verified here: then this is no mere look at history."""
    return (
        session.execute(select(licenses.c.id).where(licenses.c.first_verified_at.is_not(None)).limit(1)).first()
        is not None
    )


def may_import(actor: Actor) -> None:
    """Raise NotPermitted unless the actor may import: it makes customers, their licenses and their money."""
    actor.require(Permission.ORGANIZATION_CREATE)
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    actor.require_vendor()


def _run(row: RowMapping) -> Run:
    return Run(**row)
