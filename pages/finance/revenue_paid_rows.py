"""Promised, invoiced, paid by customer: one opens its invoice lines, a line its invoice with the payments."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.promised import PARTS, Collected, LineOut, lines_out
from pages.finance.revenue_month import Chosen
from pages.parts import columns, filters, links, pills
from pages.parts import format as say
from pages.parts.load import load

_CUSTOMER: Final = "paid-customer"
_INVOICE: Final = "paid-invoice"
_IN_SIGHT: Final = 380


def show(actor: Actor, rows: Sequence[Collected], chosen: Chosen, labels: Mapping[str, str]) -> None:
    """Draw the customers, those with the widest gap first, and below them the lines of the one that is picked."""
    ordered = sorted(rows, key=lambda one: (-sum(abs(minor) for minor in one.parts.values()), one.customer))
    ids = [f"{one.organization_id}" for one in ordered]
    st.caption("By customer, the widest gap first. Choose one to see its invoice lines.")
    picked = columns.table(
        _frame(ordered, labels),
        {
            "customer": columns.name("Customer"),
            "promised": columns.money("Promised", rows[0].currency, whole=False),
            "invoiced": columns.money("Invoiced", rows[0].currency, whole=False),
            "paid": columns.money("Paid", rows[0].currency, whole=False),
            "gap": columns.change("Gap", rows[0].currency, whole=False, help="Paid less promised."),
            "why": columns.text("Made of", width=420),
        },
        key=columns.key_of(ids, _CUSTOMER),
        alt="Customers with what was promised, invoiced and paid, and what the gap is made of.",
        select="one",
        height=min(_IN_SIGHT, 40 * (len(ordered) + 1)),
    )
    if picked and picked[0] < len(ordered):
        _lines(actor, ordered[picked[0]], chosen)


def _frame(rows: Sequence[Collected], labels: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [one.customer for one in rows],
            **{
                name: [say.major(getattr(one, name), one.currency) for one in rows]
                for name in ("promised", "invoiced", "paid", "gap")
            },
            "why": [_why(one, labels) for one in rows],
        }
    )


def _why(one: Collected, labels: Mapping[str, str]) -> str:
    largest = sorted((name for name in PARTS if one.parts[name]), key=lambda name: -abs(one.parts[name]))
    told = [f"{labels[name]} {say.money(one.parts[name], one.currency, sign=True)}" for name in largest]
    return say.listing(told, most=3) if told else "Nothing between them"


def _lines(actor: Actor, one: Collected, chosen: Chosen) -> None:
    first, last = chosen.month.start.date(), (chosen.month.end - timedelta(days=1)).date()
    lines = load(lines_out, actor, one.organization_id, first, last, day=chosen.now.date())
    st.markdown(f"**{say.plain(one.customer)}**: lines for {chosen.name}, or issued in it")
    if not lines:
        st.caption("No invoice is out for these days. Draft the month on Invoices.")
        links.link("invoices", "Invoices", icon="arrow_forward")
        return
    clicked = columns.opened(_INVOICE)
    if clicked is not None and clicked < len(lines):
        filters.go(links.to("invoice"), {"id": str(lines[clicked].invoice_id)})
    columns.table(
        _line_frame(lines),
        {
            "number": columns.opener("Invoice", key=_INVOICE, width=170),
            "text": columns.text("Line", width=230),
            "state": columns.pills("status", "State"),
            "issued": columns.day("Issued"),
            "first": columns.day("From"),
            "last": columns.day("To"),
            "net": columns.money("Net", one.currency, whole=False, help="Before tax."),
            "within": columns.money("For these days", one.currency, whole=False),
            "tax": columns.money("Tax", one.currency, whole=False),
        },
        key=columns.key_of([str(each.id) for each in lines], "paid-lines"),
        alt=f"Invoice lines of {one.customer}; an invoice's number opens it with its payments.",
        height="content",
    )


def _line_frame(lines: Sequence[LineOut]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": [each.number for each in lines],
            "text": [each.text for each in lines],
            "state": pills.cells("status", [each.state for each in lines]),
            "issued": [each.issued_on for each in lines],
            "first": [each.first for each in lines],
            "last": [each.last for each in lines],
            **{
                name: [say.major(getattr(each, name).minor, each.net.currency) for each in lines]
                for name in ("net", "within", "tax")
            },
        }
    )
