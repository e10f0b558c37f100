"""The list of invoices: filters in the address, late ones first, a row opens the invoice."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.billing.invoices.sellers import sellers
from core.billing.invoices.states import Invoice
from core.billing.invoices.worklist import STANDINGS, Wanted, counts, worklist
from core.organizations.reads import names
from core.periods import add_months, midnight
from pages.parts import columns, export, filters, invoice_rows, links, paging, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import load

_OPEN: Final = "invoice-open"
_PAGE: Final = 100
_IN_SIGHT: Final = 14
_MONTHS: Final = 36
_FILTERS: Final = ("state", "customer", "month", "seller", "q")


def show(actor: Actor, day: date) -> bool:
    """Draw the list; False where there is no invoice at all."""
    if not load(counts, actor, Wanted(), day=day):
        return False
    place = card("list", "All invoices", "Late ones first, then what is open, then drafts", height="content")
    with place.body:
        wanted = _controls(actor, day)
        with place.right:
            _export(actor, wanted)
        cursor = paging.cursor("invoices", wanted)
        found = load(worklist, actor, wanted, day=day, cursor=cursor, limit=_PAGE)
        if not found.invoices:
            empty("no-invoice", "No invoice matches", "Take a filter away to see more.", icon="filter_alt_off")
            filters.clear("Clear the filters", *_FILTERS)
            return True
        st.caption(_sum(actor, wanted, day))
        table(found.invoices, day)
        paging.controls("invoices", found.next_cursor, noun="invoices")
    return True


def table(rows: Sequence[Invoice], day: date) -> None:
    """Draw invoices as rows; a number opens its invoice."""
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(rows):
        filters.go(links.to("invoice"), {"id": str(rows[clicked].id)})
    columns.table(
        invoice_rows.frame(rows, day),
        {
            "number": columns.opener("Invoice", key=_OPEN, width=175),
            "customer": columns.text("Customer", width=170),
            "state": columns.pills("status", "State", width=100),
            "late": columns.text("Due", width=120),
            "left": columns.text("Left to pay", width=110),
            "total": columns.text("Total", width=110),
            "month": columns.text("Month", width=90, help="That it bills; of others that it was issued in."),
            "issued": columns.day("Issued"),
        },
        key="invoices",
        alt="Invoices with customer, state, when due, what is left to pay, total, month and day of issue.",
        height="content" if len(rows) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _controls(actor: Actor, day: date) -> Wanted:
    with st.container(horizontal=True, vertical_alignment="center", key="invoice-filters"):
        text = filters.search("Number or customer")
        state = filters.at_most_one("State", STANDINGS, key="state", show=lambda each: pills.word("status", each))
    with st.container(horizontal=True, vertical_alignment="center", key="invoice-narrowing"):
        by_name = customers(actor)
        customer = filters.pick("Customer", list(by_name), key="customer", placeholder="All customers", width=230)
        months = [f"{add_months(midnight(day.replace(day=1)), -back):%Y-%m}" for back in range(-1, _MONTHS)]
        month = filters.pick("Month", months, key="month", placeholder="All months", show=_month, width=160)
        sell = {one.prefix: one.id for one in load(sellers, actor)}
        seller = None
        if len(sell) > 1:
            seller = filters.pick("Seller", list(sell), key="seller", placeholder="All sellers", width=170)
    return Wanted(
        state,
        by_name.get(customer or ""),
        sell.get(seller or ""),
        None if month is None else date.fromisoformat(f"{month}-01"),
        text,
    )


def customers(actor: Actor) -> dict[str, UUID]:
    """Every customer's id by name, in the order of the alphabet."""
    known = [(name, key) for key, name in load(names, actor).items() if key != actor.organization_id]
    return dict(sorted(known, key=lambda each: each[0].casefold()))


def _month(name: str) -> str:
    return say.month(date.fromisoformat(f"{name}-01"))


def _export(actor: Actor, wanted: Wanted) -> None:
    """The menu of the report, which knows neither months nor sellers: under those the table's own download is exact."""
    if wanted.month is None and wanted.seller_id is None:
        whose = str(wanted.organization_id) if wanted.organization_id else None
        export.menu(actor, "invoices", text=wanted.text or None, status=wanted.standing, customer=whose)


def _sum(actor: Actor, wanted: Wanted, day: date) -> str:
    found = load(counts, actor, wanted, day=day)
    owed: dict[str, int] = {}
    for one in found:
        if one.standing in {"overdue", "open"} and one.due:
            owed[one.due.currency] = owed.get(one.due.currency, 0) + one.due.minor
    left = [say.money(minor, currency) for currency, minor in sorted(owed.items())]
    number = say.count(sum(one.count for one in found), "invoice")
    return say.plain(f"{number}, {say.listing(left, most=4)} left to pay" if left else f"{number}, nothing left to pay")
