"""Changes to culture: a profile computed and kept, and what people do with the upsells found."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text, update

from core.access import audit
from core.access.actor import Actor, system_actor
from core.access.permissions import Permission
from core.culture.account import Commercial
from core.culture.circumstances import circumstances
from core.culture.comparisons import Comparisons
from core.culture.computing import judge
from core.culture.health_past import past, rejudged
from core.culture.health_rules import WEIGHTS_VERSION
from core.culture.keeping import keep_profiles
from core.culture.observing import observe_all
from core.culture.profile import Profile
from core.culture.reads import stale_installs
from core.errors import Conflict, InvalidInput, NotFound
from core.licensing.reads import licenses_by_install
from core.organizations.reads import vendor_id
from core.telemetry.reads import dirty_installs
from core.telemetry.writes import clear_dirty
from core.usage.writes import keep_standings
from db.models.culture import health_day, upsell
from db.session import SYSTEM, Database, ReadSession, WriteSession

LONGEST_NOTE = 2_000
LONGEST_SNOOZE = timedelta(days=366)
# Installs a transaction: enough that its beginning and end cost little, few enough that nobody waits long for one.
TOGETHER = 20

# What a caller from above knows of an install's invoices and tickets, or None to leave it at what billing knows.
CommercialOf = Callable[[ReadSession, str, datetime], Commercial | None]


def recompute(
    control: WriteSession,
    telemetry: ReadSession,
    install_id: str,
    *,
    now: datetime,
    commercial: Commercial | None = None,
    comparisons: Comparisons | None = None,
) -> Profile:
    """Compute an install's profile anew and keep it, its health of the day and its upsells; NotFound without a license.

    For jobs and for whatever changes a license; a person's wish goes through request_recompute.
    """
    _lock(control, [install_id])
    compared = comparisons or Comparisons(control)
    actor, known = system_actor(_vendor(control)), {install_id: commercial}
    made = recompute_together(control, telemetry, actor, [install_id], compared, now=now, commercial=known)
    if not made:
        raise NotFound(f"There is no license with the install id {install_id[:80]}.")
    return made[0]


def _lock(control: WriteSession, install_ids: Sequence[str]) -> None:
    """Wait for whoever computes these installs: two workers on one would each call the other's upsells gone."""
    keys = [f"culture {install_id}" for install_id in sorted(install_ids)]
    locked = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
    control.execute(text(locked), {"keys": keys})


def recompute_together(
    control: WriteSession,
    telemetry: ReadSession,
    actor: Actor,
    install_ids: Sequence[str],
    compared: Comparisons,
    *,
    now: datetime,
    commercial: Mapping[str, Commercial | None] | None = None,
) -> list[Profile]:
    """Compute and keep the profiles of installs that are locked; without a license there is nobody to make one of."""
    found = licenses_by_install(control, actor, install_ids, now=now)
    licensed = [found[install_id] for install_id in install_ids if install_id in found]
    if not licensed:
        return []
    observed = observe_all(telemetry, [each.install_id for each in licensed], now)
    known = circumstances(control, telemetry, actor, licensed, observed, compared, now=now, commercial=commercial)
    made = [
        judge(control, telemetry, known[each.install_id], observed[each.install_id], compared, now=now)
        for each in licensed
    ]
    keep_standings(control, [(each, one.usage) for each, one in zip(licensed, made, strict=True)], now)
    keep_profiles(control, made, now)
    return made


def recompute_dirty(
    control: Database,
    telemetry: Database,
    *,
    now: datetime,
    limit: int = 100,
    commercial_of: CommercialOf | None = None,
) -> tuple[str, ...]:
    """Recompute up to `limit` profiles: those with new events first, then those a day old; return their installs.

    Some are a transaction together, and their marks go after their profiles are kept: a run killed midway loses
    nothing.
    """
    with telemetry.read(SYSTEM) as reading:
        marks = {mark.install_id: mark for mark in dirty_installs(reading, limit)}
    with control.read(SYSTEM) as reading:
        compared = Comparisons(reading)
        old = stale_installs(reading, now=now, limit=limit - len(marks)) if len(marks) < limit else []
        wanted = list(dict.fromkeys([*marks, *old]))
        if not wanted:
            return ()
        actor = system_actor(_vendor(reading))
    done: list[str] = []
    for start in range(0, len(wanted), TOGETHER):
        some = sorted(wanted[start : start + TOGETHER])
        with control.write(SYSTEM) as writing, telemetry.read(SYSTEM) as reading:
            _lock(writing, some)
            known = (
                {install_id: commercial_of(writing, install_id, now) for install_id in some} if commercial_of else {}
            )
            # Events of a license that was since erased have nobody to make a profile of.
            made = recompute_together(writing, reading, actor, some, compared, now=now, commercial=known)
            done += [each.install_id for each in made]
        read = [marks[install_id] for install_id in some if install_id in marks]
        if read:
            # What arrived meanwhile has rewritten its mark, which then stays.
            with telemetry.write(SYSTEM) as clearing:
                clear_dirty(clearing, read)
    return tuple(done)


