"""Mails on crossing 80, 90 and 100 % of a limit: once a crossing, and again only after use has fallen well below."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access.actor import system_actor
from core.accounts.limit_mail import percent_used, write_mails
from core.ids import new_id
from core.organizations.reads import vendor_id
from core.usage.meters import METERS
from db.models.licensing import license as licenses
from db.models.limits import usage_place, usage_standing
from db.models.notify import limit_notice
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

# Percent of the limit. The first is the seed's.
LEVELS: Final = (80, 90, 100)
# Points below a level at which it may be told of again; otherwise whoever wavers around it hears of it all day.
FALL: Final = 5
# What is counted by the minute or the hour comes and goes too fast to write letters about.
TOLD: Final = tuple(meter.id for meter in METERS.values() if meter.window in {"day", "month", "now"})
_USED: Final = func.greatest(
    usage_standing.c.share, usage_standing.c.current / func.nullif(usage_standing.c.highest * 1.0, 0)
)


class Crossing(NamedTuple):
    """A level that was crossed now: the notice that was written, and where the meter stands."""

    notice_id: UUID
    level: int
    standing: Row[Any]


def notice_limits(
    session: WriteSession, *, now: datetime, installs: Collection[str] | None = None, told: bool = True
) -> int:
    """Write a notice of every level crossed since the last look, mail those concerned, and return how many mails.

    It looks at `installs`, or at every license in force that is near or over a limit. Without `told`, crossings are
    only marked: for histories that nobody lived through. What two processes see at once is told by one of them.
    """
    vendor = vendor_id(session)
    if vendor is None or (installs is not None and not installs):
        return 0
    standings = _standings(session, now, installs)
    held = _open(session, installs)
    crossed = [one for row in standings for one in _crossed(session, row, held.get(_key(row), {}), now)]
    _fall(session, standings, held, now)
    if not told:
        return 0
    written = 0
    for one in crossed:
        mails = write_mails(session, system_actor(vendor), one.standing, one.notice_id, now=now)
        mine = limit_notice.c.id == one.notice_id
        session.execute(update(limit_notice).where(mine).values(mails=mails))
        written += mails
    return written


def _key(row: Row[Any]) -> tuple[UUID, str]:
    return row.license_id, row.meter


def _crossed(session: WriteSession, row: Row[Any], held: dict[int, UUID], now: datetime) -> Sequence[Crossing]:
    """Write what was crossed and is not noticed yet; only the highest of several levels is to be told."""
    used = percent_used(row.used)
    found = []
    for level in LEVELS:
        if used < level or level in held:
            continue
        notice_id = new_id()
        statement = insert(limit_notice).values(
            id=notice_id,
            organization_id=row.organization_id,
            license_id=row.license_id,
            meter=row.meter,
            level=level,
            share=row.used,
            mails=0,
            crossed_at=now,
        )
        written = statement.on_conflict_do_nothing().returning(limit_notice.c.id)
        if session.execute(written).one_or_none() is not None:
            found.append(Crossing(notice_id, level, row))
    # Whoever has heard of a higher level needs no letter on a lower one, crossed in between.
    return [one for one in found[-1:] if one.level > max(held, default=0)]


def _fall(
    session: WriteSession,
    standings: Sequence[Row[Any]],
    held: dict[tuple[UUID, str], dict[int, UUID]],
    now: datetime,
) -> None:
    """End the notices of levels that use has fallen well below, or that no limit has any more."""
    used = {_key(row): percent_used(row.used) for row in standings}
    over = [
        notice_id
        for key, levels in held.items()
        for level, notice_id in levels.items()
        if used.get(key, 0) < level - FALL
    ]
    if over:
        session.execute(update(limit_notice).where(limit_notice.c.id.in_(over)).values(fallen_at=now))


def _standings(session: ReadSession, now: datetime, installs: Collection[str] | None) -> Sequence[Row[Any]]:
    """Return the meters that are used so far that a level is crossed, or may still be held by a notice."""
    s, place = usage_standing.c, usage_place.c
    which: ColumnElement[bool]
    if installs is not None:
        which = licenses.c.install_id.in_(installs)
    else:
        noticed = select(limit_notice.c.license_id).where(limit_notice.c.fallen_at.is_(None))
        which = or_(place.near, place.over, s.license_id.in_(noticed))
    in_force = and_(
        licenses.c.revoked_at.is_(None),
        licenses.c.suspended_at.is_(None),
        or_(licenses.c.expires_at.is_(None), licenses.c.expires_at > now),
        organization.c.archived_at.is_(None),
    )
    statement = (
        select(
            usage_standing,
            _USED.label("used"),
            licenses.c.install_id,
            licenses.c.tier_id,
            organization.c.name.label("organization"),
            organization.c.contact_email,
            organization.c.owner_email,
        )
        .join(licenses, licenses.c.id == s.license_id)
        .join(usage_place, place.license_id == s.license_id)
        .join(organization, organization.c.id == s.organization_id)
        .where(which, in_force, s.meter.in_(TOLD), (LEVELS[0] - FALL) / 100 <= _USED)
        .order_by(s.license_id, s.meter)
    )
    return session.execute(statement).all()


def _open(session: ReadSession, installs: Collection[str] | None) -> dict[tuple[UUID, str], dict[int, UUID]]:
    """Return the notices that hold, by license and meter."""
    statement = select(limit_notice).where(limit_notice.c.fallen_at.is_(None))
    if installs is not None:
        theirs = select(licenses.c.id).where(licenses.c.install_id.in_(installs))
        statement = statement.where(limit_notice.c.license_id.in_(theirs))
    found: dict[tuple[UUID, str], dict[int, UUID]] = {}
    for row in session.execute(statement):
        found.setdefault(_key(row), {})[row.level] = row.id
    return found
