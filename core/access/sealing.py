"""The sealer: gives audit entries their place and hash in their organization's chain, soon after they are committed."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access.chain import COVERED, START, link
from core.access.checkpoints import Checkpoints, Head
from db.models.access import audit_entry, audit_head
from db.session import ReadSession, WriteSession

MOST_AT_ONCE = 1_000
_COLUMNS = tuple(audit_entry.c[name] for name in COVERED)

_SEAL = text("""
UPDATE audit_entry SET sequence = new.sequence, previous_hash = new.previous_hash, hash = new.hash
FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS bigint[]), CAST(:previous AS bytea[]), CAST(:hashes AS bytea[]))
     AS new (id, sequence, previous_hash, hash)
WHERE audit_entry.id = new.id AND audit_entry.sequence IS NULL
""")


def seal_waiting(
    write: Callable[[], AbstractContextManager[WriteSession]], checkpoints: Checkpoints, *, now: datetime
) -> int:
    """Chain what waits, one transaction an organization and batch, write due checkpoints, return how many entries.

    `write` opens a transaction of the system. Several sealers at once are safe; they wait for each other's heads.
    """
    sealed = 0
    with write() as session:
        waiting = organizations_waiting(session)
        if not checkpoints.caught_up:
            # A process that died may have owed some; this one writes them.
            for head in heads(session):
                checkpoints.note(head)
            checkpoints.caught_up = True
    for organization_id in waiting:
        added = MOST_AT_ONCE
        while added == MOST_AT_ONCE:
            with write() as session:
                added, head = seal(session, organization_id)
            # Only now is the head durable: a checkpoint ahead of the database would cry wolf.
            checkpoints.note(head)
            sealed += added
    checkpoints.write_due(now)
    return sealed


def organizations_waiting(session: ReadSession) -> Sequence[UUID]:
    """Return the organizations with entries not yet chained."""
    statement = select(audit_entry.c.organization_id).where(audit_entry.c.sequence.is_(None)).distinct()
    return session.execute(statement).scalars().all()


def heads(session: ReadSession) -> list[Head]:
    """Return every chain's head."""
    return [Head(**row._mapping) for row in session.execute(select(audit_head))]


def seal(session: WriteSession, organization_id: UUID) -> tuple[int, Head]:
    """Chain up to MOST_AT_ONCE waiting entries of one organization, in the order of their ids; return how many, head.

    Entries committed late follow those sealed before them: the chain's order is the order of sealing.
    """
    head = _locked_head(session, organization_id)
    rows = _waiting(session, organization_id)
    if not rows:
        return 0, head
    links = [head.hash]
    for place, row in enumerate(rows, head.sequence + 1):
        links.append(link(links[-1], dict(row), place))
    places = range(head.sequence + 1, head.sequence + len(rows) + 1)
    session.execute(
        _SEAL,
        {"ids": [row["id"] for row in rows], "sequences": [*places], "previous": links[:-1], "hashes": links[1:]},
    )
    sealed = Head(organization_id, places[-1], links[-1])
    session.execute(
        update(audit_head)
        .where(audit_head.c.organization_id == organization_id)
        .values(sequence=sealed.sequence, hash=sealed.hash)
    )
    return len(rows), sealed


def _locked_head(session: WriteSession, organization_id: UUID) -> Head:
    statement = select(audit_head).where(audit_head.c.organization_id == organization_id).with_for_update()
    row = session.execute(statement).one_or_none()
    if row is None:
        first = upsert(audit_head).values(organization_id=organization_id, sequence=0, hash=START)
        session.execute(first.on_conflict_do_nothing())
        row = session.execute(statement).one()
    return Head(**row._mapping)


def _waiting(session: WriteSession, organization_id: UUID) -> Sequence[RowMapping]:
    statement = select(*_COLUMNS).where(
        audit_entry.c.organization_id == organization_id, audit_entry.c.sequence.is_(None)
    )
    return session.execute(statement.order_by(audit_entry.c.id).limit(MOST_AT_ONCE)).mappings().all()
