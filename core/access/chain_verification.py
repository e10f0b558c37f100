"""Verifying audit chains against their entries, heads and signed checkpoints: the first break of each, by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from nacl.signing import VerifyKey
from sqlalchemy import func, select

from core.access.chain import COVERED, START, link
from core.access.checkpoints import (
    Checkpoint,
    Head,
    last_checkpoint,
    organizations_with_checkpoints,
    read_checkpoints,
)
from db.models.access import audit_entry, audit_head
from db.session import ReadSession

ROWS_AT_ONCE: Final = 1_000
_COLUMNS = (
    *(audit_entry.c[name] for name in COVERED),
    audit_entry.c.sequence,
    audit_entry.c.previous_hash,
    audit_entry.c.hash,
)


class BreakKind(StrEnum):
    """The ways in which a chain can be found broken."""

    EDITED = "edited"
    MISSING = "missing"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    HEAD_MISMATCH = "head_mismatch"
    REWRITTEN = "rewritten"
    FORGED_CHECKPOINT = "forged_checkpoint"


@dataclass(frozen=True)
class Break:
    """The first place where a chain doesn't hold, with a sentence for whoever investigates."""

    kind: BreakKind
    sequence: int
    sentence: str
    entry_id: UUID | None = None


@dataclass(frozen=True)
class ChainReport:
    """What was found of one organization's chain; `first` is the place of the first entry looked at."""

    organization_id: UUID
    first: int
    entries: int
    checkpoints: int
    unsealed: int
    broken: Break | None

    @property
    def intact(self) -> bool:
        """Whether everything looked at holds."""
        return self.broken is None


@dataclass(frozen=True)
class Report:
    """What was found of several chains; `broken` holds the reports of those that don't hold."""

    organizations: int
    entries: int
    checkpoints: int
    unsealed: int
    broken: tuple[ChainReport, ...]

    @property
    def intact(self) -> bool:
        """Whether every chain holds."""
        return not self.broken


def verify(session: ReadSession, folder: Path, key: VerifyKey, organization_id: UUID | None = None) -> Report:
    """Verify one organization's chain, or all; memory doesn't grow with the number of entries.

    An organization known only by its checkpoints counts too: its entries are gone.
    """
    chosen = _organizations(session, folder) if organization_id is None else [organization_id]
    organizations = entries = checkpoints = unsealed = 0
    broken = []
    for chosen_id in chosen:
        found = verify_chain(session, chosen_id, folder, key)
        organizations, entries = organizations + 1, entries + found.entries
        checkpoints, unsealed = checkpoints + found.checkpoints, unsealed + found.unsealed
        if not found.intact:
            broken.append(found)
    return Report(organizations, entries, checkpoints, unsealed, tuple(broken))


def verify_chain(
    session: ReadSession, organization_id: UUID, folder: Path, key: VerifyKey, *, newest: int | None = None
) -> ChainReport:
    """Verify one chain, or only its `newest` entries (and all that checkpoints say of those).

    Sealing may go on meanwhile: the last checkpoint is read before the head, the head before the entries.
    """
    last = last_checkpoint(folder, organization_id, key)
    head = _head(session, organization_id)
    first = 1 if newest is None else max(1, head.sequence - newest + 1)
    walk = _Walk(head, _genuine_until(read_checkpoints(folder, organization_id, key), last), first)
    broken = walk.run(_entries(session, head, first), _hash_at(session, organization_id, first - 1))
    if _sealed_beyond_head(session, organization_id):
        sentence = f"Entries are sealed beyond the head of the chain, which counts {head.sequence}: it was set back."
        broken = Break(BreakKind.HEAD_MISMATCH, head.sequence + 1, sentence)
    unsealed = session.execute(
        select(func.count()).where(audit_entry.c.organization_id == organization_id, audit_entry.c.sequence.is_(None))
    ).scalar_one()
    return ChainReport(organization_id, first, walk.entries, walk.checkpoints, unsealed, broken)


