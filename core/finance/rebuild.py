"""The ledger told anew from the subscriptions and its days counted anew, beside what stands; movements never change."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text

from core.billing.reads import Subscription, subscription_of
from core.errors import CalosError
from core.finance.movements import Standing, entries
from core.finance.steps import steps_of
from core.money import Money
from db.models.billing import subscription
from db.models.finance import movement
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

# As many differences as a person reads; the rest are counted.
NAMED: Final = 50
_DAYS: Final = """
SELECT day, tier_id, currency, kind, sum(minor) AS minor, sum(movements) AS movements FROM (
    SELECT (effective_at AT TIME ZONE 'UTC')::date AS day, tier_id, currency, kind,
           mrr_change_minor AS minor, 1 AS movements FROM movement
    UNION ALL
    SELECT (effective_at AT TIME ZONE 'UTC')::date, tier_id, currency, 'transfer', moved_minor, 0
    FROM movement WHERE from_tier_id <> tier_id
    UNION ALL
    SELECT (effective_at AT TIME ZONE 'UTC')::date, from_tier_id, currency, 'transfer', -moved_minor, 0
    FROM movement WHERE from_tier_id <> tier_id
) AS leg GROUP BY day, tier_id, currency, kind
"""
_MRR: Final = """
SELECT (effective_at AT TIME ZONE 'UTC')::date AS day, currency, sum(mrr_change_minor) AS minor, count(*) AS movements
FROM movement GROUP BY 1, 2
"""
_KEYS: Final = {"movement_day": "day, tier_id, currency, kind", "mrr_day": "day, currency"}
_COUNTED: Final = {"movement_day": _DAYS, "mrr_day": _MRR}
_TELL_APART: Final = """
SELECT concat_ws(' ', {key}) AS place, coalesce(kept.minor, 0) AS kept_minor, coalesce(counted.minor, 0) AS minor,
       coalesce(kept.movements, 0) AS kept_movements, coalesce(counted.movements, 0) AS movements
FROM ({counted}) AS counted
FULL JOIN (SELECT {key}, sum(minor) AS minor, sum(movements) AS movements FROM {table} GROUP BY {key}) AS kept
USING ({key})
WHERE (coalesce(kept.minor, 0), coalesce(kept.movements, 0))
      IS DISTINCT FROM (coalesce(counted.minor, 0), coalesce(counted.movements, 0))
ORDER BY 1
"""
_BELOW_ZERO: Final = """
SELECT name, currency, effective_at, minor FROM (
    SELECT organization_id, currency, effective_at,
           sum(mrr_change_minor) OVER (PARTITION BY organization_id, currency ORDER BY effective_at, id) AS minor
    FROM movement
) AS run JOIN organization ON organization.id = organization_id WHERE minor < 0 ORDER BY effective_at
"""
# One statement sees one state of both tables: what is appended meanwhile stays, beside the count it isn't part of.
_SWAP: Final = """
WITH gone AS (DELETE FROM {table} RETURNING id)
INSERT INTO {table} ({key}, minor, movements) SELECT {key}, minor, movements FROM ({counted}) AS counted
WHERE minor <> 0 OR movements <> 0
"""
_MERGE: Final = """
WITH many AS (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1),
gone AS (DELETE FROM {table} USING many WHERE ({same}) RETURNING {table}.*)
INSERT INTO {table} ({key}, minor, movements) SELECT {key}, sum(minor), sum(movements) FROM gone GROUP BY {key}
HAVING sum(minor) <> 0 OR sum(movements) <> 0
"""


@dataclass(frozen=True)
class Report:
    """What was looked at, and every difference as a sentence.

    `otherwise` counts customers whose amounts agree and whose steps don't (two licenses that swap at one instant).
    """

    customers: int
    movements: int
    differences: tuple[str, ...]
    otherwise: int = 0


class _Line(NamedTuple):
    at: datetime
    currency: str
    kind: str
    minor: int
    tier_id: str
    from_tier_id: str | None
    moved_minor: int


def days_counted_anew(session: ReadSession) -> tuple[str, ...]:
    """Return each day whose kept sums aren't those of its movements, and each balance below zero; asks no permission.

    Opening + movements = closing follows: a closing is the sum of all days before it.
    """
    found = []
    for table, counted in _COUNTED.items():
        statement = _TELL_APART.format(table=table, key=_KEYS[table], counted=counted)
        found += [
            f"{table}, {row.place}: kept are {row.kept_minor} of {row.kept_movements} movements, "
            f"the ledger has {row.minor} of {row.movements}."
            for row in session.execute(text(statement))
        ]
    found += [
        f"{row.name}: {_money(row.minor, row.currency)} a month after {row.effective_at:%Y-%m-%d %H:%M} UTC."
        for row in session.execute(text(_BELOW_ZERO))
    ]
    return tuple(found)


def told_anew(session: ReadSession) -> Report:
    """Tell every customer's movements from the history of its subscriptions, beside the ledger; asks no permission."""
    names = {row.id: row.name for row in session.execute(select(organization.c.id, organization.c.name))}
    lives, stands = _lives(session), _stands(session)
    found: list[str] = []
    otherwise = 0
    for whom in sorted({*lives, *stands}):
        told, kept = _told(lives.get(whom, [])), stands.get(whom, [])
        if isinstance(told, str):
            found.append(f"{names[whom]}: {told}")
        elif Counter(told) != Counter(kept):
            amounts = _amounts(kept, told)
            found += [f"{names[whom]}: {each}" for each in amounts]
            otherwise += not amounts
    return Report(len({*lives, *stands}), sum(map(len, stands.values())), tuple(found), otherwise)


