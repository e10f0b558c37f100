"""The login that questions read as: a pool of its own that may only select, and only what the catalogue is made of."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from core.config import settings
from core.databases import Databases, logins
from db.session import Database, ReadSession, Tenancy, connect, login_url

PATIENCE_SECONDS: Final = 5
_POOL: Final = 3
# What PostgreSQL says when a statement took too long.
TOOK_TOO_LONG: Final = "57014"
_BOUNDS: Final = (
    f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'; SET LOCAL lock_timeout = '1s'; "
    "SET LOCAL idle_in_transaction_session_timeout = '30s'"
)


@dataclass(frozen=True)
class Reader:
    """Both planes as the reader.

    They have a pool each even where they are one database: a question holds one connection of each, and taken from one
    pool, questions that wait for their second would wait for each other.
    """

    control: Database
    telemetry: Database

    @contextmanager
    def sessions(self, tenancy: Tenancy) -> Iterator[tuple[ReadSession, ReadSession]]:
        """Open a read-only transaction on each plane, in which a statement may take five seconds."""
        with self.control.read(tenancy) as control, self.telemetry.read(tenancy) as telemetry:
            for session in (control, telemetry):
                session.connection.exec_driver_sql(_BOUNDS)
            yield control, telemetry


def reader_of(databases: Databases) -> Reader:
    """Return the reader of these databases, one a process."""
    return _reader(databases.control_url, databases.telemetry_url)


@functools.lru_cache(maxsize=8)
def _reader(control_url: str, telemetry_url: str) -> Reader:
    names = logins(settings())

    def opened(url: str) -> Database:
        return connect(login_url(url, names.reader, names.reader_password), pool_size=_POOL, application="calos ask")

    return Reader(opened(control_url), opened(telemetry_url))
