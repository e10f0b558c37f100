"""Computing a profile: what is known of an install is gathered, and everything inferred and judged from it."""

from datetime import date, datetime, timedelta

from core.access.actor import Actor
from core.access.audit_reads import AuditEntry, entries_of
from core.culture.account import Account
from core.culture.changes import Changes, Happening, find_changes, matched, rollouts
from core.culture.circumstances import Circumstances, circumstances
from core.culture.comparisons import Comparisons
from core.culture.observations import RHYTHM_DAYS, Observations
from core.culture.observing import observe
from core.culture.peers import size_band
from core.culture.picture import take
from core.culture.profile import Profile, assemble
from core.licensing.reads import License
from core.usage.limits import in_force
from core.usage.reads import consumption
from db.session import ReadSession

# What happens to a license and is felt in its use, as the audit trail names it, and in words.
LICENSE_EVENTS = {
    "license.issued": "the license was issued",
    "license.suspended": "the license was suspended",
    "license.resumed": "the license ran again",
    "license.revoked": "the license was revoked",
    "license.reinstated": "the license was reinstated",
    "license.renewed": "the license was renewed",
    "license.tier_changed": "the tier changed",
}


def compute(control: ReadSession, telemetry: ReadSession, actor: Actor, license: License, *, now: datetime) -> Profile:
    """Observe, infer and judge one install anew."""
    compared, observed = Comparisons(control), observe(telemetry, license.install_id, now)
    of = {license.install_id: observed}
    (known,) = circumstances(control, telemetry, actor, [license], of, compared, now=now).values()
    return judge(control, telemetry, known, observed, compared, now=now)


def judge(
    control: ReadSession,
    telemetry: ReadSession,
    known: Circumstances,
    observed: Observations,
    compared: Comparisons,
    *,
    now: datetime,
) -> Profile:
    """Infer and judge from what was observed of an install and what is known of it beside."""
    license = known.license
    account = Account(license, compared.tiers, known.commercial)
    members = len({row.actor for row in observed.named_actors()})
    limits = in_force(account.tier.limits, license.max_seats, known.overrides)
    used = consumption(
        telemetry,
        license.install_id,
        limits,
        members=members,
        now=now,
        counted=_calls(observed),
        days=known.reported,
    )
    peers = compared.peers(control, known.kept, account.tier.id, size_band(members))
    higher = tuple(tier.id for tier in account.tiers if tier.rank > account.tier.rank)
    above = compared.above(control, higher)
    changes = _changes(control, compared, license.install_id, observed)
    out = compared.releases(now)
    picture = take(account, observed, used, peers, out, compared.in_field, above, changes)
    return assemble(picture, known.past, known.history, known.last_active)


def _calls(observed: Observations) -> dict[date, int]:
    """Return API calls by UTC day, as far back as the hours reach."""
    calls: dict[date, int] = {}
    for row in observed.hours:
        day = row.hour.date()
        calls[day] = calls.get(day, 0) + row.api_calls
    return calls


def _changes(control: ReadSession, compared: Comparisons, install_id: str, observed: Observations) -> Changes:
    """Return the changes with the releases, rollouts and license events of their time."""
    found = find_changes(observed)
    if not found.points:
        return found
    since = observed.now - timedelta(days=RHYTHM_DAYS + 7)
    license = ("license", install_id)
    done = entries_of(control, license, list(LICENSE_EVENTS), since=since, until=observed.now)
    out = [
        Happening("release", each.released_at.date(), f"{each.version} came out")
        for each in compared.published
        if since <= each.released_at <= observed.now
    ]
    return matched(found, [*out, *rollouts(observed), *(_happening(entry) for entry in done)], observed.now)


def _happening(entry: AuditEntry) -> Happening:
    told = LICENSE_EVENTS[entry.action]
    before, after = ((values or {}).get("tier_id") for values in (entry.before, entry.after))
    if before and after and before != after:
        told = f"the tier changed from {str(before).capitalize()} to {str(after).capitalize()}"
    return Happening("license", entry.at.date(), told)
