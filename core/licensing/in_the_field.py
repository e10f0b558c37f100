"""Installations across all customers: which version each runs, how it stands against the releases, who is silent."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.licensing.releases import Release, VersionStanding, releases, standing
from db.models.licensing import installation
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession

Need = Literal["silent", "unsupported", "ending", "behind"]
SILENT_DAYS: Final = 7
ENDING_DAYS: Final = 60
FAR_BEHIND: Final = 2
MOST: Final = 200
# What versions call themselves is the customers' to say: the rarest of more than so many stand unjudged.
MOST_VERSIONS: Final = 1_000


@dataclass(frozen=True)
class Installed:
    """One installation in the field; the empty fingerprint is its license's unnamed one."""

    license_id: UUID
    install_id: str
    organization_id: UUID
    customer: str
    tier_id: str
    suspended: bool
    fingerprint: str
    domain: str | None
    activated_at: datetime
    last_seen_at: datetime
    standing: VersionStanding


@dataclass(frozen=True)
class VersionInUse:
    """A version with how it stands, and how many installations run it, of them silent ones."""

    standing: VersionStanding
    installs: int
    silent: int


@dataclass(frozen=True)
class InTheField:
    """Every version in use, the most used first, and the releases they are judged by, newest first."""

    versions: tuple[VersionInUse, ...]
    installs: int
    silent: int
    releases: tuple[Release, ...]
    now: datetime

    def count(self, need: Need) -> int:
        """Return how many installations have this need."""
        if need == "silent":
            return self.silent
        return sum(each.installs for each in self.versions if _needs(need, each.standing, self.now))

    @property
    def judged(self) -> int:
        """Installations of whose version it is known whether it is supported."""
        return sum(each.installs for each in self.versions if each.standing.supported is not None)

    @property
    def supported(self) -> int:
        """Those of them on a supported release."""
        return sum(each.installs for each in self.versions if each.standing.supported)


@dataclass(frozen=True)
class InstalledPage:
    """Some installations, the longest silent first, and the cursor of those after them, or None at the end."""

    items: tuple[Installed, ...]
    next_cursor: str | None


def in_the_field(session: ReadSession, actor: Actor, *, now: datetime) -> InTheField:
    """Return what runs where, by version; needs `customer:read`. Licenses that are over do not count."""
    _may(actor)
    known = releases(session)
    version = func.coalesce(installation.c.version, "").label("version")
    silent = func.count().filter(_silent(now)).label("silent")
    counts: list[Any] = [func.count().label("installs"), silent]
    grouped = _in_force(select(version, *counts), now).group_by(version).cte("grouped")
    # The sums are over all groups, also over those beyond the bound.
    every = [func.sum(grouped.c[name]).over().label(f"all_{name}") for name in ("installs", "silent")]
    most = select(grouped, *every).order_by(grouped.c.installs.desc(), grouped.c.version).limit(MOST_VERSIONS)
    rows = session.execute(most).all()
    versions = tuple(VersionInUse(standing(row.version, known, now=now), row.installs, row.silent) for row in rows)
    installs, quiet = (int(rows[0].all_installs), int(rows[0].all_silent)) if rows else (0, 0)
    return InTheField(versions, installs, quiet, tuple(known), now)


def installs(
    session: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    need: Need | None = None,
    text: str = "",
    cursor: str | None = None,
    limit: int = 100,
) -> InstalledPage:
    """Return installations, the longest silent first; needs `customer:read`.

    `text` finds parts of install ids, customers' names and domains, or a whole fingerprint or version.
    """
    _may(actor)
    known = releases(session)
    limit = max(1, min(limit, MOST))
    statement = _in_force(select(*_COLUMNS), now, named=True)
    if need is not None:
        statement = statement.where(_condition(session, need, known, now))
    if text.strip():
        statement = statement.where(_mentions(text.strip()))
    place = (installation.c.last_seen_at, installation.c.license_id, installation.c.fingerprint)
    if cursor is not None:
        statement = statement.where(tuple_(*place) > tuple_(*_place(cursor)))
    rows = session.execute(statement.order_by(*place).limit(limit + 1)).all()
    items = tuple(_installed(row, known, now) for row in rows[:limit])
    return InstalledPage(items, _cursor(items[-1]) if len(rows) > limit else None)


