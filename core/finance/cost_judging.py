"""When a cost is worth a word: above an amount, a margin below a share, or a month unlike its own months; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Final, Literal
from uuid import UUID

from core.money import Money

Measure = Literal["cost", "margin", "unusual"]
By = Literal["all", "kind", "product", "customer"]
# Below its amount by so much, or above its share by so much, what was told of is over; else it would come and go.
FALL: Final = Decimal("0.9")
RISE: Final = Decimal("0.05")
LEAST_MONTHS: Final = 6
LOOK_BACK: Final = 12
# Iglewicz and Hoaglin (1993): modified z-scores beyond 3.5 are outliers; below 2 a month is ordinary again.
UNUSUAL: Final = Decimal("3.5")
ORDINARY: Final = Decimal(2)
_NORMAL: Final = Decimal("0.6745")
# A month is not unusual for moving by less than this share of what is usual, however still it was before; nor for less
# than $25, which nobody need look into.
LEAST_SHARE: Final = Decimal("0.15")
LEAST_MINOR: Final = 2_500


@dataclass(frozen=True)
class Rule:
    """What is watched; `by` says of what each is judged, `only` names one of them by its id."""

    id: UUID
    measure: Measure
    by: By
    only: str | None = None
    above: Money | None = None
    below: Decimal | None = None
    made_by: str = ""


@dataclass(frozen=True)
class Watched:
    """A subject's costs by whole month, oldest first and by its days, and of the last one its margin.

    `costs` are minor units; `running` is what the month that runs has cost so far. `margin` is None without revenue.
    """

    subject: str
    name: str
    costs: tuple[int, ...]
    days: tuple[int, ...]
    running: int = 0
    margin: Decimal | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a rule fires for a subject, or holds what it said; `usual` and `months` are what a month is judged by."""

    fires: bool
    holds: bool
    cost: int
    share: Decimal | None = None
    usual: int | None = None
    months: int | None = None


def judged(rule: Rule, of: Watched) -> Verdict | None:
    """Return what a rule says of a subject, or None where it abstains: no revenue, or fewer than six earlier months."""
    if rule.measure == "cost":
        assert rule.above is not None  # noqa: S101 - the table's check
        spent, limit = max(of.costs[-1], of.running), rule.above.minor
        return Verdict(spent > limit, spent > limit * FALL, spent, share=Decimal(spent) / limit)
    if rule.measure == "margin":
        assert rule.below is not None  # noqa: S101 - the table's check
        if of.margin is None:
            return None
        return Verdict(of.margin < rule.below, of.margin < rule.below + RISE, of.costs[-1], share=of.margin)
    return unusual(of.costs, of.days)


def unusual(costs: Sequence[int], days: Sequence[int]) -> Verdict | None:
    """Judge the last month by the median of up to twelve before it and their median deviation, a day each.

    By the day, since months differ in length. Months before the first cost do not count. None with fewer than six.
    """
    begun = next((at for at, each in enumerate(costs) if each), len(costs))
    daily = [Decimal(cost) / length for cost, length in zip(costs, days, strict=True)][begun:]
    before = daily[-LOOK_BACK - 1 : -1]
    if len(before) < LEAST_MONTHS:
        return None
    usual = median(before)
    spread = median([abs(each - usual) for each in before])
    over = daily[-1] - usual
    score = _NORMAL * over / spread if spread else UNUSUAL * 2 if over > 0 else Decimal(0)
    much = over > LEAST_SHARE * usual and over * days[-1] > LEAST_MINOR
    return Verdict(
        fires=score > UNUSUAL and much,
        holds=score > ORDINARY and much,
        cost=costs[-1],
        share=over / usual if usual else None,
        usual=round(usual * days[-1]),
        months=len(before),
    )
