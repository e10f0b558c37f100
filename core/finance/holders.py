"""What every customer pays at some instants, as arrays: who paid when a time began, and what they pay when it ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import LargeBinary, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.finance.tally import Axis, Exchange, Rows
from db.models.finance import movement, movement_day, mrr_day
from db.session import ReadSession

Ints = NDArray[np.int64]
# So many customers at once that their balances at some dozens of instants stay within a few megabytes.
_AT_ONCE: Final = 20_000
# PostgreSQL sends an instant as microseconds since then.
_BEGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LETTERS: Final = 3


_REMEMBERED: Final[dict[str, tuple[tuple[Any, ...], "Changes"]]] = {}
_REMEMBERING: Final = Lock()


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

    Remembered for as long as nothing is appended: several reads of one page, and of many people's pages, look at the
    same. Only for who may see all customers.
    """
    d, where = mrr_day.c, str(session.connection.engine.url)
    # Rows of the days are only added and never have the number of another: these sums are of one state alone.
    state = tuple(session.execute(select(func.count(), func.sum(d.id), func.sum(d.movements))).one())
    with _REMEMBERING:
        known = _REMEMBERED.get(where)
    if known is None or known[0] != state:
        known = (state, _changes(session))
        with _REMEMBERING:
            _REMEMBERED[where] = known
    return known[1]


def _changes(session: ReadSession) -> Changes:
    """Read every movement.

    The columns come as one value each: for rows by the hundred thousand, reading a row takes longer than the query.
    """
    m = movement.c
    tiers = sorted(session.execute(select(movement_day.c.tier_id).distinct()).scalars())
    places = [
        func.coalesce(func.array_position(literal(tiers, ARRAY(Text)), one), 0) for one in (m.tier_id, m.from_tier_id)
    ]
    sent = (
        func.uuid_send(m.organization_id),
        func.textsend(m.currency),
        func.timestamptz_send(m.effective_at),
        func.int8send(m.mrr_change_minor),
        func.int8send(m.moved_minor),
        *(func.int4send(each) for each in places),
    )
    # One aggregation reads its rows once, so that all columns lie in the same order.
    lists = [func.string_agg(each, cast(literal(b""), LargeBinary), type_=LargeBinary) for each in sent]
    ids, letters, at, minor, moved, *places_in = (bytes(each or b"") for each in session.execute(select(*lists)).one())
    tier, from_tier = (np.frombuffer(each, dtype=">i4").astype(np.int64) - 1 for each in places_in)
    who, first = _numbered(np.frombuffer(ids, dtype=">u8").reshape(-1, 2).astype(np.uint64))
    currency, names = pd.factorize(np.frombuffer(letters, dtype=f"S{_LETTERS}"))
    numbers = [np.frombuffer(each, dtype=">i8").astype(np.int64) for each in (at, minor, moved)]
    order = np.lexsort((currency, who))
    at_, minor_, moved_ = (each[order] for each in numbers)
    return Changes(
        np.frombuffer(ids, dtype="V16")[first],
        who[order],
        tuple(bytes(each).decode() for each in names),
        currency.astype(np.int64)[order],
        at_,
        minor_,
        tuple(tiers),
        tier[order],
        from_tier[order],
        moved_,
    )


def microseconds(instants: Sequence[datetime]) -> Ints:
    """Return instants as `Changes.at` has them."""
    spans = [each - _BEGIN for each in instants]
    return np.array([(one.days * 86_400 + one.seconds) * 10**6 + one.microseconds for one in spans], dtype=np.int64)


