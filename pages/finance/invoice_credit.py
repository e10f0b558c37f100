"""Crediting an invoice: all that is left of it, whole lines, or an amount of one line."""

from typing import Final
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.invoicing import credit_invoice
from core.billing.invoices.reads import lines_of
from core.billing.invoices.states import Invoice, InvoiceLine
from core.finance.entries import amount_given
from core.money import Money
from pages.parts import format as say
from pages.parts.load import change, load, told

_WHOLE, _LINES, _AMOUNT = "All of it", "Whole lines", "An amount"
LONGEST_REASON: Final = 1000
Parts = dict[UUID, Money | None]


def button(actor: Actor, of: Invoice) -> None:
    """The item of the menu."""
    if of.state in {"open", "paid", "uncollectible"} and st.button(
        "Credit", icon=":material/undo:", key="credit", width="stretch"
    ):
        _dialog(actor, of)


@st.dialog("Credit an invoice", icon=":material/undo:")
def _dialog(actor: Actor, of: Invoice) -> None:
    body(actor, of)


def body(actor: Actor, of: Invoice) -> None:
    """What the dialog shows."""
    st.markdown(
        f"A credit note corrects **{say.plain(of.number or '')}** and gets a number of its own. What is not paid yet "
        "is paid less; what was paid becomes the customer's credit, which its next invoice uses."
    )
    lines = load(lines_of, actor, of.id)
    what = st.segmented_control(
        "What to credit", (_WHOLE, _LINES, _AMOUNT), default=_WHOLE, required=True, key="credit-what"
    )
    with told():
        parts = _parts(of, lines, what or _WHOLE)
        reason = st.text_input("Reason, as it stands on the credit note", max_chars=LONGEST_REASON, key="credit-reason")
        ready = bool((reason or "").strip()) and parts != {}
        if st.button(
            "Issue the credit note", type="primary", key="credit-confirm", width="stretch", disabled=not ready
        ):
            with change(actor) as session:
                made = credit_invoice(session, actor, of.id, reason=reason or "", now=clock.now(), lines=parts)
            st.toast(say.plain(f"{made.number}: {say.amount(made.total)} credited."), icon=":material/check:")
            st.rerun()


def _parts(of: Invoice, lines: tuple[InvoiceLine, ...], what: str) -> Parts | None:
    """What is chosen: None is all that is left, an empty mapping nothing yet."""
    named = {line.id: f"{line.text}, {say.amount(line.net)}" for line in lines}
    if what == _WHOLE:
        st.caption(f"Everything that no credit note took yet, tax included: up to {say.plain(say.amount(of.total))}.")
        return None
    if what == _LINES:
        picked = st.multiselect("Lines", list(named), format_func=named.__getitem__, key="credit-lines")
        st.caption("What is left of each, with its tax.")
        return dict.fromkeys(picked)
    line = st.selectbox("Of which line", list(named), format_func=named.__getitem__, key="credit-line")
    typed = st.text_input(
        f"Amount before tax, {of.total.currency}", placeholder="100.00", key="credit-amount", help="Its tax is added."
    )
    return {line: amount_given(typed, of.total.currency)} if line and typed else {}
