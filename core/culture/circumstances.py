"""What is known of installs beside their telemetry, of several at once: the license, money, agreements, the past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.access.actor import Actor
from core.culture.account import Commercial
from core.culture.commercial import commercial_facts
from core.culture.comparisons import (
    NOT_KEPT,
    Comparisons,
    Kept,
    closed_before,
    kept_of,
    last_active_health,
    past_health,
)
from core.culture.health_past import PastHealth
from core.culture.health_rules import FROZEN_FROM_DAYS, FROZEN_UNTIL_DAYS
from core.culture.observations import Observations
from core.culture.upsell_contacts import talked_about
from core.culture.upsells import History
from core.licensing.reads import License
from core.usage.limits import Override
from core.usage.reads import overrides_of_licenses, reported_lately
from core.usage.records import Reported
from db.session import ReadSession


@dataclass(frozen=True)
class Circumstances:
    """What one install is judged by beside what was observed of it.

    `last_active` is the health kept when use was last seen, where a day or some have passed without an event.
    """

    license: License
    commercial: Commercial
    overrides: tuple[Override, ...]
    reported: Reported
    kept: Kept
    past: PastHealth | None
    last_active: PastHealth | None
    history: History


def circumstances(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    licenses: Sequence[License],
    observed: Mapping[str, Observations],
    compared: Comparisons,
    *,
    now: datetime,
    commercial: Mapping[str, Commercial | None] | None = None,
) -> dict[str, Circumstances]:
    """Return by install what is known of it; `commercial` replaces what billing knows where a caller knows more."""
    given = commercial or {}
    installs = [each.install_id for each in licenses]
    asked = [each for each in licenses if given.get(each.install_id) is None]
    facts = commercial_facts(control, actor, asked, now, compared.prices(control, now)) if asked else {}
    agreed = overrides_of_licenses(control, [each.id for each in licenses], now)
    reports = reported_lately(telemetry, installs, now)
    kept, before = kept_of(control, installs), past_health(control, installs, now)
    silent = {install_id: at for install_id in installs if (at := _went_silent(observed[install_id])) is not None}
    active = last_active_health(control, silent, now)
    closed, talked = closed_before(control, installs), talked_about(control, installs, now)
    return {
        one.install_id: Circumstances(
            license=one,
            commercial=given.get(one.install_id) or facts[one.install_id],
            overrides=agreed[one.id],
            reported=reports[one.install_id],
            kept=kept.get(one.install_id, NOT_KEPT),
            past=before.get(one.install_id),
            last_active=active.get(one.install_id),
            history=History(
                compared.outcomes, closed.get(one.install_id, {}), frozenset(talked.get(one.install_id, ()))
            ),
        )
        for one in licenses
    }


def _went_silent(observed: Observations) -> datetime | None:
    """Return when use was last seen, where a day or some have passed since."""
    last = observed.last_event_at
    if last is None or not FROZEN_FROM_DAYS < (observed.now - last).total_seconds() / 86_400 <= FROZEN_UNTIL_DAYS:
        return None
    return last
