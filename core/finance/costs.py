"""What serving customers cost, as sums for the catalogue of numbers: by kind, product, customer, tier and place."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, Row, Text, cast, func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.finance.flows import exchange_rates
from core.money import Money, round_half_up
from core.periods import Period, midnight
from db.models.costs import cost_entry
from db.models.finance import movement
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession
from db.types import Instant

DIMENSIONS: Final = ("cost_kind", "product", "customer", "tier", "segment", "country")


def cost_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return `cost` in minor units of REPORTING by period and group, each day at its own rate; needs `finance:read`.

    Columns: period (its start), those of `by` (for `customer` also `organization_id`; "" where unknown, and for a cost
    that is no customer's), cost. Days after `as_of` have not happened yet.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    columns = _dimensions()
    unknown = [name for name in (*by, *(where or {})) if name not in columns]
    if unknown:
        raise InvalidInput(f"Costs are known by {', '.join(DIMENSIONS)}, not by {unknown[0]}.", field="dimensions")
    keys = [*by, *(["organization_id"] if "customer" in by else [])]
    chosen = [columns[name].label(name) for name in keys]
    wanted = [_narrowed(name, values, columns) for name, values in (where or {}).items()]
    begun = [period for period in periods if period.start <= as_of]
    since = min((period.start.date() for period in begun), default=date.max)
    statement = (
        select(cost_entry.c.booked_on, cost_entry.c.currency, *chosen, func.sum(cost_entry.c.amount_minor).label("sum"))
        .select_from(cost_entry)
        .outerjoin(organization, organization.c.id == cost_entry.c.organization_id)
        .where(cost_entry.c.booked_on >= since, cost_entry.c.booked_on <= as_of.date(), *wanted)
        .group_by(cost_entry.c.booked_on, cost_entry.c.currency, *chosen)
    )
    sums = _converted(session, session.execute(statement), keys)
    return _frame(sums, begun, keys)


def _dimensions() -> dict[str, ColumnElement[Any]]:
    return {
        "cost_kind": cost_entry.c.kind,
        "product": _known(cost_entry.c.product_id),
        "customer": _known(organization.c.name),
        "organization_id": _known(cast(cost_entry.c.organization_id, Text)),
        "tier": _known(_tier_then()),
        "segment": _known(organization.c.segment),
        "country": _known(organization.c.country),
    }


def _known(column: ColumnElement[Any]) -> ColumnElement[str]:
    return func.coalesce(column, "")


def _tier_then() -> ColumnElement[str]:
    """The tier that the customer paid for on the day of the cost; of one who never paid by then, its license's."""
    # Connections keep UTC, so the next day begins at its midnight.
    end_of_day = cast(cost_entry.c.booked_on + 1, Instant)
    moved = (
        select(movement.c.tier_id)
        .where(movement.c.organization_id == cost_entry.c.organization_id, movement.c.effective_at < end_of_day)
        .order_by(movement.c.effective_at.desc(), movement.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    held = (
        select(licenses.c.tier_id)
        .where(licenses.c.organization_id == cost_entry.c.organization_id)
        .order_by(licenses.c.issued_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(moved, held)


def _narrowed(name: str, values: Collection[str], columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    # A customer is narrowed by id, since two may share a name.
    return columns["organization_id" if name == "customer" else name].in_(list(values))


def _converted(
    session: ReadSession, rows: Iterable[Row[Any]], keys: Sequence[str]
) -> dict[date, dict[tuple[Any, ...], Decimal]]:
    rates = exchange_rates(session)
    sums: dict[date, dict[tuple[Any, ...], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        group = tuple(getattr(row, key) for key in keys)
        sums[row.booked_on][group] += rates.exact([Money(int(row.sum), row.currency)], row.booked_on)
    return sums


def _frame(
    sums: Mapping[date, Mapping[tuple[Any, ...], Decimal]], periods: Sequence[Period], keys: Sequence[str]
) -> pd.DataFrame:
    """Sum the days of each period by group, and round each sum once."""
    days = sorted(sums)
    rows = []
    for period in periods:
        within: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
        for day in days[bisect_left(days, period.start.date()) :]:
            if midnight(day) >= period.end:
                break
            for group, amount in sums[day].items():
                within[group] += amount
        start = period.start.replace(tzinfo=None)
        rows += [(start, *group, round_half_up(amount)) for group, amount in within.items()]
    frame = pd.DataFrame(rows, columns=["period", *keys, "cost"])
    return frame.astype({"period": "datetime64[us]", "cost": "int64"})
