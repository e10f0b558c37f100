"""One customer's movements by ChartMogul beside ours: what differs, each thing with its cause; pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.billing.reads import Subscription
from core.billing.recurring import monthly_value
from core.finance.exchange import REPORTING, Rates
from core.finance.movements import MovementKind
from core.imports.chartmogul.reads import OurMovement, Prorated, TheirMovement
from core.money import Money

Cause = Literal[
    "missing_here", "missing_there", "churn_date", "date", "trial", "coupon", "proration", "rate", "rounding", "kind",
    "amount",
]  # fmt: skip
CAUSES: Final[Mapping[Cause, str]] = {
    "missing_here": "Missing here",
    "missing_there": "Missing in ChartMogul",
    "churn_date": "Churn dated otherwise",
    "date": "Dated otherwise",
    "trial": "Trial",
    "coupon": "Coupon",
    "proration": "Proration",
    "rate": "Exchange rate",
    "rounding": "Rounding",
    "kind": "Another kind of movement",
    "amount": "Unexplained",
}
UNEXPLAINED: Final[Cause] = "amount"
# Rates of two sources for one day are closer than this; what is further apart is no matter of rates.
_RATES_APART: Final = 4


class Leg(NamedTuple):
    """What ChartMogul has more than we have on a day, of one kind, in cents; below zero: less."""

    day: date
    kind: MovementKind
    minor: int


@dataclass(frozen=True)
class Item:
    """One thing that differs, and why; from each leg's day on, MRR differs by it."""

    cause: Cause
    sentence: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Sides:
    """A customer by both, with what tells why they differ."""

    theirs: Sequence[TheirMovement]
    ours: Sequence[OurMovement]
    subscriptions: Sequence[Subscription]
    prorated: Sequence[Prorated]
    known: bool

    @property
    def foreign(self) -> bool:
        """Whether it pays in another currency than figures are reported in."""
        return any(one.change.currency != REPORTING for one in self.ours)


Day = dict[MovementKind, int]


def items_of(sides: Sides, rates: Rates) -> list[Item]:
    """Return everything that differs; the legs of all items are exactly theirs less ours, by day and kind."""
    theirs, ours = _days_of_theirs(sides), _days_of_ours(sides, rates)
    found: list[Item] = []
    their_left: list[date] = []
    our_left: list[date] = []
    for day in sorted({*theirs, *ours}):
        their, our = theirs.get(day, {}), ours.get(day, {})
        if sum(their.values()) == sum(our.values()):
            found += _other_kind(day, their, our)
        elif their and our:
            cause, sentence = _why(sides, day, sum(their.values()), sum(our.values()))
            found.append(Item(cause, sentence, _legs(day, their) + _legs(day, our, -1)))
        else:
            (their_left if their else our_left).append(day)
    for day in their_left:
        twin = _twin(sides, day, theirs[day], {one: ours[one] for one in our_left})
        if twin is None:
            found.append(_missing_here(sides, day, theirs[day]))
        else:
            our_left.remove(twin)
            found.append(_dated(sides, day, theirs[day], twin, ours[twin]))
    return found + [_missing_there(sides, day, ours[day]) for day in our_left]


def _days_of_theirs(sides: Sides) -> dict[date, Day]:
    found: dict[date, Day] = defaultdict(lambda: defaultdict(int))
    for one in sides.theirs:
        found[one.at.date()][one.kind] += one.change
    return _moved(found)


def _days_of_ours(sides: Sides, rates: Rates) -> dict[date, Day]:
    found: dict[date, Day] = defaultdict(lambda: defaultdict(int))
    for one in sides.ours:
        found[one.at.date()][one.kind] += rates.report([one.change], one.at.date()).minor
    return _moved(found)


def _moved(days: Mapping[date, Day]) -> dict[date, Day]:
    kept = {day: {kind: minor for kind, minor in kinds.items() if minor} for day, kinds in days.items()}
    return {day: kinds for day, kinds in kept.items() if kinds}


def _legs(day: date, kinds: Day, sign: int = 1) -> tuple[Leg, ...]:
    return tuple(Leg(day, kind, sign * minor) for kind, minor in kinds.items())


def _other_kind(day: date, theirs: Day, ours: Day) -> list[Item]:
    if theirs == ours:
        return []
    said = f"On {day} ChartMogul has {_kinds(theirs)}, Calos has {_kinds(ours)}; the sum is the same."
    return [Item("kind", said, _legs(day, theirs) + _legs(day, ours, -1))]


