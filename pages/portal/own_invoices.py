"""A customer's own invoices: what is left to pay, each one with its PDF, and whether it is paid."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.worklist import worklist
from pages.parts import columns, invoice_rows, paging
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute, told

_PAGE: Final = 50
_IN_SIGHT: Final = 12


def show(actor: Actor) -> None:
    """Draw the card for those of a customer's people who may see money; nobody else's is ever read."""
    if not actor.may(Permission.FINANCE_READ):
        return
    with told("your invoices"), card("own-invoices", "Your invoices", height="content").body:
        day = minute().date()
        cursor = paging.cursor("own-invoices", str(actor.organization_id))
        found = load(worklist, actor, day=day, cursor=cursor, limit=_PAGE)
        rows = found.invoices
        if not rows:
            st.caption("You have no invoices yet. Each one appears here on the day it is issued, with its PDF.")
            return
        st.markdown(say.plain(invoice_rows.owed(rows, day)))
        frame = invoice_rows.frame(rows, day).assign(pdf=[f"/api/invoices/{one.id}/pdf" for one in rows])
        columns.table(
            frame,
            {
                "number": columns.name("Invoice", width=160),
                "state": columns.pills("status", "State", width=100),
                "late": columns.text("Due", width=110),
                "left": columns.text("Left to pay", width=110),
                "total": columns.text("Total", width=110),
                "issued": columns.day("Issued"),
                "pdf": st.column_config.LinkColumn("PDF", display_text="Open", width=80),
            },
            key="own-invoices",
            alt="Your invoices with state, when due, what is left to pay, total, day of issue and PDF.",
            height="content" if len(rows) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
        )
        paging.controls("own-invoices", found.next_cursor, noun="invoices")
