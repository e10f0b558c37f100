"""Recording a payment of an invoice: before it is recorded the dialog says what it will settle."""

from datetime import date

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.invoicing import take_payment
from core.billing.invoices.payment_reads import Method
from core.billing.invoices.payments import NewPayment
from core.billing.invoices.states import Invoice
from core.finance.entries import LONGEST_NOTE, amount_given
from core.money import Money
from pages.finance.invoice_money import METHODS
from pages.parts import format as say
from pages.parts.load import change, told


def button(actor: Actor, of: Invoice, day: date) -> None:
    """The primary action of an invoice that is owed."""
    if st.button("Record a payment", type="primary", icon=":material/payments:", key="pay"):
        _dialog(actor, of, day)


@st.dialog("Record a payment", icon=":material/payments:")
def _dialog(actor: Actor, of: Invoice, day: date) -> None:
    body(actor, of, day)


def body(actor: Actor, of: Invoice, day: date) -> None:
    """What the dialog shows."""
    st.markdown(
        f"**{say.plain(of.number or '')}** of {say.plain(of.customer)}: "
        f"**{say.plain(say.amount(of.due))}** is left to pay."
    )
    left, right = st.columns(2)
    typed = left.text_input(
        f"Amount, {of.total.currency}", value=f"{say.major(of.due.minor, of.due.currency):,f}", key="pay-amount"
    )
    came = right.date_input("Came on", value=day, max_value=day, key="pay-day")
    method: Method = st.segmented_control(
        "How it came",
        ("wire", "manual"),
        default="wire",
        required=True,
        format_func=METHODS.__getitem__,
        key="pay-method",
    )
    named = st.text_input(
        "The bank's reference",
        placeholder="Optional",
        max_chars=200,
        key="pay-reference",
        help="The same reference recorded again is the same payment, so nothing is booked twice.",
    )
    note = st.text_input("Note", placeholder="Optional", max_chars=LONGEST_NOTE, key="pay-note")
    with told():
        amount = amount_given(typed or "", of.total.currency)
        st.caption(say.plain(effect(of, amount)))
        if st.button("Record it", type="primary", key="pay-confirm", width="stretch"):
            given = NewPayment(of.id, method, amount, came, (named or "").strip() or None, note or "")
            with change(actor) as session:
                made = take_payment(session, actor, given, now=clock.now())
            over = f" {say.amount(made.credited)} is the customer's credit." if made.credited else ""
            st.toast(say.plain(f"{say.amount(made.amount)} recorded.{over}"), icon=":material/check:")
            st.rerun()


def effect(of: Invoice, amount: Money) -> str:
    """What a payment of `amount` will do, in a sentence."""
    if amount.minor <= 0:
        return "Give an amount above zero."
    if amount.minor < of.due.minor:
        return f"Pays it in part: {say.amount(of.due - amount)} stays to pay. Booked as cash received."
    over = amount - of.due
    if over:
        return (
            f"Pays it in full; {say.amount(over)} more than is due becomes the customer's credit, which its next "
            "invoice uses. All of it is booked as cash received."
        )
    return "Pays it in full. Booked as cash received."
