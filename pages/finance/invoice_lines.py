"""The lines of an invoice, each with where it comes from, and the taxes and sums that follow."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.billing.invoices.reads import lines_of, taxes_of
from core.billing.invoices.states import Invoice, InvoiceLine, InvoiceTax
from core.usage.meters import METERS
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_FROM: Final = "line-from"
_IN_SIGHT: Final = 10
ORIGINS: Final = {
    "subscription": "Subscription",
    "proration": "Part of a period",
    "usage": "Usage",
    "overage": "Overage",
    "one_off": "Written by hand",
}


def show(actor: Actor, of: Invoice) -> None:
    """Draw the card."""
    lines, taxes = load(lines_of, actor, of.id), load(taxes_of, actor, of.id)
    note = "Net of discounts, before tax; the last column says where a line comes from"
    with card("lines", say.count(len(lines), "line"), note, height="content").body:
        clicked = columns.opened(_FROM)
        if clicked is not None and clicked < len(lines):
            _go(of, lines[clicked])
        columns.table(
            frame(lines),
            {
                "text": columns.text("For", width=115),
                "period": columns.text("Period", width=185),
                "price": columns.text("Quantity × price", width=105),
                "net": columns.text("Net", width=85),
                **({"tax": columns.text("Tax", width=50)} if len(taxes) > 1 else {}),
                "from": columns.button("Comes from", key=_FROM, width=105),
            },
            key="lines",
            alt="Lines with what they are for, period, quantity and price, net, tax rate and where they come from.",
            height="content" if len(lines) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
        )
        _sums(of, taxes)


def frame(lines: Sequence[InvoiceLine]) -> pd.DataFrame:
    """Lines as the table shows them."""
    return pd.DataFrame(
        {
            "text": [f"{one.text}: {one.detail}" if one.detail else one.text for one in lines],
            "period": [_period(one) for one in lines],
            "price": [f"{one.quantity.normalize():f} × {one.unit_price.normalize():,f}" for one in lines],
            "net": [say.amount(one.net) for one in lines],
            "tax": [f"{one.tax_rate.normalize():f}%" for one in lines],
            "from": [ORIGINS[one.kind] for one in lines],
        }
    )


def _period(one: InvoiceLine) -> str:
    if one.first is None or one.last is None:
        return ""
    return f"{say.day(one.first, year=one.first.year != one.last.year)} – {say.day(one.last)}"


def _go(of: Invoice, line: InvoiceLine) -> None:
    """Lead to what a line comes from: metered lines to usage, what was agreed to the subscriptions, others nowhere."""
    if line.meter is not None:
        _to_usage(of.organization_id, line)
    elif line.subscription_id is not None:
        filters.go(links.to("subscriptions"), {"customer": of.customer})
    else:
        st.toast("Somebody wrote this line by hand; the audit trail below says who.", icon=":material/edit_note:")


def _to_usage(whose: UUID, line: InvoiceLine) -> None:
    label = METERS[line.meter].label if line.meter in METERS else str(line.meter)
    st.toast(f"Counted as {say.plain(label)}, on the customer's page.", icon=":material/speed:")
    filters.go(links.to("customer"), {"id": str(whose)})


def _sums(of: Invoice, taxes: Sequence[InvoiceTax]) -> None:
    rows: Mapping[str, str] = {
        "Net": say.amount(of.net),
        **{_tax(one): say.amount(one.tax) for one in taxes},
        "Total": say.amount(of.total),
    }
    with st.container(gap=None, key="sums"):
        for place, (label, words) in enumerate(rows.items()):
            last = "total" if place == len(rows) - 1 else str(place)
            with st.container(horizontal=True, horizontal_alignment="distribute", key=f"row-sum-{last}"):
                bold = "**" if last == "total" else ""
                st.markdown(f"{bold}{say.plain(label)}{bold}", width="content")
                st.markdown(f"{bold}{say.plain(words)}{bold}", width="content")
    for one in taxes:
        if one.note:
            st.caption(say.plain(one.note))


def _tax(one: InvoiceTax) -> str:
    rate = f"{one.rate.normalize():f}%"
    return f"Tax {rate} of {say.amount(one.base)}" if one.rate else f"No tax on {say.amount(one.base)} ({one.category})"
