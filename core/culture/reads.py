"""Culture as pages and the API read it: profiles and health by day; upsells are read in upsell_reads.py."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.computing import compute
from core.culture.health_past import judged_today, past
from core.culture.health_rules import WEIGHTS_VERSION
from core.culture.profile import METHOD_VERSION, Profile, from_json
from core.licensing.reads import license_by_install
from core.telemetry.reads import dirty_mark
from db.models.culture import culture_profile, health_day
from db.session import ReadSession

FRESH = timedelta(hours=24)


@dataclass(frozen=True)
class HealthDay:
    """The health kept of one UTC day by today's weights; `score` is None where too little was observed.

    `weights_version` were in force on that day, and `published` is what was shown then; they differ from today's only
    before a change of weights.
    """

    day: date
    score: float | None
    low: float
    high: float
    weights_version: str
    published: float | None


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


def health_history(
    session: ReadSession, actor: Actor, install_id: str, *, now: datetime, days: int = 90
) -> tuple[HealthDay, ...]:
    """Return the health kept day by day, oldest first; days on which nothing was computed have no row."""
    _require(actor)
    c = health_day.c
    since = now.astimezone(UTC).date() - timedelta(days=days)
    columns = (c.day, c.score, c.low, c.high, c.weights_version, c.parts)
    statement = select(*columns).where(c.install_id == install_id, c.day > since).order_by(c.day)
    return tuple(_health_day(row) for row in session.execute(statement))


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


def _health_day(row: Row[Any]) -> HealthDay:
    """Return a day as today's weights make it, also while the job that rewrites old days has not come to it yet."""
    low, high, score = float(row.low), float(row.high), None if row.score is None else float(row.score)
    if row.weights_version != WEIGHTS_VERSION:
        health = judged_today(past(row.day, row.weights_version, row.parts))
        return HealthDay(row.day, health.score, health.low, health.high, row.weights_version, score)
    told = row.parts.get("published", {"version": row.weights_version, "score": score})
    return HealthDay(row.day, score, low, high, told["version"], told["score"])