@dataclass(frozen=True)
class Holder:
    """Whose an install id is."""

    customer: str
    tier_id: str
    revoked: bool


def holders(session: ReadSession, actor: Actor, install_ids: Sequence[str]) -> dict[str, Holder]:
    """Return whose these install ids are, for rows that the telemetry plane gave; needs `customer:read`."""
    _may(actor)
    c = licenses.c
    named = (
        select(c.install_id, organization.c.name, c.tier_id, c.revoked_at.is_not(None).label("revoked"))
        .join(organization, organization.c.id == c.organization_id)
        .where(c.install_id.in_(install_ids))
    )
    return {row.install_id: Holder(row.name, row.tier_id, row.revoked) for row in session.execute(named)}


_COLUMNS: Final = (
    installation.c.license_id,
    licenses.c.install_id,
    licenses.c.organization_id,
    organization.c.name.label("customer"),
    licenses.c.tier_id,
    licenses.c.suspended_at.is_not(None).label("suspended"),
    installation.c.fingerprint,
    installation.c.domain,
    installation.c.activated_at,
    installation.c.last_seen_at,
    installation.c.version,
)


def _may(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.CUSTOMER_READ)


def _in_force(statement: Select[Any], now: datetime, *, named: bool = False) -> Select[Any]:
    """Complete a statement over installations whose license is not over, and with `named` over its customer."""
    c = licenses.c
    joined = installation.join(licenses, c.id == installation.c.license_id)
    if named:
        joined = joined.join(organization, organization.c.id == c.organization_id)
    not_over = and_(c.revoked_at.is_(None), or_(c.expires_at.is_(None), c.expires_at > now))
    return statement.select_from(joined).where(not_over)


def _silent(now: datetime) -> ColumnElement[bool]:
    return installation.c.last_seen_at < now - timedelta(days=SILENT_DAYS)


def _condition(session: ReadSession, need: Need, known: Sequence[Release], now: datetime) -> ColumnElement[bool]:
    if need == "silent":
        return _silent(now)
    version = installation.c.version
    used = session.execute(_in_force(select(version), now).group_by(version).limit(MOST_VERSIONS)).scalars()
    return version.in_([each for each in used if each and _needs(need, standing(each, known, now=now), now)])


def _needs(need: Need, found: VersionStanding, now: datetime) -> bool:
    if need == "unsupported":
        return found.supported is False
    if need == "behind":
        return found.behind is not None and found.behind >= FAR_BEHIND
    ends = found.release.supported_until if found.release else None
    return need == "ending" and ends is not None and now < ends <= now + timedelta(days=ENDING_DAYS)


def _mentions(text: str) -> ColumnElement[bool]:
    return or_(
        licenses.c.install_id.icontains(text, autoescape=True),
        organization.c.name.icontains(text, autoescape=True),
        installation.c.domain.icontains(text.lower(), autoescape=True),
        and_(installation.c.fingerprint == text, installation.c.fingerprint != ""),
        installation.c.version == text,
    )


def _installed(row: Any, known: Sequence[Release], now: datetime) -> Installed:
    found = dict(row._mapping)
    version = found.pop("version") or ""
    return Installed(**found, standing=standing(version, known, now=now))


def _cursor(last: Installed) -> str:
    place = [last.last_seen_at.isoformat(), str(last.license_id), last.fingerprint]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> tuple[datetime, UUID, str]:
    try:
        at, license_id, fingerprint = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return datetime.fromisoformat(at), UUID(license_id), str(fingerprint)
    except (ValueError, TypeError, AttributeError, binascii.Error) as wrong:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor") from wrong
