"""The score's past: each day as it ended, and every change with its exact causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from core.security.gates import GATES
from core.security.scoring import CHECKS

_TITLES = {check.id: check.title for check in CHECKS}
_GATES = {gate.id: gate.sentence for gate in GATES}
_ORDER = {check.id: place for place, check in enumerate(CHECKS)}
# Smaller steps than this are rounding, not change.
LEAST = 1e-6


@dataclass(frozen=True)
class Weighed:
    """A check on a day: its weight and the share it earned, None where it was not assessed."""

    weight: float
    share: float | None


@dataclass(frozen=True)
class Cause:
    """One reason for a change: a check or gate by id, the points it brought (negative: cost), and words for it."""

    id: str
    title: str
    points: float
    words: str


@dataclass(frozen=True)
class Day:
    """The score as a UTC day ended, the gates that were open, and why it differs from the day before on record."""

    day: date
    score: float
    uncapped: float
    gates: tuple[str, ...]
    checks: Mapping[str, Weighed]
    causes: tuple[Cause, ...] = ()


def causes(before: Day, after: Day) -> tuple[Cause, ...]:
    """Return what moved the score between two days; the points of all causes add up to the change exactly.

    Checks are changed one after another in the catalogue's order, each from what it was to what it became, and each
    gets the difference it makes. What gates then hold back or let go is a cause of its own.
    """
    found = []
    mixed = dict(before.checks)
    reached = mean(mixed)
    for check in sorted({*before.checks, *after.checks}, key=lambda one: (_ORDER.get(one, len(_ORDER)), one)):
        was, became = before.checks.get(check), after.checks.get(check)
        if was == became:
            continue
        if became is None:
            del mixed[check]
        else:
            mixed[check] = became
        step = mean(mixed) - reached
        reached += step
        found.append(Cause(check, _TITLES.get(check, check), step, _moved(was, became)))
    held = (after.score - before.score) - sum(cause.points for cause in found)
    return (*found, *_of_gates(before, after, held))


def mean(checks: Mapping[str, Weighed]) -> float:
    """Return the score that checks would give without gates; 0 where none was assessed."""
    assessed = [one for one in checks.values() if one.share is not None]
    whole = sum(one.weight for one in assessed)
    return 100 * sum(one.weight * (one.share or 0.0) for one in assessed) / whole if whole else 0.0


def with_causes(days: Sequence[Day]) -> list[Day]:
    """Return days, oldest first, each with the causes of its change from the one before it."""
    told = list(days[:1])
    for before, after in pairwise(days):
        told.append(Day(after.day, after.score, after.uncapped, after.gates, after.checks, causes(before, after)))
    return told


def _moved(was: Weighed | None, became: Weighed | None) -> str:
    earlier, later = _said(was), _said(became)
    return f"its weight changed; {later}" if earlier == later else f"from {earlier} to {later}"


def _said(one: Weighed | None) -> str:
    if one is None:
        return "not a check"
    return "not assessed" if one.share is None else f"{one.share:.0%}"


def _of_gates(before: Day, after: Day, held: float) -> tuple[Cause, ...]:
    opened = [gate for gate in after.gates if gate not in before.gates]
    closed = [gate for gate in before.gates if gate not in after.gates]
    if not opened and not closed:
        if abs(held) < LEAST:
            return ()
        return (Cause("cap", "The score is held at 69", held, "a gate stays open, so points beyond it do not count"),)
    words = [f"open since then: {_GATES.get(gate, gate)}" for gate in opened]
    words += [f"no longer: {_GATES.get(gate, gate)}" for gate in closed]
    title = "A gate opened" if opened else "A gate closed"
    return (Cause((opened or closed)[0], title, held, " ".join(words)),)
