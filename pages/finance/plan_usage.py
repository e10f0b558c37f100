"""Usage charges: what goes beyond the limits costs, with a calculator, and a new charge from a day on."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.charges import charged, usage_charge
from core.billing.charges_priced import UsagePrice, usage_prices
from core.billing.charges_stored import model_name
from core.billing.charges_tiers import ChargeLine, said
from core.billing.package import Package, Standard
from core.billing.percentage import Percentage
from core.errors import InvalidInput
from core.money import Money, exponent, round_half_up
from core.usage.meters import METERS
from pages.finance import plan_usage_change
from pages.parts import columns, pills, terms
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import load, minute, told

MODELS: Final = {"graduated": "Graduated", "volume": "Volume", "graduated_percentage": "Graduated %"}
_GB: Final = 10**9


def show(actor: Actor, currency: str) -> None:
    """Draw the charges in a currency and beside them what units would cost."""
    ranked = list(terms.by_id(actor))
    listed = [one for one in load(usage_prices, actor, minute()) if one.currency == currency]
    found = sorted(listed, key=lambda one: ranked.index(one.tier_id))
    left, right = st.columns([3, 2])
    with left:
        _table(actor, found)
    with right:
        _calculator(found)


def _table(actor: Actor, found: Sequence[UsagePrice]) -> None:
    place = card("usage-prices", "Usage charges", "What usage costs on each tier, beside its price")
    with place.body:
        if not found:
            empty(
                "usage-prices", "Usage costs nothing", "Set what a meter costs on a tier, from a day on.", icon="speed"
            )
        else:
            columns.table(
                pd.DataFrame(
                    {
                        "tier": pills.cells("tier", [each.tier_id for each in found]),
                        "meter": [METERS[each.meter].label for each in found],
                        "price": [_price(each) for each in found],
                        "what": ["Beyond the limit" if each.beyond_limit else "All of it" for each in found],
                        "since": [each.valid_from.date() for each in found],
                    }
                ),
                {
                    "tier": columns.pills("tier", "Tier"),
                    "meter": columns.text("Meter", width=135),
                    "price": columns.text("Price", width=125),
                    "what": columns.text("Of", width=115),
                    "since": columns.day("From"),
                },
                key="usage-prices",
                alt="Usage charges by tier and meter, with price, of what, and since when.",
                height=320,
            )
    if actor.may(Permission.FINANCE_MANAGE_COSTS):
        with place.right:
            plan_usage_change.button(actor)


def _calculator(found: Sequence[UsagePrice]) -> None:
    """So many units cost so much, line by line."""
    with card("calculator", "What would it cost?", "By the charges in force").body:
        if not found:
            st.caption("Once a charge is set, its lines can be tried here.")
            return
        picked = st.selectbox("Charge", range(len(found)), format_func=lambda at: _named(found[at]), key="quote-charge")
        price = found[picked]
        if price.charge is None:
            return
        unit = "GB" if METERS[price.meter].unit == "bytes" else METERS[price.meter].unit
        typed = st.text_input(_asks(price, unit), value="12", key="quote-units")
        with told():
            units = _number(typed) * (_GB if unit == "GB" else 1)
            events = (units,) if isinstance(price.charge.model, Percentage) and price.charge.model.by_event else ()
            lines = usage_charge(price.charge, units, events)
            total = Money(round_half_up(charged(lines).scaleb(exponent(price.currency))), price.currency)
            st.markdown(
                f"**{say.plain(typed.strip())} {say.plain(unit)} cost {say.plain(say.amount(total))}**", width="stretch"
            )
            _lines(lines, price.currency)


def _lines(lines: Sequence[ChargeLine], currency: str) -> None:
    if not lines:
        st.caption("Nothing is charged for that many.")
        return
    columns.table(
        pd.DataFrame(
            {
                "text": [each.text for each in lines],
                "quantity": [said(each.quantity) for each in lines],
                "price": [_money(each.unit_price, currency) for each in lines],
                "amount": [_money(each.amount, currency) for each in lines],
            }
        ),
        {
            "text": columns.text("Line", width=145),
            "quantity": columns.text("Quantity", width=75),
            "price": columns.text("Price", width=75),
            "amount": columns.text("Amount", width=85, help="Exact; an invoice rounds each line once."),
        },
        key="quote-lines",
        alt="The lines that the units come to.",
        height="content",
    )


def _asks(price: UsagePrice, unit: str) -> str:
    return f"{unit[:1].upper()}{unit[1:]} beyond the limit" if price.beyond_limit else f"{unit[:1].upper()}{unit[1:]}"


def _named(price: UsagePrice) -> str:
    return f"{price.tier_id.capitalize()}: {METERS[price.meter].label}"


def _price(price: UsagePrice) -> str:
    model: Any = price.charge.model if price.charge else None
    match model:
        case Standard():
            return f"{_money(model.price, price.currency)} each"
        case Package():
            size = f"{said(model.size / _GB)} GB" if METERS[price.meter].unit == "bytes" else said(model.size)
            return f"{_money(model.price, price.currency)} for {size}"
        case Percentage():
            return f"{said(model.rate)}%" + (f" + {_money(model.fixed, price.currency)}" if model.fixed else "")
        case None:
            return say.DASH
        case _:
            return f"{MODELS[model_name(model)]}: {say.count(len(model.tiers), 'tier')}"


def _money(major: Decimal, currency: str) -> str:
    minor = major.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        return f"{said(major)} {currency}"
    return say.amount(Money(int(minor), currency))


def _number(typed: str) -> Decimal:
    try:
        made = Decimal(typed.replace(",", "").strip())
    except InvalidOperation:
        made = Decimal("NaN")
    if not made.is_finite() or not 0 <= made < 10**15:
        raise InvalidInput("Give a number such as 12 or 1,500.5.", field="units")
    return made
