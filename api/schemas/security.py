"""Shapes of the security score on the wire."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.depends import Answer, Strict


class GateAnswer(Answer):
    """A critical failure that holds the score at the cap, and the check whose remedy ends it."""

    id: str
    check: str
    sentence: str


class CategoryAnswer(Answer):
    """A category: points won of those it can give now, and how many of its checks had data."""

    category: str
    points: float
    possible: float
    assessed: int
    not_assessed: int


class CheckAnswer(Answer):
    """A check with its evidence; without data it is `not_assessed`, and counts on neither side."""

    id: str
    category: str
    title: str
    weight: float = Field(description="10, 7.5, 5 or 2.5")
    state: Literal["pass", "partly", "fail", "not_assessed"]
    share: float | None = Field(description="Of the weight, 0 to 1; null without data.")
    points: float
    possible: float
    detail: str
    evidence: str
    remedy: str = Field(description="What to do and where; without data, what would assess it. Empty once passed.")
    practice: int | None = Field(description="Which of the eight published practices it answers for.")


class PointAnswer(Answer):
    """Points that are lost, and how to win them; `gate` is the critical failure that this ends."""

    check: str
    title: str
    points: float
    detail: str
    remedy: str
    gate: str | None
    beyond: bool = Field(description="Nobody here can win them: this version of Calos lacks what it takes.")


class ScoreAnswer(Answer):
    """The score as observed at an instant; `uncapped` is what it would be with no gate open."""

    at: datetime
    score: float | None = Field(description="0 to 100; null where nothing could be assessed.")
    uncapped: float | None
    target: int
    within_reach: float = Field(description="The highest score that this version of Calos can reach here.")
    cap: float | None
    gates: list[GateAnswer]
    points_to_gain: list[PointAnswer] = Field(
        description="What ends a gate first, then most points first, what is beyond reach last."
    )
    categories: list[CategoryAnswer]
    checks: list[CheckAnswer]
    history: str = Field(description="Where the past is.")


class CauseAnswer(Answer):
    """Why the score differs from the day before on record: a check or gate, and the points it brought or cost."""

    id: str
    title: str
    points: float
    words: str


class DayAnswer(Answer):
    """The score as a UTC day ended; the causes add up to the change."""

    day: date
    score: float
    uncapped: float
    gates: list[str]
    causes: list[CauseAnswer]


class HistoryAnswer(Answer):
    """Days on record, oldest first."""

    target: int
    days: list[DayAnswer]


class ReviewRequest(Strict):
    """What somebody found who reviewed security."""

    note: str = Field(min_length=10, max_length=2000)


class ReviewAnswer(Answer):
    """A review that was signed."""

    signed_at: datetime
    signed_by: str


class VerificationAnswer(Answer):
    """What a verification of every chain found; it is on record from now on."""

    at: datetime
    intact: bool
    organizations: int
    entries: int
    checkpoints: int
    unsealed: int
    breaks: list[str]
