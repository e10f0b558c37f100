"""Sums over the open opportunities, for the catalogue of numbers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, Text, cast, func, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict
from core.finance.reads import exchange_rates
from core.money import Money, round_half_up
from core.periods import Period
from db.models.culture import upsell
from db.models.organizations import organization
from db.session import ReadSession

_BY: Final[dict[str, ColumnElement[Any]]] = {
    "priority": upsell.c.priority,
    "rule": upsell.c.rule,
    "tier": upsell.c.offer,
    "customer": organization.c.name,
}


def upsell_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return `open` and `expected_minor` (of the reporting currency) by group, as of now; snoozed ones count.

    `tier` is what is offered. `expected_minor` needs `finance:read` and is left out without it.
    """
    actor.require(Permission.CULTURE_READ)
    actor.require_vendor()
    if len(periods) != 1 or not periods[0].start <= as_of <= periods[0].end:
        raise Conflict("Upsells are known as they stand now: ask for them without a time.", code="no_history")
    organization_id = cast(upsell.c.organization_id, Text)
    chosen = {name: _BY[name] for name in by}
    if "customer" in by:
        chosen["organization_id"] = organization_id
    narrowed = {**_BY, "customer": organization_id}
    statement = (
        select(
            *(column.label(name) for name, column in chosen.items()),
            func.coalesce(upsell.c.currency, "USD").label("currency"),
            func.count().label("open"),
            func.coalesce(func.sum(upsell.c.expected_value_minor), 0).label("minor"),
        )
        .join_from(upsell, organization)
        .where(upsell.c.state == "open")
        .where(*(or_(narrowed[name].in_(list(values))) for name, values in (where or {}).items()))
        .group_by(*chosen.values(), upsell.c.currency)
    )
    frame = pd.DataFrame(session.execute(statement).mappings().all())
    if frame.empty:
        return frame
    rates = exchange_rates(session)
    exact = [
        rates.exact([Money(int(minor), currency)], as_of.date())
        for minor, currency in zip(frame["minor"], frame["currency"], strict=True)
    ]
    frame = frame.assign(expected_minor=pd.Series(exact, dtype=object), period=periods[0].start.replace(tzinfo=None))
    made = frame.groupby(["period", *chosen], dropna=False, sort=False)[["open", "expected_minor"]].sum().reset_index()
    made["expected_minor"] = [round_half_up(value) for value in made["expected_minor"]]
    return made if actor.may(Permission.FINANCE_READ) else made.drop(columns="expected_minor")
