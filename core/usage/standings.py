"""Where every license stands, as kept when its profile was computed: no page reads telemetry of many installs."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.usage.attention import State
from core.usage.consumption import Consumption
from core.usage.forecast import DaysToLimit
from core.usage.meters import METERS
from db.models.licensing import license as licenses
from db.models.limits import usage_place, usage_standing
from db.models.organizations import organization
from db.session import ReadSession

Sort = Literal["share", "days", "change"]
MOST: Final = 200
MOST_PLACE: Final = 2_000_000_000


@dataclass(frozen=True)
class InstallStanding:
    """One license with its meters in their order, and what it is: over, near, jumping, or none of them."""

    organization_id: UUID
    organization: str
    license_id: UUID
    install_id: str
    tier_id: str
    states: frozenset[State]
    meters: tuple[Consumption, ...]
    refreshed_at: datetime


@dataclass(frozen=True)
class StandingPage:
    """Some licenses in their order, and the cursor of those after them, or None at the end."""

    items: tuple[InstallStanding, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class StandingCounts:
    """How many customers are over, near or jumping, of how many with a license in force of which use is known."""

    customers: int
    over: int
    near: int
    jumping: int


def standings(
    session: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    state: State | None = None,
    sort: Sort = "share",
    text: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> StandingPage:
    """Return licenses in force with their meters; a customer's people see their own. Needs `usage:read`.

    `share`: the nearest to a limit first; `days`: who reaches one soonest; `change`: who has grown most. `text` is part
    of a customer's name, or an install id.
    """
    actor.require(Permission.USAGE_READ)
    limit = max(1, min(limit, MOST))
    by, descending = _order(sort)
    keys = (by, usage_place.c.license_id)
    statement = _visible(actor, now)
    if state is not None:
        statement = statement.where(usage_place.c[state])
    if text:
        named = organization.c.name.icontains(text, autoescape=True)
        statement = statement.where(or_(named, licenses.c.install_id == text))
    if cursor is not None:
        place = tuple_(*_place(sort, cursor))
        statement = statement.where(tuple_(*keys) < place if descending else tuple_(*keys) > place)
    ordered = statement.order_by(*(key.desc() if descending else key.asc() for key in keys))
    rows = session.execute(ordered.limit(limit + 1)).all()
    shown = rows[:limit]
    meters = _meters(session, [row.license_id for row in shown])
    items = tuple(_standing(row, meters.get(row.license_id, ())) for row in shown)
    more = _cursor(sort, shown[-1]) if len(rows) > limit else None
    return StandingPage(items, more)


def standing_counts(session: ReadSession, actor: Actor, *, now: datetime) -> StandingCounts:
    """Return the counts of customers, one with several licenses once."""
    actor.require(Permission.USAGE_READ)
    c = usage_place.c
    customer = c.organization_id.distinct()
    counted: list[ColumnElement[Any]] = [func.count(customer).label("customers")]
    counted += [func.count(customer).filter(c[state]).label(state) for state in get_args(State)]
    everybody = select(*counted).select_from(usage_place)
    return StandingCounts(**session.execute(_in_force(everybody, actor, now)).one()._mapping)


def _visible(actor: Actor, now: datetime) -> Select[Any]:
    columns: list[ColumnElement[Any]] = list(usage_place.c)
    columns += [licenses.c.install_id, licenses.c.tier_id, organization.c.name.label("organization")]
    everything = select(*columns).select_from(usage_place)
    return _in_force(everything, actor, now)


def _in_force(statement: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Only what somebody may still use can be over or near: revoked and expired licenses are left out."""
    runs = (licenses.c.revoked_at.is_(None), or_(licenses.c.expires_at.is_(None), licenses.c.expires_at > now))
    statement = (
        statement.join(licenses, licenses.c.id == usage_place.c.license_id)
        .join(organization, organization.c.id == usage_place.c.organization_id)
        .where(*runs, organization.c.archived_at.is_(None))
    )
    if actor.realm != "vendor":
        statement = statement.where(usage_place.c.organization_id == actor.organization_id)
    return statement


def _meters(session: ReadSession, license_ids: list[UUID]) -> dict[UUID, tuple[Consumption, ...]]:
    found: dict[UUID, dict[str, Consumption]] = {}
    statement = select(usage_standing).where(usage_standing.c.license_id.in_(license_ids))
    for row in session.execute(statement):
        found.setdefault(row.license_id, {})[row.meter] = _consumption(row)
    return {key: tuple(by[meter] for meter in METERS if meter in by) for key, by in found.items()}


def _consumption(row: Row[Any]) -> Consumption:
    return Consumption(
        meter=row.meter,
        label=METERS[row.meter].label,
        highest=row.highest,
        current=row.current,
        typical=None,
        busy=row.busy,
        peak=None,
        share=None if row.share is None else float(row.share),
        needed=None,
        spike=row.spike,
        days_to_limit=DaysToLimit(row.days_p10, row.days_p50, row.days_p90) if row.forecast else None,
        n=row.n,
        reason=row.reason,
        source=row.source,
        change=None if row.change is None else float(row.change),
    )


def _standing(row: Row[Any], meters: tuple[Consumption, ...]) -> InstallStanding:
    return InstallStanding(
        row.organization_id,
        row.organization,
        row.license_id,
        row.install_id,
        row.tier_id,
        frozenset(state for state in get_args(State) if row._mapping[state]),
        meters,
        row.refreshed_at,
    )


def _order(sort: str) -> tuple[ColumnElement[Any], bool]:
    if sort not in get_args(Sort):
        raise InvalidInput(f"There is no order “{sort[:40]}”. Use share, days or change.", field="sort")
    return usage_place.c[f"by_{sort}"], sort != "days"


def _cursor(sort: str, last: Row[Any]) -> str:
    place = f"{sort} {last._mapping[f'by_{sort}']} {last.license_id}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place(sort: str, cursor: str) -> tuple[int, UUID]:
    try:
        named, place, license_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        number, key = int(place), UUID(license_id)
    except (ValueError, binascii.Error) as wrong:
        raise _foreign() from wrong
    if named != sort or abs(number) > MOST_PLACE:
        raise _foreign()
    return number, key


def _foreign() -> InvalidInput:
    return InvalidInput("This cursor is not of this list. Start again without it.", field="cursor")
