"""A card for each tier: its price in force, who is on it, what it includes and how much."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core.billing.reads import Price
from core.finance.plans import Plan
from core.licensing.reads import Tier
from core.usage.meters import METERS
from pages.finance.products import product_name
from pages.parts import format as say
from pages.parts import links, pills, terms
from pages.parts.cards import TILE_WIDTH, card

_NAMES: Final = {"sso": "Single sign-on", "audit_export": "Audit export"}


def show(found: Sequence[Plan], period: str, currency: str) -> None:
    """Draw the cards, the smallest tier first."""
    with st.grid(len(found), min_column_width=TILE_WIDTH):
        for each in found:
            _plan(each, period, currency)


def _plan(each: Plan, period: str, currency: str) -> None:
    price = next((one for one in each.prices if (one.billing_period, one.amount.currency) == (period, currency)), None)
    with card(f"plan-{each.tier.id}").body:
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-{each.tier.id}"
        ):
            pills.pill("tier", each.tier.label)
            links.link("customers", _who(each), {"tier": each.tier.id}, icon="arrow_forward")
        with st.container(gap=None, key=f"price-{each.tier.id}"):
            st.markdown(f"## {say.plain(_asked(price))}")
            st.caption(say.plain(_per(price)))
        st.markdown(say.plain(_brings(each)))
        st.markdown("  \n".join(f":material/check: {say.plain(_feature(name))}" for name in each.tier.features))
        st.caption("  \n".join(say.plain(line) for line in _limits(each.tier)))


def _who(each: Plan) -> str:
    return say.count(each.customers + each.trials + each.unpaid, "customer")


def _asked(price: Price | None) -> str:
    if price is None:
        return "Not listed"
    return say.amount(price.amount, whole=True) if price.amount else "Free"


def _per(price: Price | None) -> str:
    if price is None:
        return "no price in this list"
    if not price.amount:
        return "no price and no end"
    whole = f"{terms.PER[price.billing_period]}"
    return whole if price.billing_period == "monthly" else f"{whole}, {say.amount(price.mrr)} of MRR"


def _brings(each: Plan) -> str:
    said = [f"{say.amount(each.mrr, whole=True)} MRR from {say.count(each.customers, 'customer')}"] if each.mrr else []
    said += [f"{say.integer(each.trials)} on trial"] if each.trials else []
    said += [f"{say.integer(each.unpaid)} without a price"] if each.unpaid else []
    return ", ".join(said) or "Nobody is on it"


def _feature(name: str) -> str:
    return _NAMES.get(name) or product_name(name)


def _limits(tier: Tier) -> list[str]:
    """Every limit, in words, the licensing ones last."""
    said = [f"{METERS[meter].label}: {_highest(meter, most)}" for meter, most in tier.limits.items() if meter in METERS]
    said.append(f"Installations: {_or_unlimited(tier.max_installs)}")
    said.append(f"Domains: {_or_unlimited(tier.max_domains)}")
    return said


def _highest(meter: str, most: int | None) -> str:
    if most is not None and METERS[meter].unit == "bytes":
        return say.size(most)
    return _or_unlimited(most)


def _or_unlimited(most: int | None) -> str:
    return "unlimited" if most is None else say.integer(most)
