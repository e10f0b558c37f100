"""What Stripe charges by the month against our subscriptions, and those against the ledger; pure."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from core.billing.reads import Subscription
from core.billing.stripe.reads import Kept, newest_of_chains
from core.billing.stripe.terms import NEVER_BEGUN, ItemTerms, is_over, items_of, terms_of
from core.errors import CalosError
from core.finance.differences import NOTHING, Difference, Fault, Held, sums
from core.money import Money

_NOBODY: Final = UUID(int=0)


def customers(held: Held) -> Iterator[Difference]:
    """Yield the customers of Stripe's who are nobody here."""
    for key, one in held.customers.items():
        if one.organization_id is None and not one.deleted:
            said = str(one.payload.get("name") or one.payload.get("email") or key)
            yield Difference("customer", "missing_here", key, None, said, NOTHING, Money(0, "USD"))


def _terms(held: Held, of: Kept) -> Iterator[ItemTerms]:
    """Yield what can be read of a subscription's items."""
    for item in [] if of.deleted else items_of(of.payload):
        try:
            terms = terms_of(of.payload, item, held.tier_of, seen_at=of.seen_at)
        except CalosError:
            continue
        if terms is not None:
            yield terms


def charged(held: Held, of: Kept) -> Iterator[tuple[ItemTerms, Money]]:
    """Yield the items that Stripe charges at this moment, with their MRR."""
    for terms in _terms(held, of):
        mrr = _worth(terms)
        if terms.ends is None and mrr:
            yield terms, mrr


def _worth(terms: ItemTerms) -> Money:
    return terms.chain(_NOBODY)[-1].mrr


def subscriptions(held: Held) -> Iterator[Difference]:
    """Yield what Stripe charges otherwise than we hold it, and what we hold that it does not charge."""
    seen: set[UUID] = set()
    under: dict[str, list[str]] = defaultdict(list)
    for item_id, of in held.items.items():
        under[of.payload["subscription"]].append(item_id)
    newest = newest_of_chains(held.ours)
    for key, one in held.subscriptions.items():
        if one.problem and not is_over(one.payload) and one.payload["status"] not in NEVER_BEGUN:
            nothing = Money(0, str(one.payload.get("currency") or "usd").upper())
            said = str(one.payload["status"])
            yield Difference("subscription", "unread", key, one.organization_id, said, one.problem, nothing)
        theirs = {terms.item_id: mrr for terms, mrr in charged(held, one)}
        for item_id in dict.fromkeys([*theirs, *under[key]]):
            item = held.items.get(item_id)
            ours = newest.get(item.our_id) if item and item.our_id else None
            if ours is not None:
                seen.add(ours.id)
            yield from _item(item_id, theirs.get(item_id), ours, one.organization_id)
    for ours in held.ours.values():
        if ours.id not in seen and ours.ended_at is None and ours.mrr:
            said = f"{ours.mrr} a month"
            yield Difference(
                "subscription", "missing_there", str(ours.id), ours.organization_id, NOTHING, said, -ours.mrr
            )


def _item(item_id: str, theirs: Money | None, ours: Subscription | None, whose: UUID | None) -> Iterator[Difference]:
    mine = ours.mrr if ours is not None and ours.ended_at is None and ours.mrr else None
    words = [NOTHING if one is None else f"{one} a month" for one in (theirs, mine)]

    def difference(fault: Fault, gap: Money, stripe: str = words[0], here: str = words[1]) -> Difference:
        return Difference("subscription", fault, item_id, whose, stripe, here, gap)

    if theirs is None:
        if mine is not None:
            yield difference("state", -mine, stripe="Not charged")
    elif mine is None and ours is None:
        yield difference("missing_here", theirs)
    elif mine is None:
        yield difference("state", theirs, here="Ended" if ours and ours.ended_at else "Free of charge")
    elif theirs.currency != mine.currency:
        yield difference("currency", theirs)
        yield difference("currency", -mine)
    elif theirs != mine:
        yield difference("amount", theirs - mine)


def ledgers(held: Held) -> Iterator[Difference]:
    """Yield where the ledger is not what our own running subscriptions of a customer add up to."""
    running: dict[UUID, list[Money]] = defaultdict(list)
    for one in held.ours.values():
        if one.ended_at is None:
            running[one.organization_id].append(one.mrr)
    for organization_id, ledger in held.ledger.items():
        agreed = sums(running[organization_id])
        if {currency for currency, minor in agreed.items() if minor} - {ledger.currency}:
            # In several currencies the ledger's is a sum in dollars, which is no one's agreement.
            continue
        gap = Money(agreed.get(ledger.currency, 0), ledger.currency) - ledger
        if gap:
            said = [f"{one} a month" for one in (gap + ledger, ledger)]
            yield Difference("mrr", "ledger", str(organization_id), organization_id, said[0], said[1], gap)
