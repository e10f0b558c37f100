"""What settles an invoice: payments and refunds, credit notes, and what the customer has to its credit."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.billing.invoices.credit import credit_of
from core.billing.invoices.credit_notes import CreditNote, credit_notes_of
from core.billing.invoices.payment_reads import Payment, payments_of
from core.billing.invoices.states import Invoice
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

METHODS = {"wire": "Wire", "manual": "By hand", "stripe": "Stripe"}


def show(actor: Actor, of: Invoice) -> None:
    """Draw the card; a draft has none of it."""
    if of.state == "draft":
        return
    paid, notes = load(payments_of, actor, of.id), load(credit_notes_of, actor, of.id)
    credit = load(credit_of, actor, of.organization_id)
    with card("settled", "Payments and credit", _note(credit), height="content").body:
        if paid:
            _payments(paid)
        else:
            st.caption("Nothing was paid by a payment yet." if of.due else "No payment was needed.")
        for one in notes:
            _credit_note(one)


def _note(credit: Sequence[object]) -> str:
    held = say.listing([str(each) for each in credit], most=4) if credit else ""
    return f"The customer has {held} to its credit; its next invoice uses it" if held else "What settles it"


def _payments(paid: Sequence[Payment]) -> None:
    columns.table(
        pd.DataFrame(
            {
                "day": [one.received_on for one in paid],
                "how": ["Refund" if one.refunds else METHODS[one.method] for one in paid],
                "amount": [say.amount(one.amount, sign=True) for one in paid],
                "applied": [say.amount(one.applied) for one in paid],
                "over": [say.amount(one.credited) if one.credited else "" for one in paid],
                "note": [one.note for one in paid],
            }
        ),
        {
            "day": columns.day("Came"),
            "how": columns.text("How", width=85),
            "amount": columns.text("Amount", width=110),
            "applied": columns.text("Settled", width=110, help="The part of it that settled this invoice."),
            "over": columns.text("To credit", width=100, help="What was more than was due: the next invoice uses it."),
            "note": columns.text("Note", width=160),
        },
        key="payments",
        alt="Payments with day, way, amount, what of it settled this invoice, what became credit, and note.",
        height="content",
    )


def _credit_note(one: CreditNote) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-note-{one.number}"
    ):
        st.markdown(
            f"**{say.plain(one.number)}** credits {say.plain(say.amount(one.total))} on {say.day(one.issued_on)}: "
            f"{say.plain(one.reason)}"
        )
        st.link_button("PDF", f"/api/credit-notes/{one.id}/pdf", icon=":material/picture_as_pdf:")
