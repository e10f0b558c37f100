"""Invoices that end unpaid: voided, because they should not be, or given up, because nobody will pay."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.invoicing import give_up, void_invoice
from core.billing.invoices.states import Invoice
from pages.parts import format as say
from pages.parts.load import change, told

LONGEST_REASON: Final = 1000
Act = Callable[..., Invoice]


def buttons(actor: Actor, of: Invoice) -> None:
    """The items of the menu."""
    if of.state in {"open", "uncollectible"} and st.button(
        "Void", icon=":material/block:", key="void", width="stretch"
    ):
        _void(actor, of)
    if of.state == "open" and st.button("Give up", icon=":material/money_off:", key="give-up", width="stretch"):
        _give_up(actor, of)


@st.dialog("Void an invoice", icon=":material/block:")
def _void(actor: Actor, of: Invoice) -> None:
    void_body(actor, of)


def void_body(actor: Actor, of: Invoice) -> None:
    """What the dialog shows."""
    st.markdown(
        f"**{say.plain(of.number or '')}** of {say.plain(say.amount(of.total))} is not owed by "
        f"{say.plain(of.customer)} any more. Its number stays used, so the series keeps no gap, and what it billed is "
        "due again with the next draft of the month."
    )
    _confirm(actor, of, "Void it", "void", void_invoice)


@st.dialog("Give an invoice up", icon=":material/money_off:")
def _give_up(actor: Actor, of: Invoice) -> None:
    give_up_body(actor, of)


def give_up_body(actor: Actor, of: Invoice) -> None:
    """What the dialog shows."""
    st.markdown(
        f"Nobody is asked for **{say.plain(say.amount(of.due))}** of {say.plain(of.number or '')} any more: no "
        f"reminder goes to {say.plain(of.customer)}, and it no longer counts as overdue. A payment that comes after "
        "all still settles it."
    )
    _confirm(actor, of, "Give it up", "give-up", give_up)


def _confirm(actor: Actor, of: Invoice, label: str, key: str, act: Act) -> None:
    reason = st.text_input("Reason, for the audit trail", max_chars=LONGEST_REASON, key=f"{key}-reason")
    given = bool((reason or "").strip())
    if st.button(label, type="primary", key=f"{key}-confirm", width="stretch", disabled=not given):
        with told():
            with change(actor) as session:
                made = act(session, actor, of.id, reason=reason or "", now=clock.now())
            st.toast(say.plain(f"{made.number}: {made.state}."), icon=":material/check:")
            st.rerun()