def count_days_anew(session: WriteSession) -> None:
    """Put sums counted anew in the place of the kept ones; nobody who appends waits."""
    _alone(session)
    for table, counted in _COUNTED.items():
        session.execute(text(_SWAP.format(table=table, key=_KEYS[table], counted=counted)))


def merge_days(session: WriteSession) -> None:
    """Make one row of a day's many: what appending left. Whoever appends or reads meanwhile waits for nothing."""
    _alone(session)
    for table, key in _KEYS.items():
        same = " AND ".join(f"{table}.{each} = many.{each}" for each in key.split(", "))
        session.execute(text(_MERGE.format(table=table, key=key, same=same)))


def _alone(session: WriteSession) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("ledger days", 0))))


def _lives(session: ReadSession) -> dict[UUID, list[Subscription]]:
    statement = select(subscription).order_by(subscription.c.organization_id)
    rows: Iterator[Any] = iter(session.execute(statement))
    found = groupby(rows, key=lambda row: row.organization_id)
    return {whom: [subscription_of(row) for row in some] for whom, some in found}


def _stands(session: ReadSession) -> dict[UUID, list[_Line]]:
    m = movement.c
    columns = (m.effective_at, m.currency, m.kind, m.mrr_change_minor, m.tier_id, m.from_tier_id, m.moved_minor)
    found: dict[UUID, list[_Line]] = {}
    rows: Any = session.execute(select(m.organization_id, *columns).order_by(m.effective_at, m.id))
    for row in rows:
        found.setdefault(row[0], []).append(_Line(*row[1:]))
    return found


def _told(lives: list[Subscription]) -> list[_Line] | str:
    """Return what one customer's subscriptions amount to, or why that can't be told."""
    try:
        return [
            _Line(
                one.effective_at,
                one.change.currency,
                one.kind,
                one.change.minor,
                one.tier_id,
                one.from_tier_id,
                one.moved_minor,
            )
            for one in entries(Standing({}, ever_paid=False), steps_of(lives))
        ]
    except CalosError as refused:
        return refused.message


def _amounts(kept: list[_Line], told: list[_Line]) -> list[str]:
    """Return at which instants the amounts differ, as a sentence each."""
    sums: dict[tuple[datetime, str], list[int]] = {}
    for side, lines in enumerate((kept, told)):
        for line in lines:
            sums.setdefault((line.at, line.currency), [0, 0])[side] += line.minor
    return [
        f"on {at:%Y-%m-%d %H:%M} UTC the ledger moves {_money(one, currency)}, "
        f"the subscriptions {_money(two, currency)}."
        for (at, currency), (one, two) in sorted(sums.items())
        if one != two
    ]


def _money(minor: int, currency: str) -> str:
    return f"{Money(int(minor), currency).major():,} {currency}"
