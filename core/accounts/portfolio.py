"""The portfolio of cultures: archetypes with size, money and health, who moved between them, features, and peers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Float, Integer, any_, cast, func, literal, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.reads import at_risk, in_force, may_see_customers
from core.culture import archetypes as rules
from core.culture.portfolio import Resemblance, Traits, most_alike
from core.errors import NotFound
from core.finance.reads import exchange_rates
from core.money import Money
from db.models.accounts import customer_card
from db.models.culture import archetype_spell, culture_profile
from db.session import ReadSession

MOVED_WITHIN: Final = timedelta(days=28)
# Below so many customers a share of them says more of one than of a kind.
LEAST_CELL: Final = 5
MOST_MOVERS: Final = 200
# So many that share the most features are looked at closely, however many customers there are.
CANDIDATES: Final = 400
UNKNOWN: Final = "Not known yet"
LABELS: Final[Mapping[str, str]] = {
    **{key: label for key, label, _ in rules.RULES},
    "mixed": "Mixed use",
    "unknown": UNKNOWN,
}


@dataclass(frozen=True)
class ArchetypeGroup:
    """The customers in force of one archetype; `mrr` in the reporting currency, None without `finance:read`.

    `health` is the median of the `health_n` whose health is known.
    """

    label: str
    customers: int
    mrr: Money | None
    health: float | None
    health_n: int
    at_risk: int


@dataclass(frozen=True)
class Move:
    """A customer that is of another archetype than 28 days ago; `day` is the first of its present one."""

    organization_id: UUID
    organization: str
    install_id: str
    before: str
    now: str
    day: date


@dataclass(frozen=True)
class Moves:
    """Who moved; `known_since` is the first day of which any archetype is kept, None before the first."""

    moves: tuple[Move, ...]
    known_since: date | None


@dataclass(frozen=True)
class FeatureShare:
    """The share of an archetype's `customers` that adopted a feature; None where they are too few to say."""

    archetype: str
    feature: str
    customers: int
    adopted: int | None

    @property
    def share(self) -> float | None:
        """Adopted ÷ customers."""
        return None if self.adopted is None else self.adopted / self.customers


@dataclass(frozen=True)
class Adopter:
    """A customer that adopted a feature, and on which share of its active person-days it is used."""

    organization: str
    install_id: str
    share: float


