"""What a question asks for, gathered by what it is: numbers, splits, filters, bounds, times, wishes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.ask.lattice import Token
from core.ask.time_periods import Time
from core.metrics.query import Entity, Grain, Operator


@dataclass(frozen=True)
class Chosen:
    """A value of a dimension that the question is narrowed to, or leaves out."""

    member: str
    value: str
    label: str
    left_out: bool = False


@dataclass(frozen=True)
class Bound:
    """A number that something is compared with; `member` is filled once it is known of what."""

    at: int
    op: Operator
    number: Decimal
    unit: str
    member: str = ""


@dataclass
class Slots:
    """Everything understood of one question, before it is decided what kind of question it is.

    `roles` are what it asks for in the words of the lexicon; `narrowed_to` are rules that
    pick the customers whose number is meant; `numeric` are places of what a bound can be meant for.
    """

    metrics: list[str] = field(default_factory=list)
    several: list[tuple[str, ...]] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    chosen: list[Chosen] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    numeric: list[tuple[int, str]] = field(default_factory=list)
    narrowed_to: list[str] = field(default_factory=list)
    times: list[Time] = field(default_factory=list)
    against: list[Time] = field(default_factory=list)
    grain: Grain | None = None
    roles: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    entity: Entity | None = None
    rank: str = ""
    limit: int | None = None
    order: str = ""
    singular: bool = False
    unknown: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def asks(self, *roles: str) -> bool:
        """Whether the question asks for one of some things."""
        return not self.roles.isdisjoint(roles)


@dataclass
class Walk:
    """Where the reading stands: the tokens, the place, and words that wait for what they belong to.

    `subject` and `split` are the places of the last number or thing, and of the last dimension.
    """

    tokens: Sequence[Token]
    at: int = 0
    negation: int | None = None
    versus: int | None = None
    by: int | None = None
    subject: int = -1
    split: int = -1

    def token(self, step: int = 0) -> Token | None:
        """Return the token some places from here, or None beyond the ends."""
        place = self.at + step
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def near(self, step: int) -> Token | None:
        """Return the nearest token in a direction that is more than a small word."""
        place = self.at + step
        while 0 <= place < len(self.tokens) and self.tokens[place].role("stop"):
            place += step
        return self.tokens[place] if 0 <= place < len(self.tokens) else None
