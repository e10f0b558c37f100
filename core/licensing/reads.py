"""Licenses, installations and tiers as people and the rest of the house read them."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, literal, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput, NotFound
from core.licensing.attention import Need, any_need, needs
from core.licensing.status import Status, status_condition, status_expression
from db.models.licensing import installation, license_word, organization_word, tier, tier_limit
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession

MOST = 200
# Beyond whatever a word may go on with.
LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True)
class Tier:
    """A named bundle: what it grants and how much of it; None is UNLIMITED. `limits` is by meter."""

    id: str
    label: str
    rank: int
    features: tuple[str, ...]
    max_installs: int | None
    max_domains: int | None
    limits: dict[str, int | None]


@dataclass(frozen=True)
class License:
    """The right of a customer to run us, with its status at the time of reading."""

    id: UUID
    organization_id: UUID
    organization_name: str
    install_id: str
    tier_id: str
    term: str
    billing_period: str | None
    status: Status
    issued_at: datetime
    starts_at: datetime
    expires_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoke_reason: str | None
    converted_at: datetime | None
    notes: str
    max_installs: int | None
    max_seats: int | None
    domains: tuple[str, ...]
    fingerprint_required: bool
    check_in_days: int | None
    expiry_strategy: str
    overage: str
    entitlements: tuple[str, ...]
    versions: str | None
    first_verified_at: datetime | None
    last_check_in_at: datetime | None
    state_version: int
    seat_heartbeat_seconds: int = 600


@dataclass(frozen=True)
class Page:
    """Some licenses, newest first, and the cursor of those after them, or None at the end."""

    items: tuple[License, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Installation:
    """One activated deployment; the empty fingerprint is the license's unnamed one."""

    fingerprint: str
    domain: str | None
    version: str | None
    activated_at: datetime
    last_seen_at: datetime


_COMPUTED = {"organization_name", "status"}
_COLUMNS = [licenses.c[name] for name in License.__dataclass_fields__ if name not in _COMPUTED]


def tiers(session: ReadSession) -> tuple[Tier, ...]:
    """Return the tiers with their limits and features, from the smallest up."""
    limits: dict[str, dict[str, int | None]] = {}
    for row in session.execute(select(tier_limit).order_by(tier_limit.c.meter)):
        limits.setdefault(row.tier_id, {})[row.meter] = row.highest
    return tuple(
        Tier(
            row.id, row.label, row.rank, tuple(row.features), row.max_installs, row.max_domains, limits.get(row.id, {})
        )
        for row in session.execute(select(tier).order_by(tier.c.rank))
    )


def tier_by_id(session: ReadSession, tier_id: str) -> Tier:
    """Return a tier, or raise InvalidInput naming those there are."""
    known = tiers(session)
    found = next((one for one in known if one.id == tier_id), None)
    if found is None:
        names = ", ".join(one.id for one in known)
        raise InvalidInput(f"There is no tier “{tier_id[:40]}”. Give one of: {names}.", field="tier")
    return found