def balances(moved: Changes, instants: Sequence[datetime]) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield, some thousand customers at a time, what they have just before each of some ascending instants.

    Customers and currencies by number, a row each customer and currency, and the balances (rows by instants).
    """
    many = max(len(moved.currencies), 1)
    whose = moved.who * many + moved.currency
    begins = np.flatnonzero(np.diff(whose, prepend=-1))
    codes = whose[begins]
    column = np.searchsorted(microseconds(instants), moved.at, side="right")
    customers = codes // many
    first = 0
    while first < len(codes):
        # Up to a whole customer, so that all of their currencies are together.
        upto = int(np.searchsorted(customers, customers[min(first + _AT_ONCE, len(codes)) - 1], side="right"))
        begin, end = begins[first], begins[upto] if upto < len(codes) else len(whose)
        pair = np.repeat(np.arange(upto - first), np.diff(begins[first:upto], append=end))
        found = np.zeros((upto - first, len(instants) + 1), dtype=np.int64)
        np.add.at(found, (pair, column[begin:end]), moved.minor[begin:end])
        yield customers[first:upto], codes[first:upto] % many, np.cumsum(found[:, :-1], axis=1)
        first = upto


def by_tier(session: ReadSession, tiers: Sequence[str], axis: Axis, exchange: Exchange) -> tuple[pd.DataFrame, Rows]:
    """Return what each movement does to single customers on each of `tiers`, as `holdings` takes it.

    The change itself, and what came along from another tier; not of which kind, for nobody counts it there.
    """
    moved = changes(session)
    place = np.array([tiers.index(each) if each in tiers else -1 for each in moved.tiers], dtype=np.int64)
    money = np.array([_place(exchange.currencies, each) for each in moved.currencies], dtype=np.int64)
    bucket = np.searchsorted(microseconds(axis.edges), moved.at, side="right")
    early = bucket < len(axis.edges)
    along = early & (moved.from_tier >= 0) & (moved.from_tier != moved.tier)
    legs = ((early, moved.tier, moved.minor), (along, moved.tier, moved.moved), (along, moved.from_tier, -moved.moved))
    tier, minor = (np.concatenate([each[column][each[0]] for each in legs]) for column in (1, 2))
    who, currency, at = (
        np.concatenate([each[some] for some, *_ in legs]) for each in (moved.who, moved.currency, bucket)
    )
    nothing = np.zeros(len(who), dtype=np.int64)
    wanted = np.ones(len(who), dtype=np.bool_)
    rows = Rows(place[tier], money[currency], nothing, at, minor, nothing, wanted)
    return pd.DataFrame({"organization_id": who}), rows


def _place(known: Sequence[str], name: str) -> int:
    return known.index(name) if name in known else -1


def customers_and_kept(session: ReadSession, axis: Axis, exchange: Exchange) -> tuple[dict[str, Ints], tuple[Any, Any]]:
    """Return how many pay when each period begins and ends, and exactly what its first customers keep, and capped.

    The same as `paying` and `kept` of core/finance/retention.py where there is one group of everybody.
    """
    instants = sorted({axis.edges[each - 1] for each in axis.first} | {axis.edges[each] for each in axis.last})
    begins = [instants.index(axis.edges[each - 1]) for each in axis.first]
    ends = [instants.index(axis.edges[each]) for each in axis.last]
    moved = changes(session)
    worth = Exchange(exchange.rates, moved.currencies).on(axis.opening_days())
    paying = np.zeros(len(instants), dtype=np.int64)
    exact: list[Any] = [np.zeros(len(begins), dtype=object) for _ in range(2)]
    for who, currency, held in balances(moved, instants):
        single = np.bincount(who - who[0])[who - who[0]] == 1
        paying += (held[single] > 0).sum(axis=0)
        for number in range(len(moved.currencies)):
            own = held[single & (currency == number)]
            still, capped = _kept(own, begins, ends)
            exact[0] = exact[0] + still.astype(object) * worth[number]
            exact[1] = exact[1] + capped.astype(object) * worth[number]
        if not single.all():
            _add_mixed(exact, paying, (who[~single], currency[~single], held[~single]), (begins, ends, worth))
    counts = {"customers_opening": paying[None, begins], "customers_closing": paying[None, ends]}
    return counts, (exact[0][None, :], exact[1][None, :])


def _kept(held: Ints, begins: list[int], ends: list[int]) -> tuple[Ints, Ints]:
    """Return for each period what those who paid when it began have when it ends, and each at most what they had."""
    still, capped = (np.zeros(len(begins), dtype=np.int64) for _ in range(2))
    columns = np.ascontiguousarray(held.T)
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        still[number] = columns[end][columns[begin] > 0].sum()
        capped[number] = np.minimum(columns[begin], columns[end]).sum()
    return still, capped


def _add_mixed(
    exact: list[Any], paying: Ints, some: tuple[Ints, Ints, Ints], at: tuple[list[int], list[int], Any]
) -> None:
    """Add those who pay in several currencies: only what all of these are worth together says what they keep."""
    (who, currency, held), (begins, ends, worth) = some, at
    _, place = np.unique(who, return_inverse=True)
    sums = np.zeros((place.max() + 1, held.shape[1]), dtype=np.int64)
    np.add.at(sums, place, held)
    paying += (sums > 0).sum(axis=0)
    had, has = (np.zeros((len(sums), len(begins)), dtype=object) for _ in range(2))
    np.add.at(had, place, held[:, begins].astype(object) * worth[currency])
    np.add.at(has, place, held[:, ends].astype(object) * worth[currency])
    opened = had > 0
    exact[0] += np.where(opened, has, 0).sum(axis=0)
    exact[1] += np.where(opened, np.minimum(had, has), 0).sum(axis=0)


def _numbered(halves: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Return a number for each pair of halves, from 0 in the order of their coming, and where each first is."""
    left, right = (pd.factorize(halves[:, side])[0].astype(np.int64) for side in (0, 1))
    who = pd.factorize(left << 32 | right)[0].astype(np.int64)
    first = np.full(int(who.max()) + 1 if len(who) else 0, len(who), dtype=np.int64)
    np.minimum.at(first, who, np.arange(len(who)))
    return who, first
