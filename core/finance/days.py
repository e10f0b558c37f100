"""The ledger by the day: sums that the database keeps beside the movements, as quick for many as for few."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.exchange import REPORTING
from core.finance.rounding import EXACT, rounded
from core.money import exponent
from core.periods import INSTANT, midnight
from db.models.finance import fx_rate, movement, movement_day, mrr_day
from db.session import ReadSession
from db.types import Instant

DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)
_RATE_DIGITS: Final = 12
_SCALE: Final = EXACT // 10**_RATE_DIGITS


def mrr_by_day(session: ReadSession, actor: Actor, days: Sequence[date], *, as_of: datetime) -> NDArray[np.int64]:
    """Return the MRR of all customers at the end of each of some UTC days, ascending; needs `finance:read`.

    In minor units of REPORTING at the day's rates, each rounded once: the closings of `ledger_facts` over the same
    days. What is dated after `as_of` has not happened yet; days after it stand as it does.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    if not days:
        return np.zeros(0, dtype=np.int64)
    last = (as_of + INSTANT).astimezone(UTC)
    known = np.asarray([min((each - _EPOCH).days, (last.date() - _EPOCH).days) for each in days])
    rates, exact = _rates(session), np.zeros(len(days), dtype=object)
    for currency, at, minor in _changes(session, last):
        levels = np.concatenate([[0], np.cumsum(np.asarray(minor, dtype=np.int64))])
        native = levels[np.searchsorted(np.asarray(at), known, side="right")]
        exact = exact + native.astype(object) * _worth(rates, currency, known)
    return rounded(exact)


def by_day(edges: tuple[datetime, ...], *, transfers: bool) -> CTE:
    """Return the ledger's days, and of those that an edge cuts the movements.

    Columns: tier_id, currency, kind, minor, movements (how many), bucket (n lies between edge n - 1 and edge n).
    """
    cut = cut_days(edges)
    d, m = movement_day.c, movement.c
    columns = (d.tier_id, d.currency, d.kind, d.minor, d.movements, _bucket(_begin(d.day), edges))
    whole = select(*columns).where(_before(d.day, edges, cut))
    if not transfers:
        whole = whole.where(d.kind != "transfer")
    if not cut:
        return whole.cte("legs")
    within = or_(*_spans(m.effective_at, edges, cut))
    at = _bucket(m.effective_at, edges)
    pieces = [whole, select(m.tier_id, m.currency, m.kind, m.mrr_change_minor, literal(1), at).where(within)]
    if transfers:
        moved, along = and_(within, m.from_tier_id != m.tier_id), literal("transfer")
        pieces.append(select(m.tier_id, m.currency, along, m.moved_minor, literal(0), at).where(moved))
        pieces.append(select(m.from_tier_id, m.currency, along, -m.moved_minor, literal(0), at).where(moved))
    return union_all(*pieces).cte("legs")


def cut_days(edges: Sequence[datetime]) -> list[date]:
    """Return the UTC days within which an edge lies."""
    return sorted({day for each in edges if midnight(day := each.astimezone(UTC).date()) != each})


def _changes(session: ReadSession, until: datetime) -> list[tuple[str, list[int], list[int]]]:
    """Return for each currency the days (since 1970) on which its MRR changed before an instant, and by how much."""
    d, m, today = mrr_day.c, movement.c, until.date()
    whole = select(d.currency, d.day, d.minor).where(d.day < today)
    within = and_(m.effective_at >= midnight(today), m.effective_at < until)
    legs = union_all(whole, select(m.currency, literal(today, Date), m.mrr_change_minor).where(within)).subquery()
    minor = cast(func.sum(legs.c.minor), BigInteger).label("minor")
    sums = select(legs.c.currency, legs.c.day, minor).group_by(legs.c.currency, legs.c.day).subquery()
    lists = (sums.c.day - literal(_EPOCH, Date), sums.c.minor)
    columns = [func.array_agg(aggregate_order_by(each, sums.c.day)) for each in lists]
    found: Any = session.execute(select(sums.c.currency, *columns).group_by(sums.c.currency))
    return [(row[0], row[1], row[2]) for row in found]


def _bucket(at: Any, edges: Sequence[datetime]) -> ColumnElement[int]:
    return func.width_bucket(at, literal(list(edges), ARRAY(Instant))).label("bucket")


def _begin(day: Any) -> ColumnElement[datetime]:
    return func.timezone("UTC", cast(day, DateTime))


def _before(day: Any, edges: Sequence[datetime], cut: Sequence[date]) -> ColumnElement[bool]:
    """Return the condition for whole days before the last edge."""
    known = day < (edges[-1] - INSTANT).astimezone(UTC).date() + DAY
    return and_(known, day.not_in([cast(literal(each), Date) for each in cut])) if cut else known


def _spans(at: Any, edges: Sequence[datetime], cut: Sequence[date]) -> list[ColumnElement[bool]]:
    return [and_(at >= midnight(each), at < min(midnight(each + DAY), edges[-1])) for each in cut]


def _rates(session: ReadSession) -> dict[str, tuple[NDArray[np.int64], list[int]]]:
    """Return for each currency the days (since 1970) its rates begin on, and these as whole numbers of 1 / 10^12."""
    r = fx_rate.c
    begins = r.valid_from - literal(_EPOCH, Date)
    whole = cast(func.trunc(r.rate * 10**_RATE_DIGITS), Text)
    lists = [func.array_agg(aggregate_order_by(each, r.valid_from)) for each in (begins, whole)]
    statement = select(r.base, *lists).where(r.quote == REPORTING).group_by(r.base)
    found: Any = session.execute(statement)
    return {row[0]: (np.asarray(row[1]), [int(each) for each in row[2]]) for row in found}


def _worth(rates: dict[str, tuple[NDArray[np.int64], list[int]]], currency: str, days: NDArray[Any]) -> Any:
    """Return what a minor unit of a currency is worth on each day, exactly, in 1 / EXACT minor of REPORTING."""
    if currency == REPORTING:
        return EXACT
    begins, known = rates[currency]
    # Before a currency's first rate nobody can have paid in it; there its first rate stands in.
    found = np.maximum(np.searchsorted(begins, days, side="right") - 1, 0)
    digits = exponent(REPORTING) - exponent(currency)
    unit = _SCALE * 10**digits if digits >= 0 else _SCALE // 10**-digits
    return np.asarray(known, dtype=object)[found] * unit