def license_by_install(session: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> License:
    """Return the license of an install id, or raise NotFound, also where it is another customer's."""
    actor.require(Permission.CUSTOMER_READ)
    found = session.execute(_visible(actor, now).where(licenses.c.install_id == install_id)).one_or_none()
    if found is None:
        raise NotFound(f"There is no license with the install id {install_id[:80]}, or you may not see it.")
    return _license(found, actor)


def licenses_by_install(
    session: ReadSession, actor: Actor, install_ids: Sequence[str], *, now: datetime
) -> dict[str, License]:
    """Return the licenses of some install ids; none for those nobody has, or another customer."""
    actor.require(Permission.CUSTOMER_READ)
    found = session.execute(_visible(actor, now).where(licenses.c.install_id.in_(install_ids)))
    return {row.install_id: _license(row, actor) for row in found}


def licenses_of(session: ReadSession, actor: Actor, organization_id: UUID, *, now: datetime) -> tuple[License, ...]:
    """Return an organization's licenses, newest first."""
    actor.require(Permission.CUSTOMER_READ)
    actor.require_sight_of(organization_id)
    mine = _newest_first(_visible(actor, now).where(licenses.c.organization_id == organization_id))
    return tuple(_license(row, actor) for row in session.execute(mine))


def search(
    session: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    status: Status | None = None,
    tier_id: str | None = None,
    text: str = "",
    need: Need | Literal["any"] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Return licenses by status, tier and `text`: what begins with it at any word, in whatever case.

    It finds install ids, customers' names, domains of licenses and installations, and whole fingerprints' beginnings.
    `need` keeps those that need a hand, for one reason (see attention.py) or for any.
    """
    actor.require(Permission.CUSTOMER_READ)
    limit = max(1, min(limit, MOST))
    statement = _visible(actor, now)
    if status is not None:
        statement = statement.where(status_condition(status, now))
    if tier_id is not None:
        statement = statement.where(licenses.c.tier_id == tier_id)
    if text.strip():
        statement = statement.where(licenses.c.id.in_(_found_by(text.strip())))
    if need is not None:
        statement = statement.where(any_need(now) if need == "any" else needs(now)[need])
    if cursor is not None:
        statement = statement.where(tuple_(licenses.c.issued_at, licenses.c.id) < tuple_(*_place(cursor)))
    rows = session.execute(_newest_first(statement).limit(limit + 1)).all()
    items = tuple(_license(row, actor) for row in rows[:limit])
    return Page(items, _cursor(items[-1]) if len(rows) > limit else None)


def attention(session: ReadSession, actor: Actor, *, now: datetime) -> dict[Need, int]:
    """Return how many licenses need a hand, by the reason; one may count for several."""
    actor.require(Permission.CUSTOMER_READ)
    counted: list[ColumnElement[Any]] = [func.count().filter(each).label(need) for need, each in needs(now).items()]
    row = session.execute(_of_sight(select(*counted).select_from(licenses), actor)).one()
    return {need: row._mapping[need] for need in needs(now)}


def installations(session: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> tuple[Installation, ...]:
    """Return the activated installations of a license, last seen first."""
    found = license_by_install(session, actor, install_id, now=now)
    columns = [installation.c[name] for name in Installation.__dataclass_fields__]
    statement = select(*columns).where(installation.c.license_id == found.id)
    rows = session.execute(statement.order_by(installation.c.last_seen_at.desc(), installation.c.fingerprint))
    return tuple(Installation(**row._mapping) for row in rows)


def _visible(actor: Actor, now: datetime) -> Select[Any]:
    statement = select(
        *_COLUMNS, organization.c.name.label("organization_name"), status_expression(now).label("status")
    ).join(organization, organization.c.id == licenses.c.organization_id)
    return _of_sight(statement, actor)


def _of_sight(statement: Select[Any], actor: Actor) -> Select[Any]:
    if actor.realm != "vendor":
        statement = statement.where(licenses.c.organization_id == actor.organization_id)
    return statement


def _newest_first(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(licenses.c.issued_at.desc(), licenses.c.id.desc())


def _found_by(text: str) -> CompoundSelect[Any]:
    """Return the ids of what is found by a text: ranges of words, each read from its index, also under row security."""

    def within(word: ColumnElement[str]) -> ColumnElement[bool]:
        # As the words were written (migration 0017): the server's lower case, at most 100 characters.
        first = func.lower(func.left(literal(text), 100))
        return and_(word >= first, word < first.concat(literal(LAST_SIGN)))

    whose = licenses.alias("whose")
    by_license = select(license_word.c.license_id).where(within(license_word.c.word))
    by_name = (
        select(whose.c.id)
        .join(organization_word, organization_word.c.organization_id == whose.c.organization_id)
        .where(within(organization_word.c.word))
    )
    return by_license.union(by_name)


def _license(row: Any, actor: Actor) -> License:
    found = dict(row._mapping)
    found["status"] = Status(found["status"])
    found.update({name: tuple(found[name]) for name in ("domains", "entitlements")})
    if actor.realm != "vendor":
        # What staff write to each other is not the customer's to read.
        found.update(notes="", revoke_reason=None)
    return License(**found)


def _cursor(last: License) -> str:
    return base64.urlsafe_b64encode(f"{last.issued_at.isoformat()} {last.id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        issued_at, _, last_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(issued_at), UUID(last_id)
    except (ValueError, binascii.Error) as wrong:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor") from wrong
