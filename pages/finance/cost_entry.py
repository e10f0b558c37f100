"""Recording a cost of serving customers: the button, and the dialog behind it."""

from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.booking import book_costs
from core.finance.entries import COST_KINDS, LONGEST_NOTE, CostKind, NewCost, amount_given
from core.finance.flows import product_order
from core.organizations.reads import names
from db.session import ReadSession
from pages.finance import currencies
from pages.finance.cost_change import KINDS
from pages.finance.products import NOT_ONE, product_name
from pages.parts import format as say
from pages.parts.load import change, load, minute, told


def button(actor: Actor) -> None:
    """The primary action of the page, for who may record costs."""
    if actor.may(Permission.FINANCE_MANAGE_COSTS) and st.button(
        "Record a cost", type="primary", icon=":material/add:", key="record-cost"
    ):
        open_dialog(actor)


@st.dialog("Record a cost", icon=":material/savings:")
def open_dialog(actor: Actor) -> None:
    """Open the dialog with an empty form."""
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    kind: CostKind = st.segmented_control(
        "Kind", COST_KINDS, default="compute", required=True, format_func=lambda each: KINDS[each], key="cost-kind"
    )
    left, right = st.columns([2, 1])
    typed = left.text_input("Amount", placeholder="1,250.00", key="cost-amount", help="A credit is negative.")
    with right:
        currency = currencies.pick(actor, key="cost-currency")
    day = st.date_input("Day", value=minute().date(), max_value=minute().date(), key="cost-day")
    customer = _customer(actor)
    product = st.selectbox(
        "Product", load(_products, actor), index=None, format_func=product_name, placeholder=NOT_ONE, key="cost-product"
    )
    note = st.text_input("Note", placeholder="Which bill it is on", max_chars=LONGEST_NOTE, key="cost-note")
    st.caption("Entries are never edited: a mistake is reversed by a second entry, and both stay in the books.")
    if st.button("Record it", type="primary", key="cost-confirm", width="stretch"):
        with told():
            amount = amount_given(typed or "", currency)
            entry = NewCost(day, kind, amount, customer, product, note or "")
            with change(actor) as session:
                book_costs(session, actor, [entry], now=clock.now())
            st.toast(say.plain(f"{KINDS[kind]}: {say.amount(amount)}."), icon=":material/check:")
            st.rerun()


def _customer(actor: Actor) -> UUID | None:
    known: dict[str, UUID] = {}
    for each, name in load(names, actor).items():
        if each != actor.organization_id:
            known[name if name not in known else f"{name} ({str(each)[-6:]})"] = each
    picked = st.selectbox(
        "Customer", sorted(known), index=None, placeholder="Shared by all, or type a name", key="cost-customer"
    )
    return None if picked is None else known[picked]


def _products(session: ReadSession, _actor: Actor) -> list[str]:
    return product_order(session)
