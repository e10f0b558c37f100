"""The list that sales work as it is read: opportunities, what is not on the list and why, how well the rules do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Text, any_, case, column, func, literal, or_, select, true

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.comparisons import CLOSED
from core.culture.estimate import Figure
from core.culture.upsell_odds import OUTCOMES_FOR_OWN_RATE, chance, win_rate
from db.models.culture import contact, culture_profile, upsell
from db.models.organizations import organization
from db.session import ReadSession

MOST: Final = 500
HELD_AT_ONCE: Final = 500

State = Literal["open", "won", "lost", "ignored", "gone"]
Order = Literal["value", "priority", "newest", "days_left"]


@dataclass(frozen=True)
class Upsell:
    """One row of the list that sales work; `evidence` holds rule, version, label, value, n and window of each fact."""

    id: UUID
    organization_id: UUID
    organization: str
    install_id: str
    kind: str
    subject: str
    rule: str
    rule_version: int
    rules: tuple[str, ...]
    priority: str
    offer: str
    offer_label: str
    sentence: str
    evidence: tuple[dict[str, Any], ...]
    expected_value_minor: int | None
    currency: str | None
    expected_value_basis: str
    days_left: int | None
    days_p10: int | None
    days_p90: int | None
    confidence: str
    state: str
    assigned_to: str | None
    snoozed_until: datetime | None
    note: str | None
    close_reason: str | None
    found_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    contacted_at: datetime | None


@dataclass(frozen=True)
class NotListedRow:
    """Something that came near the list, at a customer, and why it is not on it."""

    organization_id: UUID
    organization: str
    install_id: str
    rule: str
    subject: str
    reason: str


@dataclass(frozen=True)
class RulePrecision:
    """What became of a rule's opportunities; `rate` is won ÷ (won + lost), `chance` what expected values stand on.

    `learnt` is whether that chance rests on outcomes of its own, and no longer mostly on the prior.
    """

    rule: str
    won: int
    lost: int
    ignored: int
    open: int
    rate: Figure
    chance: float
    learnt: bool


def upsells(
    session: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    state: State = "open",
    priority: str | None = None,
    rule: str | None = None,
    kind: str | None = None,
    assigned_to: str | None = None,
    install_id: str | None = None,
    organization_id: UUID | None = None,
    snoozed: bool = False,
    text: str = "",
    order: Order = "value",
    limit: int = 200,
) -> tuple[Upsell, ...]:
    """Return opportunities of all customers, for vendor staff; those snoozed until later only with `snoozed`.

    `assigned_to` is an e-mail, or the empty string for what nobody has taken; `text` is part of a customer's name, or a
    whole install id. Values of different currencies are ordered by their number; the page says which they are.
    """
    _may(actor)
    wanted = _wanted(now, state, priority, rule, kind, assigned_to, install_id, organization_id, snoozed, text)
    statement = _listed(now, wanted, order).limit(max(1, min(limit, MOST)))
    return tuple(_upsell(row._mapping) for row in session.execute(statement))


def every_upsell(
    session: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    priority: str | None = None,
    rule: str | None = None,
    assigned_to: str | None = None,
    snoozed: bool = False,
    text: str = "",
) -> Iterator[Upsell]:
    """Yield the open opportunities that `upsells` would give, however many they are, some hundred held at a time."""
    _may(actor)
    wanted = _wanted(now, "open", priority, rule, None, assigned_to, None, None, snoozed, text)
    rows = session.execute(_listed(now, wanted, "value").execution_options(yield_per=HELD_AT_ONCE))
    return (_upsell(row._mapping) for row in rows)


def precision(session: ReadSession, actor: Actor) -> tuple[RulePrecision, ...]:
    """Return how often each rule's opportunities were won of those won or lost, with the interval of its Beta."""
    _may(actor)
    rule = func.unnest(upsell.c.rules).label("rule")
    found: dict[str, dict[str, int]] = {}
    count = func.count().label("number")
    statement = select(rule, upsell.c.state, count).group_by(rule, upsell.c.state).order_by(rule)
    for row in session.execute(statement):
        found.setdefault(row.rule, {})[row.state] = row.number
    made = []
    for name, by in found.items():
        won, lost, ignored = (by.get(state, 0) for state in CLOSED)
        closed = won + lost + ignored
        likely = float(chance(won, closed))
        rate, learnt = win_rate(won, lost), closed >= OUTCOMES_FOR_OWN_RATE
        made.append(RulePrecision(name, won, lost, ignored, by.get("open", 0), rate, likely, learnt))
    return tuple(made)


