"""One prepared read on one connection, spoken straight through libpq: a cursor around it costs four times as much."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from psycopg import AsyncConnection, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import QueryCanceled, error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg_pool import AsyncConnectionPool, PoolTimeout

NAME: Final = b"straight"


class StraightRead:
    """Runs `statement` (with `$1`, `$2`) again and again, one run at a time, on a connection kept for it.

    The connection is taken from the pool with the first run, and anew where the server went away.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], statement: str, *, patience_seconds: float
    ) -> None:
        self._pool = pool
        self._statement = statement
        self._patience_seconds = patience_seconds
        self._loop = asyncio.get_running_loop()
        self._connection: AsyncConnection[Any] | None = None
        self._socket = -1
        # Knows by now how each column is read.
        self._reader = Transformer()
        self._answer: asyncio.Future[PGresult] | None = None

    async def rows(self, parameters: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return every row; parameters are in text form. Raises psycopg's OperationalError, after a second attempt."""
        try:
            return await self._run(parameters)
        except (QueryCanceled, PoolTimeout):
            # It took too long, and would again.
            raise
        except OperationalError:
            await self._pool.check()
            return await self._run(parameters)

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            await self._let_go(self._connection, usable=True)

    async def _let_go(self, connection: AsyncConnection[Any], *, usable: bool) -> None:
        self._connection = None
        # Before the socket is closed: its number may be another's the next moment.
        self._loop.remove_reader(self._socket)
        if not usable:
            await connection.close()
        await self._pool.putconn(connection)

    async def _run(self, parameters: Sequence[str]) -> list[tuple[Any, ...]]:
        connection = self._connection or await self._open()
        done = False
        try:
            result = await self._asked(connection, parameters)
            if result.status != ExecStatus.TUPLES_OK:
                raise OperationalError("the connection was lost") if connection.closed else error_from_result(result)
            done = True
        finally:
            if not done:
                # What is left unread on it would be taken for the answer to the next question.
                await self._let_go(connection, usable=False)
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    async def _asked(self, connection: AsyncConnection[Any], parameters: Sequence[str]) -> PGresult:
        wire = connection.pgconn
        self._answer = answer = self._loop.create_future()
        wire.send_query_prepared(NAME, [one.encode() for one in parameters], result_format=Format.BINARY)
        while wire.flush():
            await asyncio.sleep(0)
        patience = self._loop.call_later(self._patience_seconds, self._give_up, answer)
        try:
            result: PGresult = await answer
        finally:
            patience.cancel()
        return result

    async def _open(self) -> AsyncConnection[Any]:
        connection = await self._pool.getconn()
        try:
            await connection.execute(b"PREPARE %b AS %b" % (NAME, self._statement.encode()))
        except BaseException:
            await connection.close()
            await self._pool.putconn(connection)
            raise
        self._connection, self._socket, self._reader = connection, connection.fileno(), Transformer(connection)
        # From here on the driver itself no longer listens on this socket.
        self._loop.add_reader(self._socket, self._heard, connection)
        return connection

    def _heard(self, connection: AsyncConnection[Any]) -> None:
        wire = connection.pgconn
        try:
            wire.consume_input()
            if wire.is_busy():
                return
            result = wire.get_result()
            while result is not None and (another := wire.get_result()) is not None:
                result = another
        except OperationalError as failure:
            # A closed socket would be heard again and again.
            self._loop.remove_reader(self._socket)
            self._tell(failure)
            return
        if result is not None:
            self._tell(result)

    def _tell(self, outcome: PGresult | OperationalError) -> None:
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if isinstance(outcome, OperationalError):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def _give_up(self, answer: asyncio.Future[PGresult]) -> None:
        if not answer.done():
            answer.set_exception(QueryCanceled(f"no answer within {self._patience_seconds:g} s"))
