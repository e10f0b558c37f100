"""Changes to usage: limits agreed with one customer, and where each license stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.licensing.reads import License, license_by_install
from core.organizations.marks import mark_card
from core.usage.attention import State, counts_for_growth, pressure, states
from core.usage.consumption import Consumption
from core.usage.forecast import HORIZON
from core.usage.limits import Override
from core.usage.meters import METERS
from core.usage.reads import overrides, overrides_in_force
from db.models.licensing import license as licenses
from db.models.limits import limit_override, usage_place, usage_standing
from db.session import WriteSession

HIGHEST: Final = 10**18
LONGEST_REASON: Final = 1_000
_LAST_DAYS: Final = 1_000
_UNKNOWN: Final = -2_000_000_000


@dataclass(frozen=True)
class OverrideRequest:
    """What is agreed: `highest` None is UNLIMITED, `ends_at` None holds until somebody ends it."""

    install_id: str
    meter: str
    highest: int | None
    reason: str
    ends_at: datetime | None = None


def add_override(session: WriteSession, actor: Actor, asked: OverrideRequest, *, now: datetime) -> Override:
    """Give a license a limit of its own from now on; needs `usage:manage_limits`, is audited.

    Raises Conflict where another one of this meter is in force: that one has to be ended first.
    """
    _may_manage(actor)
    reason = _checked_reason(asked.reason)
    if asked.meter not in METERS:
        raise InvalidInput(f"There is no meter “{asked.meter[:80]}”. Give one of: {', '.join(METERS)}.", field="meter")
    if asked.highest is not None and not 0 <= asked.highest <= HIGHEST:
        raise InvalidInput(f"A limit is a whole number from 0 to {HIGHEST:,}, or unlimited.", field="highest")
    if asked.ends_at is not None and asked.ends_at <= now:
        raise InvalidInput("Let it end later than now, or leave the end away.", field="endsAt")
    held = _locked(session, actor, asked.install_id, now)
    if any(one.meter == asked.meter for one in overrides_in_force(session, held.id, now)):
        label = METERS[asked.meter].label
        raise Conflict(f"{held.organization_name} has a limit of its own for {label} already. End that one first.")
    row: dict[str, Any] = {
        "id": new_id(),
        "organization_id": held.organization_id,
        "license_id": held.id,
        "meter": asked.meter,
        "highest": asked.highest,
        "starts_at": now,
        "ends_at": asked.ends_at,
        "reason": reason,
        "by": actor.label,
    }
    session.execute(insert(limit_override).values(**row))
    told = {"meter": asked.meter, "highest": asked.highest, "ends_at": _said(asked.ends_at)}
    _note(session, actor, held, "limit.overridden", reason, now, after=told)
    return Override(**row, organization=held.organization_name, install_id=held.install_id, tier_id=held.tier_id)


def end_override(
    session: WriteSession, actor: Actor, install_id: str, meter: str, *, reason: str, now: datetime
) -> Override:
    """End a license's own limit of a meter, so that its tier's holds again; needs `usage:manage_limits`, is audited."""
    _may_manage(actor)
    reason = _checked_reason(reason)
    held = _locked(session, actor, install_id, now)
    mine = [one for one in overrides(session, actor, now=now, install_id=install_id) if one.meter == meter]
    if not mine:
        raise NotFound(f"{held.organization_name} has no limit of its own for {meter[:80]}; there is nothing to end.")
    c = limit_override.c
    session.execute(update(limit_override).where(c.id.in_([one.id for one in mine])).values(ends_at=now))
    ended = mine[0]
    before = {"meter": meter, "highest": ended.highest, "ends_at": _said(ended.ends_at)}
    _note(session, actor, held, "limit.override_ended", reason, now, before=before)
    return ended


def keep_standings(
    session: WriteSession, standings: Sequence[tuple[License, Sequence[Consumption]]], now: datetime
) -> None:
    """Keep where licenses stand as of `now`; what was known later already stays."""
    if not standings:
        return
    places = [
        {
            "license_id": held.id,
            "organization_id": held.organization_id,
            "refreshed_at": now,
            **{state: any(state in states(row) for row in rows) for state in get_args(State)},
            **_places(rows),
        }
        for held, rows in standings
    ]
    place = insert(usage_place)
    changed = {column.name: place.excluded[column.name] for column in usage_place.c if not column.primary_key}
    newer = place.excluded.refreshed_at >= usage_place.c.refreshed_at
    written = place.on_conflict_do_update(index_elements=["license_id"], set_=changed, where=newer)
    newest = set(session.execute(written.returning(usage_place.c.license_id), places).scalars())
    kept = [(held, each) for held, rows in standings if held.id in newest for each in rows]
    meters: dict[tuple[str, ...], list[UUID]] = {}
    for held, rows in standings:
        if held.id in newest:
            meters.setdefault(tuple(sorted(row.meter for row in rows)), []).append(held.id)
    for known, license_ids in meters.items():
        gone = usage_standing.c.meter.not_in(known)
        session.execute(delete(usage_standing).where(usage_standing.c.license_id.in_(license_ids), gone))
    statement = insert(usage_standing)
    updated = {column.name: statement.excluded[column.name] for column in usage_standing.c if not column.primary_key}
    upsert = statement.on_conflict_do_update(index_elements=["license_id", "meter"], set_=updated)
    if kept:
        session.execute(upsert, [_row(held, each, now) for held, each in kept])


def _row(held: License, each: Consumption, now: datetime) -> dict[str, Any]:
    days = each.days_to_limit
    copied = ("meter", "current", "busy", "highest", "source", "share", "spike", "change", "n", "reason")
    return {
        **{name: getattr(each, name) for name in copied},
        "license_id": held.id,
        "organization_id": held.organization_id,
        "day": now.astimezone(UTC).date(),
        "forecast": days is not None,
        **{f"days_{name}": getattr(days, name) if days else None for name in ("p10", "p50", "p90")},
    }


def _places(rows: Sequence[Consumption]) -> dict[str, int]:
    """Return a license's places in the lists' orders, those of which nothing is known at the end."""
    shares = [share for row in rows if (share := pressure(row)) is not None]
    days = [row.days_to_limit.p50 or HORIZON for row in rows if row.days_to_limit]
    changes = [row.change for row in rows if row.change is not None and counts_for_growth(row)]
    return {
        "by_share": _small(max(shares)) if shares else _UNKNOWN,
        "by_days": min(days, default=_LAST_DAYS),
        "by_change": _small(max(changes)) if changes else _UNKNOWN,
    }


def _small(fraction: float) -> int:
    return round(min(fraction, 100_000.0) * 10_000)


def _may_manage(actor: Actor) -> None:
    actor.require(Permission.USAGE_MANAGE_LIMITS)
    actor.require_vendor()


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Say why, in at most {LONGEST_REASON:,} characters.", field="reason")
    return reason


def _locked(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> License:
    """Return the license, its row locked so that two people agree on limits one after the other."""
    held = license_by_install(session, actor, install_id, now=now)
    session.execute(select(licenses.c.id).where(licenses.c.id == held.id).with_for_update(key_share=True))
    return held


def _note(
    session: WriteSession,
    actor: Actor,
    held: License,
    action: str,
    reason: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    owner, target = held.organization_id, ("license", held.install_id)
    audit.record(
        session, actor, action, target, now=now, organization_id=owner, reason=reason, before=before, after=after
    )
    mark_card(session, owner, now)


def _said(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
