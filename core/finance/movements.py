"""Which kind of movement a change of a customer's MRR is, and the bridge from one MRR to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from core.errors import Conflict
from core.money import Money, total
from core.periods import Period

MovementKind = Literal["new", "expansion", "contraction", "churn", "reactivation", "transfer"]
KINDS: Final[tuple[MovementKind, ...]] = ("new", "expansion", "contraction", "churn", "reactivation")


@dataclass(frozen=True)
class Standing:
    """A customer just before a change: MRR in minor units by currency, and whether they ever paid before."""

    mrr: Mapping[str, int]
    ever_paid: bool


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
