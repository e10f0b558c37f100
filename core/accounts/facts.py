"""Sums over customers and licenses as they stand, for the catalogue of numbers: one grouped read of the cards."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, Text, case, cast, func, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.reads import at_risk, may_see_customers, near_limit, stats, verifies
from core.errors import Conflict
from core.finance.reads import exchange_rates
from core.licensing.status import Status, status_expression
from core.money import Money, round_half_up
from core.periods import Period
from db.models.accounts import customer_card
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession

_ACTIVE: Final = (Status.ACTIVE.value, Status.EXPIRING.value)
_COUNTS: Final = (
    *("customers", "active", "at_risk", "near_limit", "trials"),
    *("health_sum", "health_known", "trials_ended", "trials_converted"),
)


def customer_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return customers, active, at_risk, at_risk_minor, near_limit, trials and health by group, as of now.

    One row a group (and `organization_id` for `customer`); cards say how customers are, not how they were: Conflict for
    a period that is over. `at_risk_minor` needs `finance:read` and is left out without it. `trials_ended` and
    `trials_converted` of the last 90 days have no groups.
    """
    may_see_customers(actor)
    period = present(periods, as_of)
    columns = card_dimensions(as_of)
    chosen = {name: columns[name] for name in by}
    if "customer" in by:
        chosen["organization_id"] = cast(customer_card.c.organization_id, Text)
    state = columns["status"]
    statement = (
        select(
            *(column.label(name) for name, column in chosen.items()),
            customer_card.c.currency,
            func.count().label("customers"),
            func.count().filter(state.in_(_ACTIVE)).label("active"),
            func.count().filter(at_risk()).label("at_risk"),
            func.coalesce(func.sum(case((at_risk(), customer_card.c.mrr_minor))), 0).label("minor"),
            func.count().filter(near_limit()).label("near_limit"),
            func.count().filter(customer_card.c.term == "trial", state.in_(_ACTIVE)).label("trials"),
            func.coalesce(func.sum(customer_card.c.health), 0).label("health_sum"),
            func.count(customer_card.c.health).label("health_known"),
        )
        .where(*conditions(where or {}, columns))
        .group_by(*chosen.values(), customer_card.c.currency)
    )
    frame = pd.DataFrame(session.execute(statement).mappings().all())
    if frame.empty:
        return frame
    rates = exchange_rates(session)
    exact = [
        rates.exact([Money(int(minor), currency)], as_of.date())
        for minor, currency in zip(frame["minor"], frame["currency"], strict=True)
    ]
    frame["at_risk_minor"] = pd.Series(exact, dtype=object)
    ended = stats(session, actor, now=as_of) if not by and not where else None
    frame["trials_ended"] = ended.trials_ended if ended else 0
    frame["trials_converted"] = ended.trials_converted if ended else 0
    return _summed(frame, list(chosen), period, actor)


def _summed(frame: pd.DataFrame, keys: list[str], period: Period, actor: Actor) -> pd.DataFrame:
    """Join what was split by currency, rounding the money once a group."""
    summed = {name: ("first" if name.startswith("trials_") else "sum") for name in _COUNTS}
    frame = frame.assign(period=period.start.replace(tzinfo=None))
    grouped = frame.groupby(["period", *keys], dropna=False, sort=False)
    made = grouped.agg({**summed, "at_risk_minor": "sum"}).reset_index()
    made["at_risk_minor"] = [round_half_up(Decimal(value)) for value in made["at_risk_minor"]]
    return made if actor.may(Permission.FINANCE_READ) else made.drop(columns="at_risk_minor")


def license_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return `active`, the licenses to which verification would say valid now, by tier if asked."""
    may_see_customers(actor)
    period = present(periods, as_of)
    keys = [licenses.c.tier_id.label("tier")] if "tier" in by else []
    wanted = [licenses.c.tier_id.in_(list(values)) for name, values in (where or {}).items() if name == "tier"]
    statement = (
        select(*keys, func.count().filter(verifies(as_of)).label("active"))
        .join(organization, organization.c.id == licenses.c.organization_id)
        .where(organization.c.realm == "customer", organization.c.archived_at.is_(None), *wanted)
        .group_by(*keys)
    )
    frame = pd.DataFrame(session.execute(statement).mappings().all())
    return frame.assign(period=period.start.replace(tzinfo=None))


def card_dimensions(now: datetime) -> dict[str, ColumnElement[Any]]:
    """Return what cards can be grouped and narrowed by."""
    card = customer_card.c
    return {
        "tier": card.tier_id,
        "country": card.country,
        "segment": card.segment,
        "status": status_expression(now, customer_card),
        "archetype": card.archetype,
        "owner": card.owner_email,
        "customer": card.name,
    }


def conditions(
    where: Mapping[str, Collection[str]], columns: Mapping[str, ColumnElement[Any]]
) -> list[ColumnElement[bool]]:
    """Return the conditions of `where`; customers are given by the id of their organization."""
    keys = {**columns, "customer": cast(customer_card.c.organization_id, Text)}
    return [or_(keys[name].in_(list(values))) for name, values in where.items()]


def present(periods: Sequence[Period], as_of: datetime) -> Period:
    """Return the one period asked for, or raise Conflict where it is not the present one."""
    if len(periods) != 1 or not periods[0].start <= as_of <= periods[0].end:
        raise Conflict("This is known as it stands now, not as it was: ask for it without a time.", code="no_history")
    return periods[0]
