"""Culture as pages and the API read it: profiles, health by day, upsells, what is not on the list and why."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Text, any_, case, column, func, literal, or_, select, true

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.account import Account, Commercial
from core.culture.commercial import commercial_facts
from core.culture.comparisons import CLOSED, Comparisons, closed_before, past_health
from core.culture.estimate import Figure, wilson
from core.culture.observing import observe
from core.culture.peers import size_band
from core.culture.picture import take
from core.culture.profile import METHOD_VERSION, Profile, assemble, from_json
from core.culture.upsell_contacts import talked_about
from core.culture.upsells import History
from core.licensing.reads import License, license_by_install, tiers
from core.telemetry.reads import dirty_mark
from core.usage.limits import in_force
from core.usage.reads import consumption, overrides_in_force
from db.models.culture import culture_profile, health_day, upsell
from db.models.organizations import organization
from db.session import ReadSession

FRESH = timedelta(hours=24)
MOST = 500

State = Literal["open", "won", "lost", "ignored", "gone"]
Order = Literal["value", "priority", "newest", "days_left"]


@dataclass(frozen=True)
class HealthDay:
    """The health kept of one UTC day; `score` is None where too little was observed."""

    day: date
    score: float | None
    low: float
    high: float


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
    """What became of a rule's opportunities; `rate` is won ÷ closed."""

    rule: str
    won: int
    lost: int
    ignored: int
    open: int
    rate: Figure


def profile(control: ReadSession, telemetry: ReadSession, actor: Actor, install_id: str, now: datetime) -> Profile:
    """Return the culture profile of an install: the stored one while it holds, else computed now (and not stored).

    For vendor staff with `culture:read`. An install without telemetry has a profile too, which says so.
    """
    _require(actor)
    license = license_by_install(control, actor, install_id, now=now)
    kept = control.execute(select(culture_profile).where(culture_profile.c.install_id == install_id)).one_or_none()
    if (
        kept is not None
        and kept.method_version == METHOD_VERSION
        and kept.tier_id == license.tier_id
        and abs(now - kept.computed_at) < FRESH
        and dirty_mark(telemetry, install_id) is None
    ):
        return from_json(kept.profile)
    return compute(control, telemetry, actor, license, now=now)


def compute(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    license: License,
    *,
    now: datetime,
    commercial: Commercial | None = None,
    comparisons: Comparisons | None = None,
) -> Profile:
    """Observe, infer and judge anew; `commercial` replaces what billing knows where a caller from above knows more."""
    compared = comparisons or Comparisons(control)
    account = Account(license, tiers(control), commercial or commercial_facts(control, actor, license, now))
    observed = observe(telemetry, license.install_id, now)
    members = len({row.actor for row in observed.named_actors()})
    limits = in_force(account.tier.limits, license.max_seats, overrides_in_force(control, license.id, now))
    used = consumption(telemetry, license.install_id, limits, members=members, now=now)
    peers = compared.peers(control, license.install_id, account.tier.id, size_band(members))
    higher = tuple(tier.id for tier in account.tiers if tier.rank > account.tier.rank)
    above = compared.above(control, higher)
    picture = take(account, observed, used, peers, compared.releases, compared.in_field, above)
    past = past_health(control, license.install_id, now)
    talked = talked_about(control, license.install_id, now)
    history = History(compared.outcomes, closed_before(control, license.install_id), talked)
    return assemble(picture, past, history)


def health_history(
    session: ReadSession, actor: Actor, install_id: str, *, now: datetime, days: int = 90
) -> tuple[HealthDay, ...]:
    """Return the health kept day by day, oldest first; days on which nothing was computed have no row."""
    _require(actor)
    c = health_day.c
    since = now.astimezone(UTC).date() - timedelta(days=days)
    statement = select(c.day, c.score, c.low, c.high).where(c.install_id == install_id, c.day > since).order_by(c.day)
    return tuple(
        HealthDay(row.day, None if row.score is None else float(row.score), float(row.low), float(row.high))
        for row in session.execute(statement)
    )


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
    order: Order = "value",
    limit: int = 200,
) -> tuple[Upsell, ...]:
    """Return opportunities of all customers, for vendor staff; those snoozed until later only with `snoozed`.

    `assigned_to` is an e-mail, or the empty string for what nobody has taken. Values of different currencies are
    ordered by their number; the page says which they are.
    """
    _require(actor)
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
    statement = select(upsell, organization.c.name.label("organization")).join_from(upsell, organization).where(*wanted)
    statement = statement.order_by(*_order(order), c.id).limit(max(1, min(limit, MOST)))
    return tuple(_upsell(row._mapping) for row in session.execute(statement))


def precision(session: ReadSession, actor: Actor) -> tuple[RulePrecision, ...]:
    """Return how often each rule's opportunities were won, with Wilson's interval."""
    _require(actor)
    rule = func.unnest(upsell.c.rules).label("rule")
    found: dict[str, dict[str, int]] = {}
    count = func.count().label("number")
    statement = select(rule, upsell.c.state, count).group_by(rule, upsell.c.state).order_by(rule)
    for row in session.execute(statement):
        found.setdefault(row.rule, {})[row.state] = row.number
    made = []
    for name, by in found.items():
        won, lost, ignored = (by.get(state, 0) for state in CLOSED)
        rate = wilson(won, won + lost + ignored)
        made.append(RulePrecision(name, won, lost, ignored, by.get("open", 0), rate))
    return tuple(made)


def not_listed(session: ReadSession, actor: Actor, *, limit: int = 200) -> tuple[NotListedRow, ...]:
    """Return what came near the list and is not on it, over all customers, the newest profiles first."""
    _require(actor)
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
    return tuple(NotListedRow(**row._mapping) for row in session.execute(statement))


def stale_installs(session: ReadSession, *, now: datetime, limit: int) -> list[str]:
    """Return installs whose stored profile is a day old or of another method, the oldest first.

    One that is newer than `now` by a day is of another viewpoint, and as stale.
    """
    c = culture_profile.c
    old = or_(c.computed_at <= now - FRESH, c.computed_at > now + FRESH, c.method_version != METHOD_VERSION)
    return list(session.execute(select(c.install_id).where(old).order_by(c.computed_at).limit(limit)).scalars())


def _require(actor: Actor) -> None:
    actor.require(Permission.CULTURE_READ)
    actor.require_vendor()


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
