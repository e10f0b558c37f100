"""A new draft: what a customer owes for a month, or lines that a person writes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.currencies import PRICE_LISTS
from core.billing.invoices.drafting import draft_month
from core.billing.invoices.one_offs import OneOff, write_one_off
from core.billing.invoices.profiles import profile_of
from core.billing.invoices.usage_lines import usage_due
from core.errors import InvalidInput
from core.periods import add_months, midnight
from pages.finance.invoices_rows import customers
from pages.parts import filters, links
from pages.parts import format as say
from pages.parts.load import change, change_both, load, present, told

_MONTH, _HAND = "A month", "Lines by hand"
_BACK: Final = 12


def button(actor: Actor) -> None:
    """The primary action of the page, for who may draft."""
    if actor.may(Permission.INVOICE_CREATE) and st.button(
        "New draft", type="primary", icon=":material/add:", key="new-draft"
    ):
        open_dialog(actor)


@st.dialog("New draft", icon=":material/receipt_long:", width="medium")
def open_dialog(actor: Actor) -> None:
    """Open the dialog with an empty form."""
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    kind = st.segmented_control("Bill", (_MONTH, _HAND), default=_MONTH, required=True, key="draft-kind")
    known = customers(actor)
    name = st.selectbox(
        "Customer", list(known), index=None, placeholder="Whom do you want to bill?", key="draft-customer"
    )
    whom = known.get(name or "")
    if kind == _HAND:
        _by_hand(actor, name, whom)
    else:
        _month(actor, whom)


def _month(actor: Actor, whom: Any) -> None:
    this = midnight(present().date().replace(day=1))
    months = [add_months(this, -back).date() for back in range(-1, _BACK)]
    month: date = st.selectbox("Month", months, index=1, format_func=say.month, key="draft-month")
    st.caption(
        "Subscription periods that begin in it, in advance; usage and overage of the month before. Drafted again, the "
        "draft of the month is brought up to date; nothing is billed twice, and nothing is asked until you finalize it."
    )
    if st.button("Draft it", type="primary", key="draft-confirm", width="stretch", disabled=whom is None):
        with told():
            with change_both(actor) as (session, telemetry):
                usage = usage_due(session, telemetry, [whom], month)
                made = draft_month(session, actor, whom, month, usage=usage, now=clock.now())
            for amount in made.waiting:
                st.toast(say.plain(f"{say.amount(amount)} of credit waits for charges."), icon=":material/hourglass:")
            if not made.invoice_ids:
                st.info(f"Nothing is due for {say.month(month)}: what begins in it is billed already.")
                return
            filters.go(links.to("invoice"), {"id": str(made.invoice_ids[0])})


def _by_hand(actor: Actor, name: str | None, whom: Any) -> None:
    currency = st.selectbox("Currency", PRICE_LISTS, index=_currency(actor, whom), key="draft-currency")
    empty = pd.DataFrame({"text": ["", "", ""], "quantity": [1.0, 1.0, 1.0], "price": ["", "", ""]})
    rows = st.data_editor(
        empty,
        column_config={
            "text": st.column_config.TextColumn("For", width=230, max_chars=300),
            "quantity": st.column_config.NumberColumn("Quantity", min_value=0, width=80),
            "price": st.column_config.TextColumn(f"Price each, {currency}", width=130),
        },
        hide_index=True,
        num_rows="dynamic",
        key="draft-lines",
    )
    note = st.text_input("Note on the invoice", max_chars=1000, placeholder="Optional", key="draft-note")
    if st.button("Draft it", type="primary", key="draft-hand-confirm", width="stretch", disabled=whom is None):
        with told():
            lines = lines_given(rows.to_dict("records"))
            with change(actor) as session:
                made = write_one_off(session, actor, whom, currency, lines, now=clock.now(), note=note or "")
            st.toast(say.plain(f"A draft for {name}."), icon=":material/check:")
            filters.go(links.to("invoice"), {"id": str(made)})


def _currency(actor: Actor, whom: Any) -> int:
    if whom is None:
        return 0
    billed = load(profile_of, actor, whom).currency
    return PRICE_LISTS.index(billed) if billed in PRICE_LISTS else 0


def lines_given(rows: Sequence[dict[Any, Any]]) -> list[OneOff]:
    """The rows that say something, as lines; InvalidInput for a price that is no number."""
    return [_line(row) for row in rows if str(row["text"] or "").strip() or str(row["price"] or "").strip()]


def _line(row: dict[Any, Any]) -> OneOff:
    text, price = str(row["text"] or ""), str(row["price"] or "").replace(",", "").strip()
    try:
        return OneOff(text, Decimal(str(row["quantity"])), Decimal(price))
    except InvalidOperation:
        raise InvalidInput(
            f"Give the price of “{text[:60]}” as a number such as 1250 or 1,250.50.", field="unitPrice"
        ) from None
