"""Culture as pages and the API read it: profiles and health by day; upsells are read in upsell_reads.py."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.account import Account, Commercial
from core.culture.commercial import commercial_facts
from core.culture.comparisons import Comparisons, closed_before, past_health
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
from db.models.culture import culture_profile, health_day
from db.session import ReadSession

FRESH = timedelta(hours=24)


@dataclass(frozen=True)
class HealthDay:
    """The health kept of one UTC day; `score` is None where too little was observed."""

    day: date
    score: float | None
    low: float
    high: float


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
