"""Recording a movement of cash: the button, and the dialog behind it."""

from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.booking import book_cash
from core.finance.entries import CASH_CATEGORIES, LONGEST_NOTE, CashCategory, NewCash, amount_given
from pages.finance import currencies
from pages.finance.cash_statement import LABELS
from pages.parts import format as say
from pages.parts.load import change, minute, told

_IN, _OUT = "Came in", "Went out"
# What usually comes in; everything else usually goes out.
_USUALLY_IN: Final = ("opening", "receipts", "financing")


def button(actor: Actor) -> None:
    """The primary action of the page, for who may record cash."""
    if actor.may(Permission.FINANCE_MANAGE_COSTS) and st.button(
        "Record an entry", type="primary", icon=":material/add:", key="record-cash"
    ):
        open_dialog(actor)


@st.dialog("Record cash", icon=":material/account_balance:")
def open_dialog(actor: Actor) -> None:
    """Open the dialog with an empty form."""
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    category: CashCategory = st.selectbox(
        "Category", CASH_CATEGORIES, index=1, format_func=lambda each: LABELS[each], key="cash-category"
    )
    way = st.segmented_control(
        "Direction",
        [_IN, _OUT],
        default=_IN if category in _USUALLY_IN else _OUT,
        required=True,
        key=f"cash-way-{category}",
    )
    left, right = st.columns([2, 1])
    typed = left.text_input("Amount", placeholder="1,250.00", key="cash-amount")
    with right:
        currency = currencies.pick(actor, key="cash-currency")
    day = st.date_input("Day", value=minute().date(), max_value=minute().date(), key="cash-day")
    note = st.text_input("Note", placeholder="What it was for", max_chars=LONGEST_NOTE, key="cash-note")
    st.caption("Entries are never edited: a mistake is reversed by a second entry, and both stay in the books.")
    if st.button("Record it", type="primary", key="cash-confirm", width="stretch"):
        with told():
            size = amount_given(typed or "", currency)
            amount = -size if way == _OUT else size
            with change(actor) as session:
                book_cash(session, actor, [NewCash(day, category, amount, note or "")], now=clock.now())
            st.toast(say.plain(f"{LABELS[category]}: {say.amount(amount, sign=True)}."), icon=":material/check:")
            st.rerun()