def _why(sides: Sides, day: date, theirs: int, ours: int) -> tuple[Cause, str]:
    gap = theirs - ours
    said = f"On {day} MRR moves by {_usd(theirs)} in ChartMogul and by {_usd(ours)} here"
    if sides.foreign and _near(theirs, ours):
        return "rate", f"{said}: another exchange rate for {_currencies(sides)}."
    if abs(gap) <= len([one for one in sides.ours if one.at.date() == day]):
        return "rounding", f"{said}: each rounds by itself."
    if abs(gap) in _coupons(sides, day):
        return "coupon", f"{said}: a coupon takes {_usd(abs(gap))} a month off here."
    if _trial(sides, day):
        return "trial", f"{said}: a trial, which is worth nothing here."
    line = _prorated(sides, day)
    if line is not None:
        return "proration", f"{said}: invoice {line.invoice} charged a part of the price on that day."
    return UNEXPLAINED, f"{said}, and nothing here tells why."


def _twin(sides: Sides, day: date, theirs: Day, left: Mapping[date, Day]) -> date | None:
    """Return the nearest day on which the same movement stands in our ledger."""
    want = sum(theirs.values())
    alike = [
        one
        for one, kinds in left.items()
        if sum(kinds.values()) == want or (sides.foreign and _close(want, sum(kinds.values())))
    ]
    return min(alike, key=lambda one: abs((one - day).days), default=None)


def _dated(sides: Sides, their_day: date, theirs: Day, our_day: date, ours: Day) -> Item:
    legs = _legs(their_day, theirs) + _legs(our_day, ours, -1)
    said = f"{_started(theirs)} stands on {their_day} in ChartMogul and on {our_day} here"
    if _trial(sides, min(their_day, our_day)):
        return Item("trial", f"{said}: until then it was a trial here.", legs)
    if "churn" in theirs:
        return Item(
            "churn_date", f"{said}: one counts a cancellation when it is asked for, the other when it ends.", legs
        )
    return Item("date", f"{said}.", legs)


def _missing_here(sides: Sides, day: date, theirs: Day) -> Item:
    legs = _legs(day, theirs)
    if not sides.known:
        return Item("missing_here", "The customer is not here: it was refused, or came after the import.", legs)
    said = f"{_started(theirs)} on {day} is in ChartMogul alone"
    if _trial(sides, day):
        return Item("trial", f"{said}: it is a trial here, which is worth nothing.", legs)
    line = _prorated(sides, day)
    if line is not None:
        return Item("proration", f"{said}: invoice {line.invoice} charged a part of the price then.", legs)
    return Item("missing_here", f"{said}.", legs)


def _missing_there(sides: Sides, day: date, ours: Day) -> Item:
    legs = _legs(day, ours, -1)
    said = f"{_started(ours)} on {day} is here alone"
    if abs(sum(ours.values())) in _coupons(sides, day):
        return Item("coupon", f"{said}: a coupon that ChartMogul does not know.", legs)
    return Item("missing_there", f"{said}.", legs)


def _coupons(sides: Sides, day: date) -> set[int]:
    """Return what coupons in force on a day take off, a month each."""
    found = set()
    for one in sides.subscriptions:
        if one.coupon_duration is not None and one.started_at.date() <= day and not _over(one, day):
            full = monthly_value(one.amount, one.billing_period, one.quantity)
            found.add((full - one.agreed_mrr).minor)
    return found - {0}


def _trial(sides: Sides, day: date) -> bool:
    trials = (one for one in sides.subscriptions if one.phase == "trial")
    return any(one.started_at.date() <= day and not _over(one, day) for one in trials)


def _over(one: Subscription, day: date) -> bool:
    return one.ended_at is not None and one.ended_at.date() < day


def _prorated(sides: Sides, day: date) -> Prorated | None:
    return next((one for one in sides.prorated if one.first <= day <= one.last), None)


def _near(one: int, other: int) -> bool:
    return one * other > 0 and abs(one - other) * _RATES_APART <= max(abs(one), abs(other))


def _close(one: int, other: int) -> bool:
    return one * other > 0 and abs(one - other) * 50 <= max(abs(one), abs(other))


def _currencies(sides: Sides) -> str:
    return ", ".join(sorted({one.change.currency for one in sides.ours} - {REPORTING}))


def _kinds(kinds: Day) -> str:
    return " and ".join(f"{kind} of {_usd(abs(minor))}" for kind, minor in kinds.items())


def _started(kinds: Day) -> str:
    said = _kinds(kinds).replace("new of", "new MRR of")
    return said[:1].upper() + said[1:]


def _usd(minor: int) -> str:
    return str(Money(minor, REPORTING))


def whose(theirs: Sequence[TheirMovement], ours: Sequence[OurMovement]) -> dict[str | UUID, None]:
    """Return every customer that either side knows, by what both call it, else by what one does."""
    return dict.fromkeys([*(one.organization_id or one.customer for one in theirs), *(o.organization_id for o in ours)])
