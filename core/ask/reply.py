"""What a question is answered with: one of four outcomes, and for an answer everything that it stands on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.ask.chart_rule import ChartChoice
from core.ask.chips import Chip
from core.metrics.answered import Answered
from core.metrics.query import Query

Outcome = Literal["ANSWER", "CLARIFY", "ABSTAIN", "REFUSE"]
ReadBy = Literal["grammar", "model", "person"]


@dataclass(frozen=True)
class Option:
    """One way to read a question that has several."""

    label: str
    query: Query


@dataclass(frozen=True)
class Spent:
    """What a model was asked and what it took."""

    model: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class Reply:
    """The reply to one question; `receipt_id` asks it again, `conversation_id` goes on from it.

    ANSWER has `found` and `chart`; CLARIFY has a question as `text` and `options`; ABSTAIN names the `unknown` words
    and gives `examples` near what was meant; REFUSE says in `text` what is not done, or what may not be seen.
    """

    outcome: Outcome
    text: str
    receipt_id: UUID
    conversation_id: UUID
    question: str
    asked_at: datetime
    as_of: datetime
    elapsed_ms: int
    read_by: ReadBy | None = None
    spent: Spent | None = None
    query: Query | None = None
    chips: tuple[Chip, ...] = ()
    found: Answered | None = None
    # Of a trend of sums or rates, the one figure of its whole span, which is no sum of what is drawn.
    whole: Answered | None = None
    chart: ChartChoice | None = None
    assumptions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    unknown: tuple[str, ...] = ()
    examples: tuple[str, ...] = field(default=())

    @property
    def sql(self) -> tuple[str, ...]:
        """Every statement that ran for it, in order."""
        parts = [one.sql for one in (self.found, self.whole) if one is not None]
        return tuple(dict.fromkeys(statement for each in parts for statement in each))
