"""What upsell rules give: findings with their evidence, and why something that came near is not on the list."""

from dataclasses import dataclass
from typing import Literal

Priority = Literal["HIGH", "MEDIUM", "LOW"]
Confidence = Literal["high", "medium", "low"]
Kind = Literal["tier", "seats", "training", "convert", "rescue", "services"]

# Raised whenever any rule would find otherwise on the same picture.
VERSION = 2


@dataclass(frozen=True)
class Evidence:
    """One fact behind an opportunity, with its n and window."""

    rule: str
    version: int
    label: str
    value: str
    n: int
    window: str


@dataclass(frozen=True)
class Finding:
    """What one rule found; `clause` is the evidence as part of a sentence, `subject` what it is about.

    `confidence` says how well the facts bear the finding out, not how likely a sale is. `days_left` is a median, with
    the 10th and 90th percentile beside it where it is forecast.
    """

    rule: str
    kind: Kind
    subject: str
    priority: Priority
    clause: str
    evidence: tuple[Evidence, ...]
    days_left: int | None = None
    confidence: Confidence = "medium"
    days_p10: int | None = None
    days_p90: int | None = None


@dataclass(frozen=True)
class NotListed:
    """Why something that came near is not on the list."""

    rule: str
    subject: str
    reason: str


Result = Finding | NotListed


def fact(rule: str, label: str, value: str, n: int, window: str) -> Evidence:
    """Return a fact under the version of rules in force."""
    return Evidence(rule, VERSION, label, value, n, window)


def people(n: int) -> str:
    """Return a number of people as the subject of what happened to them."""
    return "1 person was" if n == 1 else f"{n:,} people were"
