"""What the board report says in words: rules over figures of the catalogue, each silent where its figures are not."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.finance.exchange import REPORTING
from core.finance.runway import later
from core.metrics.metric import Undefined
from core.metrics.sums import number
from core.money import Money, round_half_up
from core.periods import add_months
from core.reports.board import Board
from core.reports.board_words import month, said, share, whole


@dataclass(frozen=True)
class Sentence:
    """A sentence, and the metrics that its numbers are."""

    text: str
    stands_on: tuple[str, ...]


def sentences(found: Board) -> tuple[Sentence, ...]:
    """Return what is to be said of a month, in the order in which a board asks."""
    return tuple(made for rule in RULES if (made := rule(found)) is not None)


def _mrr(found: Board) -> Sentence | None:
    then = f"{add_months(found.month.start, -1):%B}"
    when = f"stands at {{}} on {found.at:%B %-d}" if found.running else f"ended {month(found.month.start)} at {{}}"
    growth, moved = number(found.now["mrr_growth"]), int(number(found.now["net_new_mrr"]) or 0)
    text = "MRR " + when.format(said("mrr", found.now["mrr"]))
    on = ("mrr", "mrr_growth", "net_new_mrr")
    if growth is None:
        return Sentence(f"{text}; in {then} nobody paid yet.", on[:1]) if number(found.now["mrr"]) else None
    if growth == 0:
        return Sentence(f"{text}, as {then} did.", on)
    way = "up" if growth > 0 else "down"
    return Sentence(f"{text}, {way} {share(abs(Decimal(growth)))} on {then}; net new MRR was {_money(moved)}.", on)


def _movements(found: Board) -> Sentence | None:
    came = {name: found.sums.get(name, 0) for name in ("new", "expansion", "reactivation")}
    went = {name: -found.sums.get(name, 0) for name in ("contraction", "churn")}
    words = {"new": "new customers", "expansion": "expansion", "reactivation": "customers who came back"}
    brought = [f"{words[name]} ({_money(minor)})" for name, minor in came.items() if minor]
    took = [f"{name} ({_money(minor)})" for name, minor in went.items() if minor]
    on = tuple(f"{name}_mrr" for name in ("new", "expansion", "reactivation", "contraction", "churned"))
    if not brought and not took:
        return None
    if not brought:
        return Sentence(f"Nothing was added; lost to {_listed(took)}.", on)
    return Sentence(f"Added by {_listed(brought)}; {f'lost to {_listed(took)}' if took else 'nothing was lost'}.", on)


def _retention(found: Board) -> Sentence | None:
    nrr, grr = number(found.now["nrr"]), number(found.now["grr"])
    if nrr is None or grr is None:
        return None
    text = f"Customers of a year ago pay {share(nrr)} of what they paid then, {share(grr)} without their expansion."
    return Sentence(text, ("nrr", "grr"))


def _churn(found: Board) -> Sentence | None:
    lost, churn = int(number(found.now["churned_customers"]) or 0), number(found.now["logo_churn"])
    if churn is None:
        return None
    if not lost:
        return Sentence("No customer left.", ("churned_customers",))
    who = "1 customer" if lost == 1 else f"{lost:,} customers"
    return Sentence(f"{who} left, {share(churn)} of those who paid.", ("churned_customers", "logo_churn"))


def _efficiency(found: Board) -> Sentence | None:
    ratio, payback = found.now["ltv_to_cac"], found.now["payback"]
    if isinstance(payback, Undefined):
        return None
    back = f"What winning a customer costs is back after {said('payback', payback)}"
    if isinstance(ratio, Undefined):
        return Sentence(f"{back}.", ("payback",))
    return Sentence(
        f"{back}; a customer returns it {said('ltv_to_cac', ratio)} over its life.", ("payback", "ltv_to_cac")
    )


def _cash(found: Board) -> Sentence | None:
    burn, runway = number(found.now["burn"]), number(found.now["runway"])
    if burn is None:
        return None
    cash = said("cash", found.now["cash"])
    if runway is None:
        return Sentence(f"Cash is {cash}, and more comes in than goes out.", ("cash", "burn")) if burn <= 0 else None
    ends = later(found.at, Decimal(runway))
    until = f", until {month(ends)}" if ends else ""
    text = f"Cash of {cash} at a burn of {said('burn', Decimal(burn))} a month lasts {said('runway', Decimal(runway))}"
    return Sentence(f"{text}{until}.", ("cash", "burn", "runway"))


def _risk(found: Board) -> Sentence | None:
    if found.at_risk is None or not found.at_risk.count:
        return None
    count = found.at_risk.count
    who = "1 paying customer is" if count == 1 else f"{count:,} paying customers are"
    return Sentence(f"{who} at risk today by their health.", ("at_risk_customers",))


def _money(minor: int) -> str:
    return whole(Money(round_half_up(Decimal(minor)), REPORTING))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


RULES: Final[tuple[Callable[[Board], Sentence | None], ...]] = (
    _mrr,
    _movements,
    _retention,
    _churn,
    _efficiency,
    _cash,
    _risk,
)