def not_listed(
    session: ReadSession, actor: Actor, *, text: str = "", rule: str | None = None, limit: int = 200
) -> tuple[NotListedRow, ...]:
    """Return what came near the list and is not on it, over all customers, the newest profiles first.

    `text` is part of a customer's name, or a whole install id.
    """
    _may(actor)
    fields = ("rule", "subject", "reason")
    rows = func.jsonb_to_recordset(culture_profile.c.profile["not_listed"])
    held = rows.table_valued(*(column(name, Text) for name in fields)).render_derived(with_types=True)
    statement = (
        select(
            culture_profile.c.organization_id,
            organization.c.name.label("organization"),
            culture_profile.c.install_id,
            *(held.c[name] for name in fields),
        )
        .join(organization, organization.c.id == culture_profile.c.organization_id)
        .join(held, true())
        .order_by(culture_profile.c.computed_at.desc(), culture_profile.c.install_id)
        .limit(max(1, min(limit, MOST)))
    )
    if text:
        named = organization.c.name.icontains(text, autoescape=True)
        statement = statement.where(or_(named, culture_profile.c.install_id == text))
    if rule is not None:
        statement = statement.where(held.c.rule == rule)
    return tuple(NotListedRow(**row._mapping) for row in session.execute(statement))


def _wanted(
    now: datetime,
    state: State,
    priority: str | None,
    rule: str | None,
    kind: str | None,
    assigned_to: str | None,
    install_id: str | None,
    organization_id: UUID | None,
    snoozed: bool,
    text: str,
) -> list[ColumnElement[bool]]:
    c = upsell.c
    wanted: list[ColumnElement[bool]] = [c.state == state]
    for key, value in ((c.priority, priority), (c.kind, kind), (c.install_id, install_id)):
        if value is not None:
            wanted.append(key == value)
    if organization_id is not None:
        wanted.append(c.organization_id == organization_id)
    if rule is not None:
        wanted.append(literal(rule) == any_(c.rules))
    if assigned_to is not None:
        wanted.append(c.assigned_to == assigned_to if assigned_to else c.assigned_to.is_(None))
    if not snoozed:
        wanted.append(or_(c.snoozed_until.is_(None), c.snoozed_until <= now))
    if text:
        wanted.append(or_(organization.c.name.icontains(text, autoescape=True), c.install_id == text))
    return wanted


def _listed(now: datetime, wanted: Sequence[ColumnElement[bool]], order: Order) -> Select[Any]:
    called = select(func.max(contact.c.at)).where(contact.c.upsell_id == upsell.c.id, contact.c.at <= now)
    return (
        select(
            upsell,
            organization.c.name.label("organization"),
            called.correlate(upsell).scalar_subquery().label("contacted_at"),
        )
        .join_from(upsell, organization)
        .where(*wanted)
        .order_by(*_order(order), upsell.c.id)
    )


def _order(order: Order) -> tuple[ColumnElement[Any], ...]:
    c = upsell.c
    urgency = case({"HIGH": 0, "MEDIUM": 1}, value=c.priority, else_=2)
    value = c.expected_value_minor.desc().nulls_last()
    orders: dict[Order, tuple[ColumnElement[Any], ...]] = {
        "value": (value, urgency),
        "priority": (urgency, value),
        "newest": (c.found_at.desc(),),
        "days_left": (c.days_left.asc().nulls_last(), urgency),
    }
    return orders[order]


def _upsell(row: RowMapping) -> Upsell:
    found = {name: row[name] for name in Upsell.__dataclass_fields__}
    return Upsell(**{**found, "rules": tuple(found["rules"]), "evidence": tuple(found["evidence"])})


def _may(actor: Actor) -> None:
    actor.require(Permission.CULTURE_READ)
    actor.require_vendor()