def archetype_groups(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[ArchetypeGroup, ...]:
    """Return the archetypes of the customers in force, the largest first; needs `culture:read` and `customer:read`."""
    _may(actor)
    card = customer_card.c
    named = func.coalesce(card.archetype, UNKNOWN).label("label")
    counted = select(
        named,
        func.count().label("customers"),
        func.percentile_cont(0.5).within_group(card.health).label("health"),
        func.count(card.health).label("health_n"),
        func.count().filter(at_risk()).label("at_risk"),
    )
    rows = session.execute(counted.where(*in_force(now)).group_by(named)).all()
    mrr = _mrr(session, now) if actor.may(Permission.FINANCE_READ) else {}
    made = [
        ArchetypeGroup(
            row.label,
            row.customers,
            mrr.get(row.label),
            None if row.health is None else float(row.health),
            row.health_n,
            row.at_risk,
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda each: (each.label == UNKNOWN, -each.customers, each.label)))


def moves(session: ReadSession, actor: Actor, *, now: datetime) -> Moves:
    """Return who is of another archetype now than 28 days ago, the latest first; whoever was not known then is new.

    Of customers in force, by the install of their main license.
    """
    _may(actor)
    since = (now - MOVED_WITHIN).date()
    spell, card = archetype_spell.c, customer_card.c
    earlier = archetype_spell.alias("earlier")
    before = (
        select(earlier.c.archetype)
        .where(earlier.c.install_id == spell.install_id, earlier.c.first_day <= since)
        .order_by(earlier.c.first_day.desc())
        .limit(1)
        .correlate(archetype_spell)
        .scalar_subquery()
    )
    later = archetype_spell.alias("later")
    last = ~(
        select(literal(1))
        .where(
            later.c.install_id == spell.install_id,
            later.c.first_day > spell.first_day,
            later.c.first_day <= now.date(),
        )
        .correlate(archetype_spell)
        .exists()
    )
    statement = (
        select(
            card.organization_id,
            card.name.label("organization"),
            card.install_id,
            before.label("before"),
            spell.archetype.label("now"),
            spell.first_day.label("day"),
        )
        .join(customer_card, customer_card.c.install_id == spell.install_id)
        .where(spell.first_day > since, spell.first_day <= now.date(), last, before != spell.archetype, *in_force(now))
        .order_by(spell.first_day.desc(), card.name)
        .limit(MOST_MOVERS)
    )
    found = tuple(
        Move(**{**row._mapping, "before": _label(row.before), "now": _label(row.now)})
        for row in session.execute(statement)
        if row.before != "unknown"
    )
    return Moves(found, session.execute(select(func.min(spell.first_day))).scalar_one())


def features_by_archetype(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[FeatureShare, ...]:
    """Return for each archetype and feature the share of customers in force who adopted it, small ones suppressed."""
    _may(actor)
    card, profile = customer_card.c, culture_profile.c
    joined = customer_card.join(culture_profile, profile.install_id == card.install_id)
    named = card.archetype.label("archetype")
    where = (*in_force(now), card.archetype.is_not(None), profile.person_days > 0)
    sizes = select(named, func.count().label("customers")).select_from(joined).where(*where).group_by(named)
    of_kind = {row.archetype: row.customers for row in session.execute(sizes)}
    each = select(named, func.unnest(profile.adopted).label("feature")).select_from(joined).where(*where).subquery()
    adopted = select(each.c.archetype, each.c.feature, func.count().label("adopted")).group_by(
        each.c.archetype, each.c.feature
    )
    counted = {(row.archetype, row.feature): row.adopted for row in session.execute(adopted)}
    features = sorted({feature for _, feature in counted})
    return tuple(
        FeatureShare(kind, feature, size, counted.get((kind, feature), 0) if size >= LEAST_CELL else None)
        for kind, size in sorted(of_kind.items(), key=lambda pair: (-pair[1], pair[0]))
        for feature in features
    )


def adopters(session: ReadSession, actor: Actor, archetype: str, feature: str, *, now: datetime) -> tuple[Adopter, ...]:
    """Return the customers in force behind a share of features_by_archetype, by name, at most 200."""
    _may(actor)
    card, profile = customer_card.c, culture_profile.c
    used = cast(profile.feature_days[feature].astext, Float) / func.greatest(profile.person_days, 1)
    statement = (
        select(card.name.label("organization"), card.install_id, used.label("share"))
        .join(culture_profile, profile.install_id == card.install_id)
        .where(card.archetype == archetype, literal(feature) == any_(profile.adopted), *in_force(now))
        .order_by(card.name)
        .limit(MOST_MOVERS)
    )
    return tuple(Adopter(**row._mapping) for row in session.execute(statement))


def peers_of(
    session: ReadSession, actor: Actor, install_id: str, *, now: datetime, most: int = 5
) -> tuple[Resemblance, ...]:
    """Return the customers in force that resemble an install most, each with why; NotFound without its profile.

    The 400 that share the largest part of its adopted features, and then its size, are compared in full.
    """
    _may(actor)
    own = session.execute(_traits().where(culture_profile.c.install_id == install_id)).one_or_none()
    if own is None:
        raise NotFound("This installation has no culture profile yet. It is made with its first telemetry.")
    profile = culture_profile.c
    mine = list(own.adopted)
    # A sum of memberships answers 100,000 rows in a fraction of what intersecting arrays takes.
    shared = sum((cast(literal(name) == any_(profile.adopted), Integer) for name in mine), literal(0))
    joint = func.cardinality(profile.adopted) + len(mine) - shared
    apart = func.abs(func.ln(func.greatest(profile.people, 1)) - func.ln(float(max(1, own.people or 1))))
    near = (
        _traits()
        .where(profile.install_id != install_id, profile.person_days > 0, *in_force(now))
        .order_by((cast(shared, Float) / func.greatest(joint, 1)).desc(), apart, profile.install_id)
        .limit(CANDIDATES)
    )
    return most_alike(_as_traits(own), map(_as_traits, session.execute(near)), most)


def _traits() -> Any:
    profile, card = culture_profile.c, customer_card.c
    return select(
        profile.install_id,
        card.name,
        profile.tier_id,
        card.archetype,
        profile.adopted,
        profile.feature_days,
        profile.person_days,
        profile.people,
        profile.weekend_share,
        profile.concentration,
        profile.api_share,
    ).join(customer_card, card.install_id == profile.install_id)


def _as_traits(row: Any) -> Traits:
    days = max(1, row.person_days)
    return Traits(
        install_id=row.install_id,
        name=row.name,
        tier_id=row.tier_id,
        archetype=row.archetype,
        features={feature: used / days for feature, used in row.feature_days.items()},
        people=row.people,
        weekend_share=row.weekend_share,
        concentration=row.concentration,
        api_share=row.api_share,
    )


def _mrr(session: ReadSession, now: datetime) -> dict[str, Money]:
    card = customer_card.c
    named = func.coalesce(card.archetype, UNKNOWN).label("label")
    statement = select(named, card.currency, func.sum(card.mrr_minor).label("minor")).where(*in_force(now))
    amounts: dict[str, list[Money]] = {}
    for row in session.execute(statement.group_by(named, card.currency)):
        amounts.setdefault(row.label, []).append(Money(int(row.minor), row.currency))
    rates = exchange_rates(session)
    return {name: rates.report(each, now.date()) for name, each in amounts.items()}


def _label(archetype: str) -> str:
    return LABELS.get(archetype, archetype.replace("_", " ").capitalize())


def _may(actor: Actor) -> None:
    may_see_customers(actor)
    actor.require(Permission.CULTURE_READ)
