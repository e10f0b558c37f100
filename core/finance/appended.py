"""Rows that are only ever added, kept in memory: a read fetches those that it has not seen, whoever commits when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, Subquery, Table, func, literal, select, union_all

from db.session import ReadSession

Ints = NDArray[np.int64]
Columns = tuple[NDArray[Any], ...]
T = TypeVar("T")
# Beyond so many gaps, each of them a search, reading everything anew costs no more.
_MOST_GAPS: Final = 1_000


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Seen:
    """Which ids of a table were seen: all up to `last`, but those within gaps (from `low` to `high`, both inclusive).

    Who took a lower number may commit later, and one who rolled back leaves a gap for good: both are looked at again.
    """

    last: int = 0
    low: Ints = field(default_factory=_none)
    high: Ints = field(default_factory=_none)


@dataclass(frozen=True)
class _Kept:
    columns: Columns
    seen: Seen
    arranged: Any


_KEPT: Final[dict[tuple[str, str], _Kept]] = {}
_KEEPING: Final = Lock()


def appended(
    session: ReadSession, table: Table, read: Callable[[Seen], tuple[int, Columns]], arrange: Callable[[Columns], T]
) -> T:
    """Return all rows that a session sees in a table as `arrange` makes them; only unseen ones are read.

    `read` returns, of one snapshot, how many rows there are altogether, and the columns of those not in a Seen, the
    first the ids. Rows may be added and taken out, but never changed: as many as were known and as came are then all
    there are only if none was taken out; else everything is read anew. What was arranged is the same object as long as
    nothing came.
    """
    key = (str(session.connection.engine.url), table.name)
    with _KEEPING:
        known = _KEPT.get(key)
    columns: Columns | None = None
    if known is not None and len(known.seen.low) <= _MOST_GAPS:
        count, fresh = read(known.seen)
        if len(known.columns[0]) + len(fresh[0]) == count:
            if not len(fresh[0]):
                return cast(T, known.arranged)
            columns = tuple(np.concatenate(pair) for pair in zip(known.columns, fresh, strict=True))
    if columns is None:
        columns = read(Seen())[1]
    made = _Kept(columns, seen_of(columns[0]), arrange(columns))
    with _KEEPING:
        _KEPT[key] = made
    return cast(T, made.arranged)


def unseen(table: Table, seen: Seen) -> Subquery:
    """Return the rows of a table that were not seen."""
    later = select(table).where(table.c.id > seen.last)
    if not len(seen.low):
        return later.subquery()
    bounds = [literal(each.tolist(), ARRAY(BigInteger)) for each in (seen.low, seen.high)]
    gap = func.unnest(*bounds).table_valued("low", "high").render_derived(name="gap")
    return union_all(later, select(table).join(gap, table.c.id.between(gap.c.low, gap.c.high))).subquery()


def seen_of(ids: Ints) -> Seen:
    """Return what has been seen where these ids have; they begin at 1."""
    known = np.concatenate([[0], np.sort(ids)])
    at = np.flatnonzero(np.diff(known) > 1)
    return Seen(int(known[-1]), known[at] + 1, known[at + 1] - 1)


def forget() -> None:
    """Let the next read begin anew."""
    with _KEEPING:
        _KEPT.clear()
