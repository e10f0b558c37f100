"""The ledger by the day: sums that the database keeps beside the movements, as quick for many as for few."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    DateTime,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.finance.appended import Columns, Ints, Seen, appended, unseen
from core.finance.exchange import REPORTING
from core.finance.rounding import EXACT, rounded
from core.money import exponent
from core.periods import INSTANT, midnight
from db.models.finance import movement, movement_day, mrr_day
from db.session import ReadSession
from db.types import Instant

DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)
_RATE_DIGITS: Final = 12
_SCALE: Final = EXACT // 10**_RATE_DIGITS
_NONE: Final = np.zeros(0, dtype=np.int64)
# Of so many days rates are looked up one by one.
_FEW: Final = 100
_TODAY: Final = text("""
    SELECT currency, sum(mrr_change_minor) AS minor
    FROM movement WHERE effective_at >= :midnight AND effective_at < :until
    GROUP BY currency
""")
# Whole numbers: each rate has 12 decimals.
_ALL_RATES: Final = text(f"""
    SELECT base, array_agg(valid_from - DATE '{_EPOCH}' ORDER BY valid_from),
           array_agg(CAST(trunc(rate * 1{"0" * _RATE_DIGITS}) AS text) ORDER BY valid_from)
    FROM fx_rate WHERE quote = '{REPORTING}' AND base = ANY(:currencies)
    GROUP BY base
""")
# Before a currency's first rate that one stands in; where it has none there is no row, as there.
_FEW_RATES: Final = text(f"""
    SELECT currency,
           array_agg(CAST(trunc(coalesce(held.rate, begun.rate) * 1{"0" * _RATE_DIGITS}) AS text) ORDER BY day)
    FROM unnest(CAST(:currencies AS text[])) AS currency
    CROSS JOIN LATERAL (
        SELECT rate FROM fx_rate WHERE base = currency AND quote = '{REPORTING}' ORDER BY valid_from LIMIT 1
    ) AS begun
    CROSS JOIN unnest(CAST(:days AS date[])) AS day
    LEFT JOIN LATERAL (
        SELECT rate FROM fx_rate WHERE base = currency AND quote = '{REPORTING}' AND valid_from <= day
        ORDER BY valid_from DESC LIMIT 1
    ) AS held ON true
    GROUP BY currency
""")


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
    found = _changes(session, last)
    rates = _rates(session, [each for each, *_ in found if each != REPORTING], known)
    exact = np.zeros(len(days), dtype=object)
    for currency, at, minor in found:
        levels = np.concatenate([[0], np.cumsum(minor)])
        native = levels[np.searchsorted(at, known, side="right")]
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


def _changes(session: ReadSession, until: datetime) -> list[tuple[str, Ints, Ints]]:
    """Return for each currency the days (since 1970) on which its MRR changed before an instant, and by how much.

    The days come ascending. Those before today are kept in memory and added to; of today the movements are read.
    """
    known = appended(session, mrr_day, lambda seen: _read(session, seen), _arranged)
    today = (until.date() - _EPOCH).days
    values = {"midnight": midnight(until.date()), "until": until}
    moved = {row.currency: int(row.minor) for row in session.execute(_TODAY, values)}
    found = []
    for currency in sorted({*known, *moved}):
        at, by = known.get(currency, (_NONE, _NONE))
        before = int(np.searchsorted(at, today))
        found.append((currency, np.append(at[:before], today), np.append(by[:before], moved.get(currency, 0))))
    return found


def _arranged(columns: Columns) -> dict[str, tuple[Ints, Ints]]:
    """Return for each currency the days, ascending, and the minor units."""
    _, day, minor, letters = columns
    order = np.argsort(day, kind="stable")
    return {
        str(each): (day[order][own], minor[order][own])
        for each in np.unique(letters)
        for own in [letters[order] == each]
    }


def _read(session: ReadSession, seen: Seen) -> tuple[int, Columns]:
    """Return how many rows the days are, and of the unseen ones id, day (since 1970), minor units and currency."""
    d = unseen(mrr_day, seen).c
    count = select(func.count()).select_from(mrr_day).scalar_subquery()
    lists = [func.array_agg(each) for each in (d.id, d.day - literal(_EPOCH, Date), d.minor, d.currency)]
    row: Any = session.execute(select(count, *lists)).one()
    numbers = (np.array(each or [], dtype=np.int64) for each in row[1:-1])
    return int(row[0]), (*numbers, np.array(row[-1] or [], dtype="U3"))


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


def _rates(session: ReadSession, currencies: list[str], days: Ints) -> dict[str, tuple[Ints, list[int]]]:
    """Return for each currency the days (since 1970) its rates begin on, and these as whole numbers of 1 / 10^12.

    Of few days only what they need is looked up; of many, all rates at once cost less than so many searches.
    """
    if not currencies:
        return {}
    if len(days) > _FEW:
        found: Any = session.execute(_ALL_RATES, {"currencies": currencies})
        return {row[0]: (np.asarray(row[1]), [int(each) for each in row[2]]) for row in found}
    asked = np.unique(days)
    values = {"currencies": currencies, "days": [_EPOCH + DAY * int(each) for each in asked]}
    found = session.execute(_FEW_RATES, values)
    return {row[0]: (asked, [int(each) for each in row[1]]) for row in found}


def _worth(rates: dict[str, tuple[Ints, list[int]]], currency: str, days: Ints) -> Any:
    """Return what a minor unit of a currency is worth on each day, exactly, in 1 / EXACT minor of REPORTING."""
    if currency == REPORTING:
        return EXACT
    if currency not in rates:
        raise InvalidInput(
            f"There is no exchange rate from {currency} to {REPORTING}. Add one that begins by the first day of it.",
            code="no_exchange_rate",
            field="currency",
        )
    begins, known = rates[currency]
    # Before a currency's first rate nobody can have paid in it; there its first rate stands in.
    found = np.maximum(np.searchsorted(begins, days, side="right") - 1, 0)
    digits = exponent(REPORTING) - exponent(currency)
    unit = _SCALE * 10**digits if digits >= 0 else _SCALE // 10**-digits
    return np.asarray(known, dtype=object)[found] * unit
