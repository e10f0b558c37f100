"""Tickets as lists and as sums, and the churn events of a customer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Row,
    Text,
    case,
    cast,
    column,
    func,
    or_,
    select,
    values,
)
from sqlalchemy.dialects.postgresql import distinct_on

from core.access.actor import Actor
from core.access.permissions import Permission
from core.money import Money
from core.periods import Period
from core.support.tickets import PRIORITIES, ChurnEvent, Ticket
from db.models.licensing import license as licenses
from db.models.licensing import tier
from db.models.organizations import organization
from db.models.support import churn_event, support_ticket
from db.session import ReadSession

MOST: Final = 500
MEASURES: Final = ("tickets", "response_minutes", "answered", "satisfaction_sum", "rated")


def ticket_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return tickets submitted in each period up to `as_of`, their response minutes and satisfaction, by group.

    One row a (period, values of `by`): `period`, a column for each of customer (with `organization_id`), priority,
    tier, segment, country, then tickets, response_minutes of the `answered` and satisfaction_sum of the `rated`.
    """
    actor.require(Permission.CUSTOMER_READ)
    actor.require_vendor()
    t = support_ticket.c
    held = _tiers().subquery()
    spans = _spans(periods)
    known = _dimensions(held)
    chosen = {name: known[name] for name in by}
    if "customer" in by:
        chosen["organization_id"] = cast(t.organization_id, Text)
    counted = (
        func.count(),
        func.coalesce(func.sum(t.response_minutes), 0),
        func.count(t.response_minutes),
        func.coalesce(func.sum(t.satisfaction), 0),
        func.count(t.satisfaction),
    )
    measures = [cast(value, BigInteger).label(name) for value, name in zip(counted, MEASURES, strict=True)]
    names = {**known, "customer": cast(t.organization_id, Text)}
    wanted = [or_(names[name].in_(list(allowed))) for name, allowed in (where or {}).items()]
    statement = (
        select(spans.c.start.label("period"), *(value.label(name) for name, value in chosen.items()), *measures)
        .select_from(support_ticket)
        .join(spans, (t.submitted_at >= spans.c.start) & (t.submitted_at < spans.c.end))
        .join(organization, organization.c.id == t.organization_id)
        .outerjoin(held, held.c.organization_id == t.organization_id)
        .where(t.submitted_at <= as_of, *wanted)
        .group_by(spans.c.start, *chosen.values())
        .order_by(spans.c.start, *chosen.values())
    )
    found = session.execute(statement)
    frame = pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()))
    frame["period"] = pd.to_datetime(frame["period"], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    return frame.astype(dict.fromkeys(MEASURES, "int64"))


def tickets_of(
    session: ReadSession, actor: Actor, organization_id: UUID, *, now: datetime, limit: int = 100
) -> tuple[Ticket, ...]:
    """Return a customer's tickets up to `now`, newest first; for whoever may see the customer."""
    actor.require_sight_of(organization_id)
    t = support_ticket.c
    statement = (
        select(*(t[name] for name in Ticket.__dataclass_fields__))
        .where(t.organization_id == organization_id, t.submitted_at <= now)
        .order_by(t.submitted_at.desc(), t.id.desc())
        .limit(min(limit, MOST))
    )
    return tuple(Ticket(**row._mapping) for row in session.execute(statement))


def open_urgent_tickets(session: ReadSession, organization_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, int]:
    """Return how many urgent tickets were open at `now`, of customers with any; for health, so asks no permission."""
    t = support_ticket.c
    still_open = or_(t.closed_at.is_(None), t.closed_at > now)
    statement = select(t.organization_id, func.count().label("tickets")).where(
        t.organization_id.in_(organization_ids), t.priority == PRIORITIES[-1], t.submitted_at <= now, still_open
    )
    found = session.execute(statement.group_by(t.organization_id))
    return {row.organization_id: row.tickets for row in found}


def churn_events_of(
    session: ReadSession, actor: Actor, organization_id: UUID, *, now: datetime
) -> tuple[ChurnEvent, ...]:
    """Return what was noted when a customer was said to leave, newest first; refunds need `finance:read`."""
    actor.require(Permission.CUSTOMER_READ)
    actor.require_vendor()
    c = churn_event.c
    statement = (
        select(churn_event).where(c.organization_id == organization_id, c.at <= now).order_by(c.at.desc(), c.id.desc())
    )
    return tuple(_event(row, actor) for row in session.execute(statement))


def departures_noted(session: ReadSession, until: datetime) -> list[tuple[UUID, datetime]]:
    """Return when which customer was said to leave, up to `until`; for a test of health, so asks no permission."""
    c = churn_event.c
    statement = select(c.organization_id, c.at).where(c.at <= until, c.reactivation.is_(False))
    return [(row.organization_id, row.at) for row in session.execute(statement.order_by(c.organization_id, c.at))]


def _event(row: Row[Any], actor: Actor) -> ChurnEvent:
    refund = row.refund_minor if actor.may(Permission.FINANCE_READ) else 0
    return ChurnEvent(
        row.organization_id, row.at, row.reason, Money(refund, row.currency), row.reactivation, row.feedback
    )


def _dimensions(held: FromClause) -> dict[str, ColumnElement[Any]]:
    return {
        "customer": organization.c.name,
        "priority": support_ticket.c.priority,
        "tier": held.c.tier_id,
        "segment": organization.c.segment,
        "country": organization.c.country,
    }


def _tiers() -> Any:
    """Return each customer's tier: that of its highest license that is not revoked, else of the highest it had."""
    return (
        select(licenses.c.organization_id, licenses.c.tier_id)
        .join(tier, tier.c.id == licenses.c.tier_id)
        .ext(distinct_on(licenses.c.organization_id))
        .order_by(
            licenses.c.organization_id,
            case((licenses.c.revoked_at.is_(None), 0), else_=1),
            tier.c.rank.desc(),
            licenses.c.id,
        )
    )


def _spans(periods: Sequence[Period]) -> Any:
    instant = DateTime(timezone=True)
    rows = [(period.start, period.end) for period in periods]
    return values(column("start", instant), column("end", instant), name="spans").data(rows)
