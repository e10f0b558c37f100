"""Computing a profile: what is known of an install is gathered, and everything inferred and judged from it."""

from datetime import date, datetime, timedelta

from core.access.actor import Actor
from core.access.audit_reads import AuditEntry, entries_of
from core.culture.account import Account, Commercial
from core.culture.changes import Changes, Happening, find_changes, matched, rollouts
from core.culture.commercial import commercial_facts
from core.culture.comparisons import Comparisons, closed_before, last_active_health, past_health
from core.culture.health_past import PastHealth
from core.culture.health_rules import FROZEN_FROM_DAYS, FROZEN_UNTIL_DAYS
from core.culture.observations import RHYTHM_DAYS, Observations
from core.culture.observing import observe
from core.culture.peers import size_band
from core.culture.picture import take
from core.culture.profile import Profile, assemble
from core.culture.upsell_contacts import talked_about
from core.culture.upsells import History
from core.licensing.reads import License
from core.usage.limits import in_force
from core.usage.reads import consumption, overrides_in_force
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


def compute(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    license: License,
    *,
    now: datetime,
    commercial: Commercial | None = None,
    comparisons: Comparisons | None = None,
    observed: Observations | None = None,
) -> Profile:
    """Observe, infer and judge anew; `commercial` replaces what billing knows where a caller from above knows more.

    `observed` is what was observed already, of many installs at once.
    """
    compared = comparisons or Comparisons(control)
    known = commercial or commercial_facts(control, actor, license, now, compared.prices(control, now))
    account = Account(license, compared.tiers, known)
    observed = observed or observe(telemetry, license.install_id, now)
    members = len({row.actor for row in observed.named_actors()})
    limits = in_force(account.tier.limits, license.max_seats, overrides_in_force(control, license.id, now))
    used = consumption(telemetry, license.install_id, limits, members=members, now=now, counted=_calls(observed))
    peers = compared.peers(control, license.install_id, account.tier.id, size_band(members))
    higher = tuple(tier.id for tier in account.tiers if tier.rank > account.tier.rank)
    above = compared.above(control, higher)
    changes = _changes(control, compared, license.install_id, observed)
    out = compared.releases(now)
    picture = take(account, observed, used, peers, out, compared.in_field, above, changes)
    past = past_health(control, license.install_id, now)
    talked = talked_about(control, license.install_id, now)
    history = History(compared.outcomes, closed_before(control, license.install_id), talked)
    return assemble(picture, past, history, _last_active(control, observed))


def _calls(observed: Observations) -> dict[date, int]:
    """Return API calls by UTC day, as far back as the hours reach."""
    calls: dict[date, int] = {}
    for row in observed.hours:
        day = row.hour.date()
        calls[day] = calls.get(day, 0) + row.api_calls
    return calls


def _last_active(control: ReadSession, observed: Observations) -> PastHealth | None:
    """Return the health kept when use was last seen, where a day or some have passed without an event."""
    last = observed.last_event_at
    if last is None or not FROZEN_FROM_DAYS < (observed.now - last).total_seconds() / 86_400 <= FROZEN_UNTIL_DAYS:
        return None
    return last_active_health(control, observed.install_id, last, observed.now)


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
