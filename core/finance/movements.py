"""Which kind of movement a change of a customer's MRR is, and the bridge from one MRR to the next."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.billing.reads import Subscription
from core.errors import Conflict, InvalidInput
from core.money import Money, total
from core.periods import Period

MovementKind = Literal["new", "expansion", "contraction", "churn", "reactivation", "transfer"]
KINDS: Final[tuple[MovementKind, ...]] = ("new", "expansion", "contraction", "churn", "reactivation")


@dataclass(frozen=True)
class Standing:
    """A customer just before a change: MRR in minor units by currency, and whether they ever paid before."""

    mrr: Mapping[str, int]
    ever_paid: bool

    def after(self, change: Money) -> "Standing":
        """Return where the customer stands once their MRR has changed."""
        left = self.mrr.get(change.currency, 0) + change.minor
        return Standing({**self.mrr, change.currency: left}, self.ever_paid or bool(change))


class Step(NamedTuple):
    """From one subscription to the next, from none to one, or from one to none; `at` is when it takes effect."""

    at: datetime
    before: Subscription | None
    after: Subscription | None
    reason: str | None = None


@dataclass(frozen=True)
class Entry:
    """What a step writes into the ledger.

    The change is booked on the tier, and where the subscription is for one product alone, on the product; `moved_minor`
    is the MRR that went along from others (`from_…`). What ends is booked where it was.
    """

    subscription_id: UUID
    tier_id: str
    product_id: str | None
    from_tier_id: str | None
    from_product_id: str | None
    moved_minor: int
    kind: MovementKind
    effective_at: datetime
    change: Money
    reason: str | None


@dataclass(frozen=True)
class Bridge:
    """How one MRR became another: opening + movements + exchange = closing, to the minor unit.

    `movements` holds each of KINDS. `exchange` is what changed rates did to the MRR of other currencies, the rounding
    of the converted figures included; within one currency it is zero.
    """

    period: Period
    opening: Money
    movements: Mapping[MovementKind, Money]
    exchange: Money
    closing: Money

    @property
    def net_new(self) -> Money:
        """The sum of the movements."""
        return total(self.movements.values(), self.opening.currency)


def classify(standing: Standing, change: Money, *, changes_tier: bool = False) -> MovementKind | None:
    """Return the kind of a change of one customer's MRR, or None where nothing moves.

    A customer is one, however many licenses: a second license is an expansion, and giving up one of two is a
    contraction (ChartMogul's standard). Raises Conflict where the customer would end up paying less than nothing.
    """
    left = standing.mrr.get(change.currency, 0) + change.minor
    if left < 0:
        raise Conflict("The ledger holds less MRR for this customer than is to be taken away.", code="ledger_short")
    if not change:
        return "transfer" if changes_tier else None
    if not any(standing.mrr.values()):
        return "reactivation" if standing.ever_paid else "new"
    if not any({**standing.mrr, change.currency: left}.values()):
        return "churn"
    return "expansion" if change.minor > 0 else "contraction"


def entries(standing: Standing, steps: Iterable[Step]) -> Iterator[Entry]:
    """Yield what each step of one customer, in their order, writes into the ledger; steps that move nothing, nothing.

    Monthly to quarterly at three times the price moves nothing. Raises what `classify` raises.
    """
    for step in steps:
        made = _entry(standing, step)
        if made is not None:
            standing = standing.after(made.change)
            yield made


def _entry(standing: Standing, step: Step) -> Entry | None:
    before, after = step.before, step.after
    known = after if after and (after.mrr or not before) else before
    if known is None:
        raise InvalidInput("A movement needs a subscription before it, after it, or both.")
    if before and after and before.amount.currency != after.amount.currency:
        raise InvalidInput("Another currency is another subscription: end the one, then start the other.")
    nothing = Money(0, known.amount.currency)
    had, has = (one.mrr if one else nothing for one in (before, after))
    came_from = before if before and had and _place(before) != _place(known) else None
    kind = classify(standing, has - had, changes_tier=came_from is not None)
    if kind is None:
        return None
    return Entry(
        subscription_id=known.id,
        tier_id=known.tier_id,
        product_id=known.product_id,
        from_tier_id=came_from.tier_id if came_from else None,
        from_product_id=came_from.product_id if came_from else None,
        moved_minor=had.minor if came_from else 0,
        kind=kind,
        effective_at=step.at,
        change=has - had,
        reason=step.reason,
    )


def _place(of: Subscription) -> tuple[str, str | None]:
    return of.tier_id, of.product_id
