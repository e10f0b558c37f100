"""A session that remembers the statements it ran, so that an answer can show the SQL behind it."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, CursorResult, Executable
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import CompileError

from db.session import ReadSession


class RecordingSession(ReadSession):
    """Runs statements in another session's transaction and keeps each, values filled in."""

    def __init__(self, session: ReadSession) -> None:
        super().__init__(session.connection)
        self.ran: list[str] = []

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a Core statement, and remember it."""
        self.ran.append(readable(statement))
        return super().execute(statement, parameters)


def readable(statement: Executable) -> str:
    """Return a statement as SQL for people: laid out, and with its values where they can be written."""
    if not isinstance(statement, ClauseElement):
        return str(statement)
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects have no types
    try:
        text = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    except CompileError:
        compiled = statement.compile(dialect=dialect)
        text = f"{compiled}"
    return _laid_out(text)


@functools.lru_cache(maxsize=512)
def _laid_out(text: str) -> str:
    """Lay out a statement; an answer runs some of its statements a dozen times, and each takes ten milliseconds."""
    # Imported here: laying out SQL is for answers alone, and takes a seventh of a second to import.
    import sqlglot

    try:
        return sqlglot.transpile(text, read="postgres", write="postgres", pretty=True)[0]
    except sqlglot.errors.SqlglotError:
        return text