def rejudge_history(control: Database, *, limit: int = 1_000) -> int:
    """Judge the kept days of earlier weights by today's, and return how many; what was published then stays beside.

    Each thousand is its own transaction, so that a run killed midway loses nothing.
    """
    done = 0
    while True:
        with control.write(SYSTEM) as session:
            changed = _rejudge(session, limit)
        done += changed
        if changed < limit:
            return done


def _rejudge(session: WriteSession, limit: int) -> int:
    c = health_day.c
    old = select(health_day).where(c.weights_version != WEIGHTS_VERSION).limit(limit).with_for_update(skip_locked=True)
    rows = session.execute(old).all()
    for row in rows:
        published = {"version": row.weights_version, "score": None if row.score is None else float(row.score)}
        before = past(row.day, row.weights_version, row.parts)
        health, parts = rejudged(before, row.parts.get("published", published))
        values = {"score": health.score, "low": health.low, "high": health.high, "parts": parts}
        one = (c.install_id == row.install_id) & (c.day == row.day)
        session.execute(update(health_day).where(one).values(**values, weights_version=WEIGHTS_VERSION))
    return len(rows)


def request_recompute(
    control: WriteSession, telemetry: ReadSession, actor: Actor, install_id: str, *, now: datetime
) -> Profile:
    """Compute a profile anew because a person asked; needs `culture:recompute`, and is audited."""
    actor.require(Permission.CULTURE_RECOMPUTE)
    actor.require_vendor()
    made = recompute(control, telemetry, install_id, now=now)
    target = ("install", install_id)
    audit.record(control, actor, "culture.recomputed", target, now=now, organization_id=made.organization_id)
    return made


def assign(session: WriteSession, actor: Actor, upsell_id: UUID, to_email: str | None, *, now: datetime) -> None:
    """Give an open opportunity to somebody by e-mail, or to nobody."""
    email = to_email.strip().lower() if to_email else None
    if email is not None and ("@" not in email or len(email) > 320):
        raise InvalidInput("Give the e-mail address of a colleague, or nobody.", field="assignedTo")
    _change(session, actor, upsell_id, "upsell.assigned", {"assigned_to": email}, now=now)


def snooze(session: WriteSession, actor: Actor, upsell_id: UUID, until: datetime | None, *, now: datetime) -> None:
    """Let an open opportunity sleep until an instant within a year, or wake it."""
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInput("Snooze until a time from now to a year ahead.", field="until")
    _change(session, actor, upsell_id, "upsell.snoozed", {"snoozed_until": until}, now=now)


def note(session: WriteSession, actor: Actor, upsell_id: UUID, words: str, *, now: datetime) -> None:
    """Replace the note of an open opportunity."""
    words = words.strip()
    if len(words) > LONGEST_NOTE:
        raise InvalidInput(f"Keep the note to {LONGEST_NOTE:,} characters; it has {len(words):,}.", field="note")
    _change(session, actor, upsell_id, "upsell.noted", {"note": words or None}, now=now)


def close(
    session: WriteSession,
    actor: Actor,
    upsell_id: UUID,
    outcome: Literal["won", "lost", "ignored"],
    reason: str = "",
    *,
    now: datetime,
) -> None:
    """Close an open opportunity as won, lost or ignored; the rule's precision learns from it."""
    if outcome not in {"won", "lost", "ignored"}:
        raise InvalidInput("Close an opportunity as won, lost or ignored.", field="outcome")
    if len(reason) > LONGEST_NOTE:
        raise InvalidInput(f"Keep the reason to {LONGEST_NOTE:,} characters.", field="reason")
    values = {"state": outcome, "close_reason": reason.strip() or None, "closed_at": now}
    _change(session, actor, upsell_id, "upsell.closed", values, now=now)


def _change(
    session: WriteSession, actor: Actor, upsell_id: UUID, action: str, values: Mapping[str, Any], *, now: datetime
) -> None:
    actor.require(Permission.CULTURE_READ)
    actor.require(Permission.CUSTOMER_UPDATE)
    actor.require_vendor()
    columns = [upsell.c.organization_id, upsell.c.state, *(upsell.c[name] for name in values if name != "state")]
    row = session.execute(select(*columns).where(upsell.c.id == upsell_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such opportunity.")
    if row.state != "open":
        raise Conflict(f"This opportunity is {_STATES[row.state]}. Only an open one can be changed.")
    session.execute(update(upsell).where(upsell.c.id == upsell_id).values(**values, updated_at=now))
    before = {name: _plain(row._mapping[name]) for name in values}
    after = {name: _plain(value) for name, value in values.items()}
    target, owner = ("upsell", str(upsell_id)), row.organization_id
    why = values.get("close_reason")
    audit.record(session, actor, action, target, now=now, organization_id=owner, before=before, after=after, reason=why)


_STATES = {"won": "won already", "lost": "closed as lost", "ignored": "closed as ignored", "gone": "gone"}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _vendor(session: ReadSession) -> UUID:
    found = vendor_id(session)
    if found is None:
        raise NotFound("Calos is not set up yet: there is no vendor. Finish set-up first.")
    return found
