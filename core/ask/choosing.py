"""Which of several meanings some words have, by what stands around them."""

from collections.abc import Callable
from typing import Final

from core.ask.lattice import Token
from core.ask.slots import Slots, Walk
from core.ask.vocabulary import Term


def meaning(token: Token, slots: Slots, walk: Walk) -> Term:
    """Return the one of several meanings that fits what stands around it."""
    if len(token.terms) == 1:
        return token.terms[0]
    by_kind = {term.kind: term for term in token.terms}
    for rule in _CHOICES:
        kind = rule(token, slots, walk)
        if kind in by_kind:
            return by_kind[kind]
    order = ("several", "metric", "dimension", "value", "role")
    return next(by_kind[kind] for kind in order if kind in by_kind)


def _role_first(token: Token, slots: Slots, walk: Walk) -> str:
    """Customers, upsells and trials are things as well as numbers; which is told by the whole question."""
    things = ("customers", "entity:upsells", "entity:licenses", "entity:movements", "entity:subscriptions", "trial")
    return "role" if token.role(*things) else ""


def _growth(token: Token, slots: Slots, walk: Walk) -> str:
    if not token.role("change:up"):
        return ""
    others = any(each.has("metric") for each in walk.tokens if each is not token) or "why" in slots.roles
    return "role" if others else "metric"


def _value_or_number(token: Token, slots: Slots, walk: Walk) -> str:
    """A word that is a number as well as a product or a segment ("sales", "health")."""
    if not (token.has("metric") and token.has("value")):
        return ""
    member = next(term.member for term in token.terms if term.kind == "value")
    before, behind = walk.token(-1), walk.token(1)
    if any(each is not None and each.has("dimension", member) for each in (before, behind)):
        return "value"
    if behind is not None and behind.role("customers"):
        return "value"
    if before is not None and any(term.member.startswith("rank:") for term in before.terms):
        return "metric"
    if any(each.has("metric") and not each.role("customers") for each in walk.tokens if each is not token):
        compared = behind is not None and any(term.member.startswith("compare:") for term in behind.terms)
        joined = before is not None and before.role("and", "by", "versus")
        return "metric" if compared or joined else "value"
    return "value" if before is not None and before.text in {"in", "from"} else "metric"


def _expiring(token: Token, slots: Slots, walk: Walk) -> str:
    if not token.role("day:expires"):
        return ""
    timed = any(each.time is not None for each in walk.tokens)
    return "role" if timed or any(each.role("trial", "entity:licenses") for each in walk.tokens) else "value"


_CHOICES: Final[tuple[Callable[[Token, Slots, Walk], str], ...]] = (
    _role_first,
    _growth,
    _value_or_number,
    _expiring,
)
