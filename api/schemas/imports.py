"""Imports on the wire."""

from datetime import datetime
from uuid import UUID

from api.depends import Answer


class ImportCount(Answer):
    """The rows of one source; `read` = `new` + `known` + `refused`."""

    source: str
    file: str
    entity: str
    read: int
    new: int
    known: int
    refused: int
    doubtful: int


class ImportRow(Answer):
    """An import: `state` is checked, queued, running, done or failed; `reasons` are counts by reason code."""

    id: UUID
    books: str
    state: str
    started_by: str
    created_at: datetime
    finished_at: datetime | None
    as_of: datetime | None
    done: int
    total: int
    failure: str | None
    counts: list[ImportCount]
    reasons: dict[str, int]
    notes: list[str]


class ImportList(Answer):
    """Imports, newest first."""

    imports: list[ImportRow]
