"""A new usage charge: which meter of which tier, how it is charged, and from which day on."""

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.billing.charges_priced import set_usage_price
from core.billing.currencies import PRICE_LISTS
from core.usage.meters import METERS
from pages.parts import format as say
from pages.parts import terms
from pages.parts.load import change, present, told

MODELS: Final = {
    "standard": "Each unit",
    "package": "Packages",
    "graduated": "Graduated",
    "volume": "Volume",
    "percentage": "Percentage",
    "graduated_percentage": "Graduated %",
    "": "Nothing",
}
# The fields of each way to charge: name, what the box says, an example.
_FIELDS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "standard": (("price", "Price of a unit", "0.05"), ("free", "Free units", "0")),
    "package": (
        ("price", "Price of a package", "5"),
        ("size", "Units in a package", "100"),
        ("free", "Free units", "0"),
    ),
    "percentage": (
        ("rate", "Percent", "2.9"),
        ("fixed", "Fee for each event", "0"),
        ("least", "Least an event costs", "none"),
        ("most", "Most an event costs", "none"),
    ),
}
# Those that add up or stand over a period; calls of one minute are nothing to bill.
_METERS: Final = [each.id for each in METERS.values() if each.reported]
_TIERED: Final = ("graduated", "volume", "graduated_percentage")
_EXAMPLE: Final = {"Up to": ["100", ""], "Price": ["2", "1"], "Flat fee": ["0", "0"]}


def button(actor: Actor) -> None:
    """The act of the card."""
    if st.button("Set a charge", icon=":material/add:", key="set-charge"):
        _dialog(actor)


@st.dialog("Set a usage charge", icon=":material/speed:", width="medium")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    tier = terms.tier(actor, "pro", key="charge-tier")
    left, right = st.columns([2, 1])
    meter = left.selectbox("Meter", _METERS, format_func=lambda each: METERS[each].label, key="charge-meter")
    currency = right.selectbox("Currency", PRICE_LISTS, key="charge-currency")
    model = st.selectbox("Charged by", list(MODELS), format_func=MODELS.__getitem__, key="charge-model")
    definition = _definition(model)
    beyond = st.toggle("Only what lies beyond the limit", value=True, key="charge-beyond")
    tomorrow = present().date() + timedelta(days=1)
    first = st.date_input("From", value=tomorrow, min_value=tomorrow, key="charge-from")
    st.caption(f"Prices are in whole {currency}, such as 0.05. What was used before that day costs what it cost then.")
    if st.button("Set it", type="primary", key="charge-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                set_usage_price(
                    session,
                    actor,
                    tier.id,
                    meter,
                    currency,
                    first,
                    definition,
                    now=clock.now(),
                    beyond_limit=beyond,
                )
            st.toast(
                say.plain(f"{METERS[meter].label} on {tier.label}, from {say.day(first)}."), icon=":material/check:"
            )
            st.rerun()


def _definition(model: str) -> dict[str, Any] | None:
    if not model:
        return None
    if model in _TIERED:
        st.caption("Leave the end of the last tier empty. For a percentage, the price is percent.")
        edited = st.data_editor(
            pd.DataFrame(_EXAMPLE), num_rows="dynamic", hide_index=True, key=f"charge-tiers-{model}", width="stretch"
        )
        rows = edited.fillna("").astype(str).to_dict("records")
        tiers = [
            {"upTo": _given(row["Up to"]), "price": _given(row["Price"]) or "0", "flat": _given(row["Flat fee"]) or "0"}
            for row in rows
        ]
        return {"model": model, "tiers": tiers, **_minimum()}
    made: dict[str, Any] = {"model": model}
    for cell, (name, label, example) in zip(st.columns(len(_FIELDS[model])), _FIELDS[model], strict=True):
        made[name] = _given(cell.text_input(label, placeholder=example, key=f"charge-{name}"))
    return {**{name: value for name, value in made.items() if value is not None}, **_minimum()}


def _minimum() -> dict[str, str]:
    typed = _given(st.text_input("Least for a period", placeholder="0", key="charge-minimum"))
    return {} if typed is None else {"minimum": typed}


def _given(typed: str | None) -> str | None:
    return (typed or "").replace(",", "").strip() or None
