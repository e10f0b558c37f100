"""Health of earlier days: judged anew where weights have changed since, compared with, and held still in silence."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.culture.health import Health, Reading, Silence, explain, judge
from core.culture.health_rules import (
    ALLOWANCE_KNOTS,
    FROZEN_FROM_DAYS,
    FROZEN_UNTIL_DAYS,
    RULES,
    USE_RULES,
    VERSIONS,
    Knots,
)

# Of days on which only points were kept: the share of its weight that a part earned stays what it was.
_AS_EARNED: Knots = ((0, 0), (100, 100))
_CAP = "cap:"


@dataclass(frozen=True)
class PastHealth:
    """The health kept of an earlier day: hundredths of a point and what was measured, by part, and what was missing."""

    day: date
    weights_version: str
    contributions: Mapping[str, int]
    missing: frozenset[str] = frozenset()
    values: Mapping[str, float] = field(default_factory=dict)
    allowance: frozenset[str] = frozenset()


def kept(health: Health) -> dict[str, Any]:
    """Return the parts of a health as they are kept of a day."""
    return {
        "points": health.contributions(),
        "missing": sorted(health.missing()),
        "values": health.values(),
        "allowance": sorted(part.id for part in health.parts if part.allowance),
    }


def past(day: date, weights_version: str, parts: Mapping[str, Any]) -> PastHealth:
    """Return what `kept` gave; days of the first version kept no values."""
    allowance = frozenset(parts.get("allowance", ()))
    return PastHealth(
        day, weights_version, parts["points"], frozenset(parts["missing"]), parts.get("values", {}), allowance
    )


def judged_today(before: PastHealth) -> Health:
    """Return the health of a past day as today's weights and knots make it.

    A part that nobody measured then counts at its middle, with its range, as everywhere.
    """
    capped = [key.removeprefix(_CAP) for key in before.contributions if key.startswith(_CAP)]
    return judge({rule.id: _reading(before, rule.id) for rule in RULES}, capped)


def rejudged(before: PastHealth, published: Mapping[str, Any]) -> tuple[Health, dict[str, Any]]:
    """Return a past day's health by today's weights, and its parts to be kept, with what was published on that day."""
    health = judged_today(before)
    parts = {
        **kept(health),
        "values": dict(before.values),
        "allowance": sorted(before.allowance),
        "published": dict(published),
    }
    return health, parts


def with_change(health: Health, before: PastHealth | None) -> Health:
    """Return the health with the exact explanation of its change; a day of other weights is judged by today's first."""
    if before is None or health.score is None:
        return health
    then = judged_today(before)
    if then.score is None:
        return health
    same = before.weights_version == health.weights_version
    contributions = before.contributions if same else then.contributions()
    missing = before.missing if same else then.missing()
    remarks = dict.fromkeys(missing - health.missing(), "not measured before")
    remarks |= dict.fromkeys(health.missing() - missing, "not measured now")
    change = explain(contributions, health.contributions(), before.day, remarks)
    if change is not None and not same:
        by = f"Both days by weights {health.weights_version}; weights {before.weights_version} were in force then."
        change = replace(change, sentence=f"{change.sentence} {by}")
    return replace(health, change=change)


def silenced(
    readings: Mapping[str, Reading], days: float | None, before: PastHealth | None
) -> tuple[dict[str, Reading], Silence | None]:
    """Return the readings with those of use as they were when use was last seen, after more than a day of silence.

    A weekend moves nobody's health. Beyond five days silence is what is observed, and is judged as such.
    """
    if days is None or days <= FROZEN_FROM_DAYS:
        return dict(readings), None
    since = f"No event for {days:.0f} days" if days >= 1.5 else "No event for a day"
    if days > FROZEN_UNTIL_DAYS or before is None:
        return dict(readings), Silence(days, None, f"{since}.")
    on = f"as of {before.day.day} {before.day:%b}"
    held = {key: _held(_reading(before, key), readings[key], on) for key in USE_RULES}
    told = f"{since}: what use earns is held {on}."
    return {**readings, **held}, Silence(days, before.day, told)


def _held(then: Reading, now: Reading, on: str) -> Reading:
    if then.value is None:
        return Reading(None, f"not measured {on}", now.n)
    return replace(then, shown=on, n=now.n)


def _reading(before: PastHealth, key: str) -> Reading:
    if key in before.missing or key not in before.contributions:
        return Reading(None, "not measured then")
    knots = ALLOWANCE_KNOTS if key in before.allowance else None
    if key in before.values:
        return Reading(before.values[key], "kept", knots=knots)
    weights = next((each.weights for each in VERSIONS if each.version == before.weights_version), {})
    weight = weights.get(key)
    if not weight:
        return Reading(None, "not measured then")
    return Reading(before.contributions[key] / weight, "kept", knots=_AS_EARNED)
