"""The first glance at a reconciliation: the verdict in one sentence, and both sides' sums beside each other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import streamlit as st

from core.finance.differences import Side
from core.finance.reconciliation import Reconciliation
from core.imports.stripe.starting import Standing
from pages.parts import format as say
from pages.parts.cards import Change, Definition, Tile, tiles

_LABELS: Final = {"mrr": "MRR", "invoice": "Invoiced", "payment": "Paid", "refund": "Given back"}
_MEANINGS: Final = {
    "mrr": Definition(
        "What Stripe's running subscriptions are worth a month, against the ledger's MRR of the same customers.",
        "Σ unit amount × quantity, less coupons, ÷ months of the interval; trials, pauses and usage: nothing",
    ),
    "invoice": Definition("Totals of invoices that Stripe issued, tax included, against those taken in. Drafts don't."),
    "payment": Definition("What paid Stripe's invoices, against payments here that Stripe collected."),
    "refund": Definition("Refunds that arrived, by Stripe and here."),
}


def verdict(found: Reconciliation, stands: Standing, now: datetime) -> None:
    """The answer: everything agrees, or how many differences there are and what they are worth."""
    with st.container(border=True, key="card-verdict", gap="xsmall"):
        if found.agrees:
            st.markdown("### :green[:material/check_circle:] Everything agrees")
        else:
            many = say.count(len(found.differences), "difference")
            worth = f" worth {say.amount(found.worth)}" if found.worth else ""
            st.markdown(f"### :orange[:material/difference:] {say.plain(f'{many}{worth}')}")
        st.caption(say.plain(_since(found, stands, now)))
    if found.unconverted:
        listed = say.listing(list(found.unconverted))
        st.caption(say.plain(f"Without differences in {listed}, for which there is no exchange rate."))
    under_way(stands)


def _since(found: Reconciliation, stands: Standing, now: datetime) -> str:
    parts = [f"As Stripe was last heard {say.relative(found.heard_at, now)}."]
    if stands.waiting:
        parts.append(f"{say.count(stands.waiting, 'event')} of Stripe's not processed yet.")
    return " ".join(parts)


def under_way(stands: Standing) -> None:
    """How far a backfill is, or why it stopped; nothing where none is under way."""
    one = stands.under_way
    if one is None:
        return
    done = sum(stage.finished_at is not None for stage in stands.stages)
    said = f"Taking in from Stripe: {one.stage.replace('_', ' ')}, {say.integer(one.done)} so far."
    st.progress(done / len(stands.stages), text=say.plain(said))
    if one.error:
        st.warning(say.plain(f"It stopped: {one.error}"), icon=":material/sync_problem:")


def sides(found: Reconciliation) -> None:
    """A tile a subject: Stripe's sum, and what ours differs by."""
    shown = [_tile(side) for side in found.sides if side.stripe or side.here or side.subject != "refund"]
    tiles(shown, most=len(shown))


def _tile(side: Side) -> Tile:
    gap = {one: side.stripe.get(one, 0) - side.here.get(one, 0) for one in {*side.stripe, *side.here}}
    left = {currency: minor for currency, minor in gap.items() if minor}
    less = all(minor < 0 for minor in left.values())
    words = _sum({currency: abs(minor) if less else minor for currency, minor in left.items()})
    change = Change(words, "flat", "less in Stripe" if less else "more in Stripe", good=False) if left else None
    return Tile(
        side.subject,
        f"{_LABELS[side.subject]}, by Stripe",
        _sum(side.stripe),
        change=change,
        definition=_MEANINGS[side.subject],
        note=f"the same here, {_many(side)}",
    )


def _many(side: Side) -> str:
    words = {"mrr": "item", "invoice": "invoice", "payment": "payment", "refund": "refund"}
    return say.count(side.stripe_count, words[side.subject])


def _sum(amounts: Mapping[str, int]) -> str:
    parts = [say.money(minor, currency) for currency, minor in sorted(amounts.items())]
    return " + ".join(parts) or say.money(0, "USD")
