"""Every movement of the ledger as arrays, kept in memory from read to read: what is looked at customer by customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import BigInteger, LargeBinary, cast, func, literal, select

from core.finance.appended import Columns, Ints, Seen, appended, unseen
from db.models.finance import movement, mrr_day
from db.session import ReadSession

# PostgreSQL sends an instant as microseconds since then.
_BEGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LETTERS: Final = 3


@dataclass(frozen=True)
class Changes:
    """Every movement as columns, by customer and currency: whose (from 0), which of `currencies`, when, how much.

    `ids`: of each customer the organization's 16 bytes; `at`: microseconds since 2000; `tier` and `from_tier` (-1 for
    none): which of `tiers`; `moved`: what came along from another.
    """

    ids: NDArray[np.bytes_]
    who: Ints
    currencies: tuple[str, ...]
    currency: Ints
    at: Ints
    minor: Ints
    tiers: tuple[str, ...]
    tier: Ints
    from_tier: Ints
    moved: Ints


def changes(session: ReadSession) -> Changes:
    """Return every movement that there is, also what is dated in the future; asks no permission.

    Several reads of one page, and of many people's pages, look at the same: kept for as long as nothing is appended,
    and then what was appended is added. Only for who may see all customers.
    """
    return appended(session, movement, lambda seen: _read(session, seen), _arranged)


def microseconds(instants: Sequence[datetime]) -> Ints:
    """Return instants as `Changes.at` has them."""
    spans = [each - _BEGIN for each in instants]
    return np.array([(one.days * 86_400 + one.seconds) * 10**6 + one.microseconds for one in spans], dtype=np.int64)


def _read(session: ReadSession, seen: Seen) -> tuple[int, Columns]:
    """Return how many movements there are, and the columns of unseen ones, in the order of `_arranged`.

    The columns come as one value each: for rows by the hundred thousand, reading a row takes longer than the query.
    """
    m = unseen(movement, seen).c
    # A line a tier: their ids hold no line breaks.
    names = [func.convert_to(func.coalesce(each, "") + "\n", "UTF8") for each in (m.tier_id, m.from_tier_id)]
    sent = (
        func.int8send(m.id),
        func.timestamptz_send(m.effective_at),
        func.int8send(m.mrr_change_minor),
        func.int8send(m.moved_minor),
        func.uuid_send(m.organization_id),
        func.textsend(m.currency),
        *names,
    )
    # One aggregation reads its rows once, so that all columns lie in the same order.
    lists = [func.string_agg(each, cast(literal(b""), LargeBinary), type_=LargeBinary) for each in sent]
    count = select(cast(func.coalesce(func.sum(mrr_day.c.movements), 0), BigInteger)).scalar_subquery()
    row: Any = session.execute(select(count, *lists)).one()
    *numbers, whose, letters, tier, from_tier = (bytes(each or b"") for each in row[1:])
    return int(row[0]), (
        *(np.frombuffer(each, dtype=">i8").astype(np.int64) for each in numbers),
        np.frombuffer(whose, dtype="V16"),
        np.frombuffer(letters, dtype=f"S{_LETTERS}"),
        *(np.array(each.decode().split("\n")[:-1], dtype=object) for each in (tier, from_tier)),
    )


def _arranged(columns: Columns) -> Changes:
    _, at, minor, moved, whose, letters, tier_of, from_of = columns
    numbers, tiers = pd.factorize(np.concatenate([tier_of, from_of]), sort=True)
    # The empty name, if there, is the first: that of no tier.
    names = [str(each) for each in tiers]
    blank = int("" in names)
    tier, from_tier = (numbers - blank)[: len(at)], (numbers - blank)[len(at) :]
    who, first = _numbered(whose.view(">u8").reshape(-1, 2).astype(np.uint64))
    currency, known = pd.factorize(letters)
    order = np.lexsort((currency, who))
    return Changes(
        whose[first],
        who[order],
        tuple(bytes(each).decode() for each in known),
        currency.astype(np.int64)[order],
        at[order],
        minor[order],
        tuple(names[blank:]),
        tier[order],
        from_tier[order],
        moved[order],
    )


def _numbered(halves: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Return a number for each pair of halves, from 0 in the order of their coming, and where each first is."""
    left, right = (pd.factorize(halves[:, side])[0].astype(np.int64) for side in (0, 1))
    who = pd.factorize(left << 32 | right)[0].astype(np.int64)
    first = np.full(int(who.max()) + 1 if len(who) else 0, len(who), dtype=np.int64)
    np.minimum.at(first, who, np.arange(len(who)))
    return who, first
