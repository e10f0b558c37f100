"""Numbers, bounds and times of a question: "over 90 %", "between 100 and 500", "top 5", "Q3 vs Q2"."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.ask.lattice import Token
from core.ask.slots import Bound, Slots, Walk
from core.ask.time_periods import Time
from core.metrics.query import Operator


def take_compare(token: Token, detail: str, slots: Slots, walk: Walk) -> None:
    """Take a comparator with the number behind it; before a time it compares with that time."""
    behind = walk.token(1)
    if behind is not None and behind.number is not None:
        walk.at += 1
        if detail == "between":
            _take_between(token, behind, slots, walk)
        else:
            counted = walk.token(1)
            of_customers = counted is not None and counted.role("customers")
            slots.bounds.append(bound(walk.at, detail, behind, member="customers" if of_customers else ""))
    elif behind is not None and behind.time is not None:
        slots.roles.update({"change", "change:any"})
        slots.roles.add("versus")
        walk.versus = walk.at
    else:
        slots.unknown.append(token.text)


def _take_between(token: Token, first: Token, slots: Slots, walk: Walk) -> None:
    joint, second = walk.token(1), walk.token(2)
    if joint is None or second is None or second.number is None or joint.text not in {"and", "to"}:
        slots.unknown.append(token.text)
        return
    unit = first.unit or second.unit
    slots.bounds.append(bound(walk.at, "gte", first, unit))
    slots.bounds.append(bound(walk.at, "lte", second, unit))
    walk.at += 2


_OPERATORS: Final[dict[str, Operator]] = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte", "eq": "eq"}


def bound(at: int, op: str, token: Token, unit: str = "", member: str = "") -> Bound:
    """Return a bound of the number of a token."""
    return Bound(at, _OPERATORS[op], token.number or Decimal(0), token.unit or unit, member)


def take_number(token: Token, number: Decimal, slots: Slots, walk: Walk) -> None:
    """Take a number without a comparator before it: how many rows are asked for, or "5 or more"."""
    before, behind = walk.token(-1), walk.token(1)
    if behind is not None and behind.role("after:gte", "after:lte"):
        walk.at += 1
        slots.bounds.append(bound(walk.at, "gte" if behind.role("after:gte") else "lte", token))
        return
    ranked = any(
        each is not None and any(term.member.startswith("rank:") for term in each.terms) for each in (before, behind)
    )
    counted = behind is not None and (behind.role("customers", "entity:upsells") or behind.has("dimension"))
    whole = not token.unit and number == int(number) and 1 <= number <= 500
    if whole and (ranked or (counted and _ranked_somewhere(walk)) or (before is not None and before.text == "first")):
        slots.limit = int(number)
    else:
        slots.unknown.append(token.text)


def _ranked_somewhere(walk: Walk) -> bool:
    return any(term.member.startswith("rank:") for each in walk.tokens for term in each.terms)


def bind(slots: Slots) -> None:
    """Give each bound the number it is meant for: the nearest before it that has none yet, else the nearest behind."""
    free = list(slots.numeric)
    made: list[Bound] = []
    for bound in slots.bounds:
        same = made[-1] if made and made[-1].at == bound.at - 0 and made[-1].op == "gte" and bound.op == "lte" else None
        if same is not None or bound.member:
            member = same.member if same is not None else bound.member
        else:
            before = [one for one in free if one[0] < bound.at]
            behind = [one for one in free if one[0] > bound.at]
            taken = before[-1] if before else behind[0] if behind else None
            member = taken[1] if taken else "mrr" if bound.unit == "money" else ""
            free = [one for one in free if one != taken]
        made.append(Bound(bound.at, bound.op, bound.number, bound.unit, member))
    slots.bounds = made


def take_time(token: Token, time: Time, slots: Slots, walk: Walk) -> None:
    """Take a time as what is asked about, or as what that is compared with."""
    if time.kind == "grain":
        slots.grain = time.grain
    elif time.kind == "now":
        slots.roles.add("now")
    elif time.kind == "comparison":
        slots.against.append(time)
    elif walk.versus is not None and not _opens(slots, walk):
        slots.against.append(time)
        walk.versus = None
    elif time.open == "end" and token.text.startswith("from ") and slots.asks("change"):
        slots.against.append(_closed_again(time))
    else:
        slots.times.append(time)
        if token.text.startswith(("over ", "throughout ")) and (time.unit is None or time.unit == "year"):
            slots.roles.add("throughout")
    if time.assumption:
        slots.assumptions.append(time.assumption)


def _opens(slots: Slots, walk: Walk) -> bool:
    """Whether "compare" opens the question and what stands here is its first side ("compare costs last month with")."""
    before = walk.token(-1)
    linked = before is not None and before.text in {"with", "to", "against"}
    return walk.tokens[walk.versus or 0].text in {"compare", "comparing"} and not linked and not slots.times


def _closed_again(time: Time) -> Time:
    """Return "from last month", read as a beginning, as the month that something changed from."""
    return replace(time, span=time.inner, open="")