class _Walk:
    """One pass along a chain beside its checkpoints, both in the order of their places."""

    def __init__(self, head: Head, checkpoints: Iterator[Checkpoint], first: int) -> None:
        self.head = head
        self.entries = 0
        self.checkpoints = 0
        self._first = first
        self._ahead = checkpoints
        self._next = next(checkpoints, None)

    def run(self, rows: Iterator[Mapping[str, Any]], running: bytes) -> Break | None:
        """Return the first break, or None."""
        place = self._first - 1
        for row in rows:
            place += 1
            broken = _entry_break(row, place, running) or self._checkpoint_break(place, row["hash"], row["id"])
            if broken is not None:
                return broken
            running = row["hash"]
            self.entries += 1
        return self._end_break(place, running)

    def _checkpoint_break(self, place: int, found: bytes, entry_id: UUID | None) -> Break | None:
        while self._next is not None and (self._next.sequence <= place or not self._next.genuine):
            checkpoint, self._next = self._next, next(self._ahead, None)
            if not checkpoint.genuine:
                sentence = "A line of the checkpoint file was not signed by this installation, or was changed since."
                return Break(BreakKind.FORGED_CHECKPOINT, place, sentence)
            if checkpoint.sequence < self._first:
                continue
            self.checkpoints += 1
            if checkpoint.sequence != place or checkpoint.hash != found:
                sentence = (
                    f"Entry {place} is not the one that the checkpoint of {checkpoint.at:%Y-%m-%d %H:%M} UTC was "
                    "signed for: it, or entries before it, were rewritten together with their hashes."
                )
                return Break(BreakKind.REWRITTEN, place, sentence, entry_id)
        return None

    def _end_break(self, place: int, running: bytes) -> Break | None:
        if place < self.head.sequence:
            return _truncated(place, self.head.sequence, "the chain's head counts")
        if running != self.head.hash:
            sentence = f"The head of the chain does not carry the hash of its last entry, {place}: one was replaced."
            return Break(BreakKind.HEAD_MISMATCH, place, sentence)
        if self._next is not None:
            beyond = self._checkpoint_break(place, running, None)
            if beyond is not None:
                return beyond
        if self._next is not None:
            return _truncated(place, self._next.sequence, f"the checkpoint of {self._next.at:%Y-%m-%d %H:%M} UTC names")
        return None


def _entry_break(row: Mapping[str, Any], place: int, running: bytes) -> Break | None:
    if row["sequence"] != place:
        gone = f"Entry {place} is" if row["sequence"] == place + 1 else f"Entries {place} to {row['sequence'] - 1} are"
        return Break(BreakKind.MISSING, place, f"{gone} gone: the next one left is {row['sequence']}.")
    if row["previous_hash"] != running:
        sentence = f"Entry {place} was sealed after another entry than the one before it: the order was changed."
        return Break(BreakKind.REORDERED, place, sentence, row["id"])
    if link(running, row, place) != row["hash"]:
        what = f"{row['action']}, {row['at']:%Y-%m-%d %H:%M} UTC"
        sentence = f"Entry {place} ({what}) says something else than when it was sealed: it was edited."
        return Break(BreakKind.EDITED, place, sentence, row["id"])
    return None


def _truncated(place: int, counted: int, witness: str) -> Break:
    sentence = f"The chain ends at entry {place}, but {witness} {counted}: its end was cut off."
    return Break(BreakKind.TRUNCATED, place + 1, sentence)


def _genuine_until(checkpoints: Iterator[Checkpoint], last: Checkpoint | None) -> Iterator[Checkpoint]:
    """Yield checkpoints up to the one that was the last before the head was read; forged ones on the way too."""
    for checkpoint in checkpoints:
        if last is not None and last.genuine and checkpoint.genuine and checkpoint.sequence > last.sequence:
            return
        yield checkpoint


def _organizations(session: ReadSession, folder: Path) -> list[UUID]:
    chained = select(audit_entry.c.organization_id).where(audit_entry.c.sequence.is_not(None))
    known = session.execute(select(audit_head.c.organization_id).union(chained)).scalars()
    return sorted({*known, *organizations_with_checkpoints(folder)})


def _head(session: ReadSession, organization_id: UUID) -> Head:
    row = session.execute(select(audit_head).where(audit_head.c.organization_id == organization_id)).one_or_none()
    return Head(organization_id, 0, START) if row is None else Head(**row._mapping)


def _sealed_beyond_head(session: ReadSession, organization_id: UUID) -> bool:
    # One statement, so that head and entries are of the same instant while sealing goes on.
    head = select(audit_head.c.sequence).where(audit_head.c.organization_id == organization_id).scalar_subquery()
    beyond = select(audit_entry.c.id).where(
        audit_entry.c.organization_id == organization_id, audit_entry.c.sequence > func.coalesce(head, 0)
    )
    return session.execute(beyond.limit(1)).first() is not None


def _hash_at(session: ReadSession, organization_id: UUID, place: int) -> bytes:
    if place == 0:
        return START
    found: bytes | None = session.execute(
        select(audit_entry.c.hash).where(
            audit_entry.c.organization_id == organization_id, audit_entry.c.sequence == place
        )
    ).scalar_one_or_none()
    return found or START


def _entries(session: ReadSession, head: Head, first: int) -> Iterator[Mapping[str, Any]]:
    statement = (
        select(*_COLUMNS)
        .where(
            audit_entry.c.organization_id == head.organization_id, audit_entry.c.sequence.between(first, head.sequence)
        )
        .order_by(audit_entry.c.sequence)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for row in session.execute(statement):
        yield row._asdict()
