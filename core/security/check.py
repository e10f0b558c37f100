"""What a check is: one question to an observation, its published weight, and its answer with evidence and remedy."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.security.observed import Observed

# The weights of OpenSSF Scorecard, which are the only ones there are.
CRITICAL: Final = 10.0
HIGH: Final = 7.5
MEDIUM: Final = 5.0
LOW: Final = 2.5


class Category(StrEnum):
    """What a check is about, in the order of the screen; the value is its name there."""

    AUTHENTICATION = "Authentication"
    ACCESS = "Access control"
    DATA = "Data protection"
    API = "API and integrations"
    MONITORING = "Monitoring and audit"
    RESILIENCE = "Resilience"


@dataclass(frozen=True)
class Judged:
    """An answer: `share` of the weight that is earned (0 to 1), None where nothing was there to judge by.

    `detail` is the finding, `evidence` what was counted, `remedy` what to do and where; for what is not assessed, it
    says what would assess it. `beyond`: nobody here can win the rest, this version of Calos lacks what
    it takes.
    """

    share: float | None
    detail: str
    evidence: str
    remedy: str = ""
    beyond: bool = False


@dataclass(frozen=True)
class Check:
    """One check; `practice` is the number of the eight published practices that it answers for, if any."""

    id: str
    category: Category
    title: str
    weight: float
    judge: Callable[[Observed], Judged]
    practice: int | None = None


def part(some: int, of: int) -> float:
    """Return some ÷ of, and 0 for nothing of nothing: an empty set is never a pass."""
    return some / of if of else 0.0


def not_assessed(why: str, until: str, evidence: str = "Nothing to count.") -> Judged:
    """Return the answer for lack of data: no points, none lost, and what would change that."""
    return Judged(None, why, evidence, until)


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
