"""Finance over HTTP: the founder's figures, and the rows behind them: movements and subscriptions."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.depends import AsOf, CurrentActor, Day, Reading, StrictRoute, TelemetryReading
from api.schemas.collections import CollectionEntry, CollectionLine, CollectionList
from api.schemas.financial import (
    MetricsAnswer,
    MovementEntry,
    MovementKindName,
    MovementList,
    MovementSums,
    SubscriptionEntry,
    SubscriptionList,
)
from core.access.actor import Actor
from core.accounts import cursors
from core.accounts.reads import customers_by_id
from core.errors import InvalidInput
from core.finance.drill import movement_rows, subscription_rows
from core.finance.ledger import may_see_all
from core.finance.policy_reads import policy_in_force
from core.finance.promised import lines_out, promised_invoiced_paid, summed
from core.licensing.reads import tier_by_id
from core.metrics.financial import financial_figures, movement_sums
from core.metrics.query import Span
from core.periods import Period, midnight
from db.session import ReadSession

router = APIRouter(prefix="/financial", tags=["Finance"], route_class=StrictRoute)

Narrow = Annotated[str | None, Query(max_length=80)]
CursorText = Annotated[str | None, Query(max_length=2000, description="The `nextCursor` of the page before.")]
Since = Annotated[Day | None, Query(alias="from", description="The first UTC day.")]
Until = Annotated[Day | None, Query(alias="to", description="The last UTC day.")]
Limit = Annotated[int, Query(ge=1, le=200)]
BEGINNING: Final = date(1970, 1, 1)
DAY: Final = timedelta(days=1)


def _where(
    actor: CurrentActor,
    session: Reading,
    tier: Narrow = None,
    product: Narrow = None,
    country: Annotated[str | None, Query(min_length=2, max_length=2, description="ISO 3166, as DE.")] = None,
    segment: Narrow = None,
    customer: Annotated[UUID | None, Query(description="An organization id.")] = None,
) -> dict[str, tuple[str, ...]]:
    may_see_all(actor)
    if tier is not None:
        tier_by_id(session, tier)
    given = {"tier": tier, "product": product, "country": country and country.upper(), "segment": segment}
    given["customer"] = None if customer is None else str(customer)
    return {name: (value,) for name, value in given.items() if value is not None}


Where = Annotated[dict[str, tuple[str, ...]], Depends(_where, scope="function")]


@router.get("/metrics", summary="MRR, ARR, LTV, CAC, churn, growth, runway, gross margin")
def metrics(
    actor: CurrentActor,
    session: Reading,
    telemetry: TelemetryReading,
    as_of: AsOf,
    since: Since = None,
    until: Until = None,
    segment: Narrow = None,
) -> MetricsAnswer:
    """Return the figures as they stood at the end of `asOf`; null with its reason where one is not defined.

    With `from` or `to`, churn and growth are of those days, and so are the movements.
    """
    may_see_all(actor)
    last = min(until or as_of.date(), as_of.date())
    first = max(since or last.replace(day=1), BEGINNING)
    if last < first:
        raise InvalidInput("“from” is a day after “to”, or after “asOf”. Give an earlier one.", field="from")
    span = Span(start=first, end=last + DAY, label="the days asked for")
    given = span if since or until else None
    figures = financial_figures(session, telemetry, actor, now=as_of, span=given, segment=segment)
    moved = movement_sums(session, telemetry, actor, span, now=as_of, segment=segment)
    return MetricsAnswer.of(figures, MovementSums.of(moved, first, last), policy_in_force(session), as_of)


@router.get("/movements", summary="What changed MRR, newest first")
def movements(
    actor: CurrentActor,
    session: Reading,
    as_of: AsOf,
    where: Where,
    kind: Annotated[MovementKindName | None, Query()] = None,
    since: Since = None,
    until: Until = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> MovementList:
    """Return the ledger's rows of some days; of one tier also what came to it and went from it by changes of tier."""
    if since and until and until < since:
        raise InvalidInput("“to” is a day before “from”. Swap them.", field="to")
    last = min(until or as_of.date(), as_of.date())
    period = Period(midnight(since or BEGINNING), midnight(last) + DAY)
    page = movement_rows(
        session, actor, period, kind=kind, where=where, as_of=as_of, cursor=_place(cursor), limit=limit
    )
    installs = _installs(session, actor, {row.organization_id for row in page.rows}, as_of)
    return MovementList(
        movements=[MovementEntry.of(row, installs.get(row.organization_id)) for row in page.rows],
        next_cursor=page.next_cursor and cursors.encode(page.next_cursor),
    )


@router.get("/subscriptions", summary="Subscriptions that run, newest first")
def subscriptions(
    actor: CurrentActor,
    session: Reading,
    as_of: AsOf,
    where: Where,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> SubscriptionList:
    """Return what MRR is made of at the end of `asOf`, agreement by agreement."""
    page = subscription_rows(session, actor, at=as_of, where=where, cursor=_place(cursor), limit=limit)
    installs = _installs(session, actor, {row.organization_id for row in page.rows}, as_of)
    return SubscriptionList(
        subscriptions=[SubscriptionEntry.of(row, installs.get(row.organization_id)) for row in page.rows],
        next_cursor=page.next_cursor and cursors.encode(page.next_cursor),
    )


@router.get("/collections", summary="Promised, invoiced, paid, and every part of the gap")
def collections(
    actor: CurrentActor,
    session: Reading,
    as_of: AsOf,
    since: Since = None,
    until: Until = None,
    customer: Annotated[UUID | None, Query(description="An organization id: its invoice lines come along.")] = None,
) -> CollectionList:
    """Return what subscriptions promised for some days, what was invoiced and paid; without days, of this month so far.

    Amounts are as the books stand now; paid is what came for the invoices that were issued in these days.
    """
    day = as_of.date()
    last = min(until or day, day)
    first = since or last.replace(day=1)
    rows = promised_invoiced_paid(session, actor, first, last, day=day, organization_id=customer)
    lines = None if customer is None else lines_out(session, actor, customer, first, last, day=day)
    return CollectionList(
        since=first,
        until=last,
        sums=[CollectionEntry.of(one) for one in summed(rows).values()],
        customers=[CollectionEntry.of(one) for one in rows],
        lines=None if lines is None else [CollectionLine.of(one) for one in lines],
    )


def _place(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    place = cursors.decode(cursor)
    if len(place) != 1 or not isinstance(place[0], str):
        raise cursors.foreign()
    return place[0]


def _installs(session: ReadSession, actor: Actor, customers: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """Return the install ids of the customers' main licenses; who never held one has none."""
    return {key: one.install_id for key, one in customers_by_id(session, actor, customers, now=now).items()}
