"""The score: points won by the checks that could be assessed, held down by open gates; and what would raise it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.security import access_control, authentication, data_protection, integrations, monitoring, resilience
from core.security.check import Category, Check
from core.security.gates import CAP, GATES, Gate
from core.security.observed import Observed

TARGET: Final = 95
# In the order of the screen and of the documentation.
CHECKS: Final[tuple[Check, ...]] = (
    *authentication.CHECKS,
    *access_control.CHECKS,
    *data_protection.CHECKS,
    *integrations.CHECKS,
    *monitoring.CHECKS,
    *resilience.CHECKS,
)


@dataclass(frozen=True)
class CheckResult:
    """A check as it was judged; `possible` are the points of 100 it can give now, 0 where it is not assessed."""

    id: str
    category: Category
    title: str
    weight: float
    share: float | None
    points: float
    possible: float
    detail: str
    evidence: str
    remedy: str
    practice: int | None = None
    beyond: bool = False

    @property
    def lost(self) -> float:
        """Points that the remedy would bring."""
        return self.possible - self.points

    @property
    def state(self) -> str:
        """One word: pass, partly, fail or not_assessed."""
        if self.share is None:
            return "not_assessed"
        return "pass" if self.share >= 1 else "fail" if self.share <= 0 else "partly"


@dataclass(frozen=True)
class CategoryResult:
    """A category's points of those it could give now, and how many of its checks could be assessed."""

    category: Category
    points: float
    possible: float
    assessed: int
    not_assessed: int


@dataclass(frozen=True)
class Assessment:
    """The score at an instant; `uncapped` is what it would be with no gate open. Both None: nothing to judge by."""

    at: datetime
    score: float | None
    uncapped: float | None
    gates: tuple[Gate, ...]
    checks: tuple[CheckResult, ...]
    categories: tuple[CategoryResult, ...]

    @property
    def cap(self) -> float | None:
        """What open gates hold the score at."""
        return CAP if self.gates else None


@dataclass(frozen=True)
class OpenPoint:
    """Points that are lost: by which check, how many, what was found, and what to do; `gate` names one it ends.

    `beyond` are those that nobody here can win, since this version of Calos lacks what it takes.
    """

    check: str
    title: str
    points: float
    detail: str
    remedy: str
    gate: str | None = None
    beyond: bool = False


def assess(seen: Observed) -> Assessment:
    """Judge every check: 100 × Σ(weight × share) ÷ Σ(weight) over those with data, at most 69 with a gate open.

    Checks without data count on neither side, and no data at all is no score. The method is OpenSSF Scorecard's
    weighted mean with gates (docs/security.md).
    """
    judged = [(check, check.judge(seen)) for check in CHECKS]
    whole = sum(check.weight for check, found in judged if found.share is not None)
    results = tuple(
        CheckResult(
            check.id,
            check.category,
            check.title,
            check.weight,
            found.share,
            points=_points(check.weight, found.share, whole),
            possible=_points(check.weight, None if found.share is None else 1.0, whole),
            detail=found.detail,
            evidence=found.evidence,
            remedy=found.remedy if found.share != 1 else "",
            practice=check.practice,
            beyond=found.beyond,
        )
        for check, found in judged
    )
    gates = tuple(gate for gate in GATES if gate.failed(seen))
    uncapped = sum(result.points for result in results) if whole else None
    score = None if uncapped is None else min(uncapped, CAP) if gates else uncapped
    return Assessment(seen.at, score, uncapped, gates, results, _categories(results))


def within_reach(assessment: Assessment) -> float:
    """Return the highest score that this installation can reach with this version of Calos."""
    return 100 - sum(one.lost for one in assessment.checks if one.beyond)


def to_gain(assessment: Assessment) -> list[OpenPoint]:
    """Return what would raise the score: first what ends a gate, then most points first, what is beyond reach last."""
    gates = {gate.check: gate.sentence for gate in assessment.gates}
    points = [
        OpenPoint(one.id, one.title, one.lost, one.detail, one.remedy, gates.get(one.id), one.beyond)
        for one in assessment.checks
        if one.lost > 0
    ]
    return sorted(points, key=lambda one: (one.gate is None, one.beyond, -one.points))


def _points(weight: float, share: float | None, whole: float) -> float:
    return 0.0 if share is None or not whole else 100 * weight * share / whole


def _categories(results: Sequence[CheckResult]) -> tuple[CategoryResult, ...]:
    return tuple(
        CategoryResult(
            category,
            sum(one.points for one in results if one.category is category),
            sum(one.possible for one in results if one.category is category),
            sum(one.share is not None for one in results if one.category is category),
            sum(one.share is None for one in results if one.category is category),
        )
        for category in Category
    )
