"""Health from 0 to 100: exact additive parts, missing data as a range, caps with reasons, changes explained exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.culture.health_rules import (
    ALLOWANCE_KNOTS,
    CAPS,
    COMPONENTS,
    LEAST_OBSERVED,
    RULES,
    WEIGHTS_VERSION,
    Knots,
    Rule,
    band,
    earned,
    round_points,
)


@dataclass(frozen=True)
class Reading:
    """The measured value of one rule, or why there is none; `shown` says it in words, `knots` replace the rule's."""

    value: float | None
    shown: str
    n: int = 0
    knots: Knots | None = None


@dataclass(frozen=True)
class Part:
    """What one rule contributes; points of all parts and caps add up to the score exactly (hundredths).

    `value` is what was measured, and `allowance` whether it was judged as members that a tier merely allows.
    """

    id: str
    component: str
    label: str
    weight: int
    points: float
    lost: float
    shown: str
    n: int
    missing: str | None
    value: float | None = None
    allowance: bool = False


@dataclass(frozen=True)
class Component:
    """The sum of a component's parts; the range spans what is missing."""

    id: str
    label: str
    weight: int
    points: float
    low: float
    high: float


@dataclass(frozen=True)
class Cap:
    """A reason why the score is not higher, and the points it took (zero or negative)."""

    id: str
    reason: str
    highest: int
    points: float


@dataclass(frozen=True)
class ChangeItem:
    """Whole points that one part moved the score by."""

    label: str
    points: int


@dataclass(frozen=True)
class Change:
    """The score's change since a day; the items' points add up to `after` − `before` exactly."""

    since: date
    before: int
    after: int
    items: tuple[ChangeItem, ...]
    sentence: str


@dataclass(frozen=True)
class Silence:
    """That no event has arrived for more than a day: the score is shown in gray.

    `frozen_on` is the day as of which the parts that use makes are held still, None where they are not.
    """

    days: float
    frozen_on: date | None
    sentence: str


@dataclass(frozen=True)
class Health:
    """The judged health; `score` is None where less than 60 of 100 points of weight are observed.

    A missing part counts at its middle, and `low` and `high` say what it could make of the score at worst and best.
    """

    score: float | None
    low: float
    high: float
    band: str | None
    observed_weight: int
    weights_version: str
    reason: str | None
    parts: tuple[Part, ...]
    components: tuple[Component, ...]
    caps: tuple[Cap, ...]
    change: Change | None = None
    silence: Silence | None = None

    def contributions(self) -> dict[str, int]:
        """Return hundredths of a point by part and cap: what is kept by day, and adds up to the score."""
        by_part = {part.id: _hundredths(part.points) for part in self.parts}
        return by_part | {f"cap:{cap.id}": _hundredths(cap.points) for cap in self.caps}

    def values(self) -> dict[str, float]:
        """Return what was measured by part: from it any other weights and knots can judge anew."""
        return {part.id: part.value for part in self.parts if part.value is not None}

    def missing(self) -> frozenset[str]:
        """Return the ids of the parts that could not be measured."""
        return frozenset(part.id for part in self.parts if part.missing is not None)


def judge(readings: Mapping[str, Reading], capped_by: Sequence[str]) -> Health:
    """Return the health for a reading of every rule and the ids of the caps that hold."""
    parts = tuple(_part(rule, readings[rule.id]) for rule in RULES)
    observed = sum(part.weight for part in parts if part.missing is None)
    raw = sum(_hundredths(part.points) for part in parts)
    unknown = sum(part.weight * 100 for part in parts if part.missing is not None)
    caps = _caps(raw, capped_by)
    most = min((cap.highest for cap in caps), default=100) * 100
    score = min(raw, most) / 100
    enough = observed >= LEAST_OBSERVED
    why = None if enough else f"Only {observed} of 100 points of weight are observed; a score needs {LEAST_OBSERVED}."
    return Health(
        score=score if enough else None,
        low=min(raw - unknown // 2, most) / 100,
        high=min(raw + unknown // 2, most) / 100,
        band=band(score) if enough else None,
        observed_weight=observed,
        weights_version=WEIGHTS_VERSION,
        reason=why,
        parts=parts,
        components=_components(parts),
        caps=caps,
    )


def explain(
    before: Mapping[str, int], after: Mapping[str, int], since: date, remarks: Mapping[str, str] | None = None
) -> Change | None:
    """Return which parts moved the score, in whole points that add up exactly; None where nothing is shown to move.

    Rounding each part by itself would not add up: the largest remainders take the points left over (Hamilton).
    `remarks` go behind the labels of parts by their ids.
    """
    start, end = round_points(sum(before.values())), round_points(sum(after.values()))
    moved = {key: after.get(key, 0) - before.get(key, 0) for key in dict.fromkeys([*before, *after])}
    whole = {key: delta // 100 for key, delta in moved.items()}
    left = (end - start) - sum(whole.values())
    for key in sorted(moved, key=lambda key: (-(moved[key] % 100), key))[:left]:
        whole[key] += 1
    said = {key: f"{_label(key)} ({remark})" for key, remark in (remarks or {}).items()}
    items = [ChangeItem(said.get(key) or _label(key), points) for key, points in whole.items() if points]
    if not items:
        return None
    items.sort(key=lambda item: (-abs(item.points), item.label))
    listed = ", ".join(f"{item.label} {signed(item.points)}" for item in items)
    told = f"{start} → {end} since {since.day} {since:%b}: {listed}."
    return Change(since, start, end, tuple(items), told)


def signed(points: int) -> str:
    """Return points with their sign, a real minus for negative ones."""
    return f"+{points}" if points > 0 else f"−{-points}"


def _part(rule: Rule, reading: Reading) -> Part:
    if reading.value is None:
        half = rule.weight / 2
        return Part(rule.id, rule.component, rule.label, rule.weight, half, half, "—", reading.n, reading.shown)
    points = round(rule.weight * earned(reading.knots or rule.knots, reading.value)) / 100
    return Part(
        id=rule.id,
        component=rule.component,
        label=rule.label,
        weight=rule.weight,
        points=points,
        lost=round(rule.weight - points, 2),
        shown=reading.shown,
        n=reading.n,
        missing=None,
        value=reading.value,
        allowance=reading.knots == ALLOWANCE_KNOTS,
    )


def _components(parts: Sequence[Part]) -> tuple[Component, ...]:
    made = []
    for key, label in COMPONENTS.items():
        own = [part for part in parts if part.component == key]
        points = sum(_hundredths(part.points) for part in own)
        unknown = sum(part.weight * 50 for part in own if part.missing is not None)
        weight = sum(part.weight for part in own)
        made.append(Component(key, label, weight, points / 100, (points - unknown) / 100, (points + unknown) / 100))
    return tuple(made)


def _caps(raw: int, capped_by: Sequence[str]) -> tuple[Cap, ...]:
    """Let only the lowest cap take points, so that parts and caps still add up."""
    ordered = sorted((CAPS[key] for key in capped_by), key=lambda cap: (cap.highest, cap.id))
    return tuple(
        Cap(cap.id, cap.reason, cap.highest, min(0, cap.highest * 100 - raw) / 100 if i == 0 else 0.0)
        for i, cap in enumerate(ordered)
    )


def _hundredths(points: float) -> int:
    return round(points * 100)


def _label(key: str) -> str:
    if key.startswith("cap:"):
        return f"Cap: {CAPS[key.removeprefix('cap:')].reason[0].lower()}{CAPS[key.removeprefix('cap:')].reason[1:]}"
    return next(rule.label for rule in RULES if rule.id == key)
