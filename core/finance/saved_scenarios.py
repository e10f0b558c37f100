"""Scenarios by name: saved with what they foresaw, so that later the plan stands beside what came."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput, NotFound
from core.finance.base_case import base_case
from core.finance.cash import balance_before, days_booked
from core.finance.scenarios import Levers, project
from core.ids import new_id
from core.money import round_half_up
from core.periods import INSTANT, Period, add_months, midnight, month_start
from db.models.costs import cash_scenario
from db.session import ReadSession, WriteSession

LONGEST_NAME: Final = 60
MOST: Final = 20
# How far a saved scenario says where cash would be.
FORESEEN: Final = 24


@dataclass(frozen=True)
class Scenario:
    """Levers under a name; `foreseen` is the balance at the end of each month from `first_month` on."""

    id: UUID
    name: str
    levers: Levers
    first_month: date
    foreseen: tuple[int, ...]
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class Held:
    """A month's end: what a scenario foresaw and what there was, in minor units of REPORTING."""

    month: Period
    foreseen: int
    actual: int


def scenarios(session: ReadSession, actor: Actor) -> tuple[Scenario, ...]:
    """Return what is saved, the newest first; needs `finance:read`."""
    _may_see(actor)
    statement = select(cash_scenario).order_by(cash_scenario.c.made_at.desc(), cash_scenario.c.id)
    return tuple(_scenario(row) for row in session.execute(statement))


def scenario_named(session: ReadSession, actor: Actor, name: str) -> Scenario:
    """Return the one of that name, whatever its case, or raise NotFound; needs `finance:read`."""
    _may_see(actor)
    wanted = select(cash_scenario).where(func.lower(cash_scenario.c.name) == name.strip().lower())
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"No scenario is called “{name[:LONGEST_NAME]}”.")
    return _scenario(row)


def save_scenario(session: WriteSession, actor: Actor, name: str, levers: Levers, *, now: datetime) -> Scenario:
    """Save levers under a name, in place of what it had; needs `finance:manage_costs`.

    With it goes where cash would be at the coming month ends, by the books as they are now.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    levers.check()
    named = " ".join(name.split())
    if not 0 < len(named) <= LONGEST_NAME:
        raise InvalidInput(f"Name it in at most {LONGEST_NAME} characters.", field="name")
    known = [each.name.lower() for each in scenarios(session, actor)]
    if len(known) >= MOST and named.lower() not in known:
        raise InvalidInput(f"There are {MOST} scenarios already. Delete one first.", field="name")
    base = base_case(session, actor, as_of=now)
    if base is None:
        raise InvalidInput("Book a whole month of cash first: until then there is nothing to project from.")
    foreseen = _at_month_ends(project(base, levers, FORESEEN + 1).cash, now)
    row = {
        "id": new_id(),
        "organization_id": actor.organization_id,
        "name": named,
        "levers": asdict(levers),
        "first_month": month_start(now).date(),
        "foreseen": foreseen,
        "made_by": actor.label,
        "made_at": now,
    }
    statement = insert(cash_scenario).values(row)
    replaced = {name: statement.excluded[name] for name in row if name not in {"id", "organization_id"}}
    of = [cash_scenario.c.organization_id, func.lower(cash_scenario.c.name)]
    session.execute(statement.on_conflict_do_update(index_elements=of, set_=replaced))
    audit.record(session, actor, "scenario.saved", ("cash_scenario", named), now=now, after=asdict(levers))
    return scenario_named(session, actor, named)


def delete_scenario(session: WriteSession, actor: Actor, scenario_id: UUID, *, now: datetime) -> None:
    """Forget a scenario and what it foresaw; needs `finance:manage_costs`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    gone = delete(cash_scenario).where(cash_scenario.c.id == scenario_id).returning(cash_scenario.c.name)
    name = session.execute(gone).scalar_one_or_none()
    if name is None:
        raise NotFound("There is no such scenario.")
    audit.record(session, actor, "scenario.deleted", ("cash_scenario", name), now=now)


def plan_and_actual(session: ReadSession, actor: Actor, scenario: Scenario, *, as_of: datetime) -> tuple[Held, ...]:
    """Return what a scenario foresaw of each month that is over since, beside what there was; needs `finance:read`."""
    booked = days_booked(session, actor, as_of)
    found = []
    for step, minor in enumerate(scenario.foreseen):
        start = add_months(midnight(scenario.first_month), step)
        month = Period(start, add_months(start, 1))
        if month.end > as_of + INSTANT:
            break
        found.append(Held(month, minor, round_half_up(balance_before(booked, month.end))))
    return tuple(found)


def _at_month_ends(cash: tuple[int, ...], now: datetime) -> list[int]:
    """Return the balance at calendar month ends of a path by months from now, in a straight line between its steps."""
    start = month_start(now)
    length = add_months(start, 1) - start
    # How much of this month is still to come: that part of the way to the first step.
    ahead_seconds, seconds = int((add_months(start, 1) - now).total_seconds()), int(length.total_seconds())
    return [before + (after - before) * ahead_seconds // seconds for before, after in pairwise(cash[: FORESEEN + 1])]


def _scenario(row: Row[Any]) -> Scenario:
    given: Mapping[str, Any] = row.levers
    return Scenario(
        row.id,
        row.name,
        Levers.of(dict(given)),
        row.first_month,
        tuple(row.foreseen),
        row.made_by,
        row.made_at,
    )


def _may_see(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
