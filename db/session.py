"""Connections to the control plane: read and write sessions, each inside one transaction with its tenant set."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine
from sqlalchemy.engine import URL, make_url

_INSTALL_ID = re.compile(r"[A-Za-z0-9._-]{1,80}")
Scope = Literal["vendor", "customer", "system", "door"]


@dataclass(frozen=True)
class Tenancy:
    """What row-level security lets a transaction see.

    `vendor` and `system` see every organization, `customer` only `organization_id` and, of the telemetry plane, its
    `installs`; `door` only what sign-in, verification and ingest need before anybody is known.
    """

    scope: Scope
    organization_id: UUID | None = None
    installs: tuple[str, ...] = ()

    def statement(self) -> str:
        """Return the SET LOCAL triple; an install id that could end the literal is refused with ValueError."""
        organization = str(UUID(str(self.organization_id))) if self.organization_id else ""
        if not all(_INSTALL_ID.fullmatch(install) for install in self.installs):
            raise ValueError("an install id is made of letters, digits, dots, dashes and underscores")
        return (
            f"SET LOCAL app.scope = '{self.scope}'; SET LOCAL app.organization = '{organization}'; "
            f"SET LOCAL app.installs = '{','.join(self.installs)}'"
        )


SYSTEM = Tenancy("system")
DOOR = Tenancy("door")


class ReadSession:
    """A transaction that reads; reads functions take this type."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a Core statement."""
        return self.connection.execute(statement, parameters)


class WriteSession(ReadSession):
    """A transaction that may change rows; committed by the edge that opened it and by nobody else."""


class Database:
    """One pool of connections as one login of the database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def read(self, tenancy: Tenancy) -> Iterator[ReadSession]:
        """Open a read-only transaction that sees what `tenancy` may."""
        with self.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"SET TRANSACTION READ ONLY; {tenancy.statement()}")
            yield ReadSession(connection)

    @contextmanager
    def write(self, tenancy: Tenancy, *, lock_seconds: int | None = None) -> Iterator[WriteSession]:
        """Open a transaction that is committed when the block ends and rolled back when it raises.

        `lock_seconds` is the longest wait for a row that somebody else changes; PostgreSQL then gives up with 55P03.
        Jobs wait as long as it takes.
        """
        patience = "" if lock_seconds is None else f"; SET LOCAL lock_timeout = '{lock_seconds:d}s'"
        with self.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"{tenancy.statement()}{patience}")
            yield WriteSession(connection)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def connect(url: str, *, pool_size: int = 10, application: str = "calos") -> Database:
    """Return a Database for a postgresql:// URL; nothing is opened before first use."""
    engine = create_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        # Longer than anybody at a door waits for a lock, so that a queue there has moved on by then.
        pool_timeout=10,
        # A server that restarted leaves dead connections in the pool: noticed here, not by a person's request.
        pool_pre_ping=True,
        connect_args={"application_name": application, "options": "-c timezone=UTC"},
    )
    return Database(engine)


def psycopg_url(url: str) -> URL:
    """Return the SQLAlchemy URL with psycopg 3 as its driver."""
    return make_url(url).set(drivername="postgresql+psycopg")


def login_url(url: str, user: str, password: str) -> str:
    """Return `url` as another login of the same database."""
    changed = make_url(url).set(drivername="postgresql", username=user, password=password)
    return changed.render_as_string(hide_password=False)
