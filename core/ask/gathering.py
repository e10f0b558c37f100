"""The walk over the tokens of a question: each finds its place, or is not understood."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.ask.bounds import bind, take_compare, take_number, take_time
from core.ask.choosing import meaning
from core.ask.lattice import Token
from core.ask.lexicon import SOFT
from core.ask.slots import Chosen, Slots, Walk
from core.ask.vocabulary import Term
from core.metrics.catalog import METRICS
from core.metrics.query import Entity

# Numbers that count customers by a rule: behind "of" they say whose number is meant.
COUNTED: Final = frozenset(
    {"at_risk_customers", "near_limit_customers", "trials", "active_customers", "paying_customers"}
    | {"new_customers", "churned_customers"}
)


def slots_of(tokens: Sequence[Token]) -> Slots:
    """Return what the tokens ask for; tokens that found no place are in `unknown`."""
    slots, walk = Slots(), Walk(tokens)
    while (token := walk.token()) is not None:
        _take(token, slots, walk)
        walk.at += 1
    for waiting in (walk.negation, walk.by):
        if waiting is not None:
            slots.unknown.append(tokens[waiting].text)
    bind(slots)
    return slots


def _take(token: Token, slots: Slots, walk: Walk) -> None:
    if token.time is not None:
        take_time(token, token.time, slots, walk)
    elif token.number is not None and not token.terms:
        take_number(token, token.number, slots, walk)
    elif token.terms:
        term = meaning(token, slots, walk)
        _TAKERS[term.kind](token, term, slots, walk)
    else:
        slots.unknown.append(token.text)


def _take_metric(token: Token, term: Term, slots: Slots, walk: Walk) -> None:
    slots.numeric.append((walk.at, term.member))
    walk.subject = walk.at
    if token.text.startswith("monthly "):
        slots.roles.add("monthly")
    if walk.by is not None:
        slots.order, walk.by = term.member, None
    before = walk.token(-1)
    if (
        slots.metrics
        and term.member in COUNTED
        and before is not None
        and before.text in {"of", "for", "from", "among"}
    ):
        slots.narrowed_to.append(term.member)
    elif term.member not in slots.metrics:
        slots.metrics.append(term.member)
        label = METRICS[term.member].label
        if token.text in SOFT and token.text != label.lower():
            slots.assumptions.append(f"“{token.text.capitalize()}” is read as {label}.")


def _take_several(token: Token, term: Term, slots: Slots, walk: Walk) -> None:
    slots.several.append((token.text, *(each.member for each in token.terms if each.kind == "several")))


def _take_dimension(token: Token, term: Term, slots: Slots, walk: Walk) -> None:
    member = _same_dimension(token, walk)
    if member is not None and walk.by is None:
        return
    walk.by, walk.split = None, walk.at
    if term.member not in slots.dimensions:
        slots.dimensions.append(term.member)


def _same_dimension(token: Token, walk: Walk) -> str | None:
    """Return the dimension whose value stands beside its name: "Pro tier", "country Germany"."""
    for step in (-1, 1):
        beside = walk.token(step)
        for term in token.terms:
            if beside is not None and term.kind == "dimension" and beside.has("value", term.member):
                return term.member
    return None


def _take_value(token: Token, term: Term, slots: Slots, walk: Walk) -> None:
    behind = walk.near(1)
    if walk.by is not None and not (behind is not None and behind.has("metric")):
        slots.unknown.append(walk.tokens[walk.by].text)
        walk.by = None
    if len({(each.member, each.value) for each in token.terms if each.kind == "value"}) > 1:
        term = _valuemeaning(token, term, walk)
    before = walk.near(-1)
    joined = slots.chosen and before is not None and before.role("and") and slots.chosen[-1].member == term.member
    left_out = walk.negation is not None or (bool(joined) and slots.chosen[-1].left_out)
    walk.negation = None
    slots.chosen.append(Chosen(term.member, term.value, term.label, left_out))
    if term.member == "currency" and before is not None:
        slots.roles.add("currency")


def _valuemeaning(token: Token, term: Term, walk: Walk) -> Term:
    """Prefer the dimension that is named beside the value."""
    for step in (-1, 1):
        beside = walk.token(step)
        for each in token.terms:
            if beside is not None and each.kind == "value" and beside.has("dimension", each.member):
                return each
    return term


def _take_role(token: Token, term: Term, slots: Slots, walk: Walk) -> None:
    name, _, detail = term.member.partition(":")
    taker = _ROLE_TAKERS.get(name)
    if taker is not None:
        taker(token, detail, slots, walk)
    elif name != "stop":
        if walk.negation is not None and name in _DENIABLE:
            slots.denied.add(name)
            walk.negation = None
        slots.roles.add(term.member)
        slots.roles.add(name)


_DENIABLE: Final = frozenset({"day", "at_risk", "near_limit", "over_limit", "trial", "silent"})


def _by(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    if walk.by is None:
        walk.by = walk.at
    if slots.dimensions and walk.subject > walk.split:
        slots.roles.add("two questions")


def _not(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    walk.negation = walk.at


def _versus(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    if not _between_groups(walk):
        walk.versus = walk.at
    slots.roles.add("versus")


def _between_groups(walk: Walk) -> bool:
    """Whether values of one dimension are compared: "Pro vs Basic"."""
    before, behind = walk.near(-1), walk.near(1)
    if before is None or behind is None:
        return False
    return any(term.kind == "value" and behind.has("value", term.member) for term in before.terms)


def _rank(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    slots.rank = slots.rank or detail
    slots.roles.add("rank")


def _order(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    if detail:
        slots.rank = "high" if detail == "desc" else "low"
    else:
        walk.by = walk.at


def _customers(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    if walk.by is not None:
        walk.by = None
        slots.dimensions.append("customer")
        return
    if _counted_beside_a_metric(walk):
        slots.metrics.append("customers")
        return
    slots.roles.add("customers")
    walk.subject = walk.at
    slots.singular = token.text in {"customer", "account", "client"}


def _counted_beside_a_metric(walk: Walk) -> bool:
    """Whether customers are one of several numbers: "MRR and customers by tier"."""
    for step in (-1, 1):
        joint, other = walk.token(step), walk.token(2 * step)
        if joint is not None and other is not None and joint.role("and") and other.has("metric"):
            return not other.role("customers")
    return False


def _entity(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    if detail == "licenses":
        slots.roles.add("licenses")
        return
    entities: dict[str, Entity] = {
        "upsells": "upsells",
        "movements": "movements",
        "subscriptions": "subscriptions",
    }
    slots.entity = entities[detail]
    if detail == "upsells":
        slots.numeric.append((walk.at, "open_upsells"))


def _field(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    slots.numeric.append((walk.at, detail))
    slots.roles.add(f"field:{detail}")


def _pays(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    slots.numeric.append((walk.at, "mrr"))
    slots.roles.add("pays")


def _expected(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    if walk.by is not None:
        walk.by = None
    slots.numeric.append((walk.at, "expected"))
    slots.roles.add("expected")


def _after(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    slots.unknown.append(token.text)


_ROLE_TAKERS: Final[Mapping[str, Callable[[Token, str, Slots, Walk], None]]] = {
    "by": _by,
    "not": _not,
    "versus": _versus,
    "rank": _rank,
    "order": _order,
    "customers": _customers,
    "entity": _entity,
    "compare": take_compare,
    "after": _after,
    "field": _field,
    "pays": _pays,
    "expected": _expected,
}
_TAKERS: Final[Mapping[str, Callable[[Token, Term, Slots, Walk], None]]] = {
    "metric": _take_metric,
    "several": _take_several,
    "dimension": _take_dimension,
    "value": _take_value,
    "role": _take_role,
}
