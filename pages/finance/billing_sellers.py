"""Who sells: the vendor's legal entities with bank details and numbers of their own, added and changed in a form."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoice_document import BankDetails, Paper
from core.billing.invoices.addresses import Address
from core.billing.invoices.sellers import MOST_NET_DAYS, NewSeller, Seller, add_seller, change_seller, sellers
from pages.finance import billing_address
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import change, load, told

_PAPERS: dict[Paper, str] = {"a4": "A4", "letter": "Letter"}


def button(actor: Actor) -> None:
    """The primary action of the page, for who may issue invoices."""
    if actor.may(Permission.INVOICE_FINALIZE) and st.button(
        "Add a seller", type="primary", icon=":material/add_business:", key="add-seller"
    ):
        _dialog(actor, None)


def show(actor: Actor) -> None:
    """Draw the sellers, the oldest first: it sells unless a customer's profile says another."""
    found = load(sellers, actor)
    note = "The first sells, unless a customer's profile names another"
    with card("sellers", "Sellers", note, height="content").body:
        if not found:
            empty(
                "sellers",
                "Nobody sells yet",
                "Add your company with its address, bank and numbering prefix; no invoice can be drafted before.",
                icon="add_business",
            )
        for each in found:
            _seller(actor, each)


def _seller(actor: Actor, each: Seller) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-seller-{each.id}"
    ):
        address = each.address
        place = " ".join(part for part in (address.postcode, address.city, address.country) if part)
        about = (place, address.vat_id or "no VAT id")
        bank = each.bank.iban or each.bank.account or each.bank.bank if each.bank else "no bank details"
        st.markdown(
            f"**{say.plain(address.name)}** numbers {say.plain(each.prefix)}, {say.count(each.net_days, 'day')} to pay"
            f"  \n:gray[{say.plain(', '.join(address.lines))}]"
            f"  \n:gray[{say.plain(', '.join(part for part in about if part))}]"
            f"  \n:gray[{say.plain(bank or '')}]",
            width="stretch",
        )
        if actor.may(Permission.INVOICE_FINALIZE) and st.button(
            "Change", icon=":material/edit:", key=f"change-seller-{each.id}"
        ):
            _dialog(actor, each)


@st.dialog("Seller", icon=":material/add_business:", width="medium")
def _dialog(actor: Actor, of: Seller | None) -> None:
    body(actor, of)


def body(actor: Actor, of: Seller | None) -> None:
    """What the dialog shows."""
    address = billing_address.fields(of.address if of else Address("", country=""), key="seller")
    registration = st.text_input(
        "Registration", (of and of.registration) or "", placeholder="HRB 12345 B, Berlin", key="seller-registration"
    )
    bank = _bank(of.bank if of else None)
    left, middle, right = st.columns(3)
    prefix = left.text_input(
        "Numbering prefix", of.prefix if of else "", placeholder="CALOS", max_chars=20, key="seller-prefix"
    )
    net = middle.number_input("Days to pay", 0, MOST_NET_DAYS, of.net_days if of else 30, key="seller-net")
    paper: Paper = right.segmented_control(
        "Paper",
        list(_PAPERS),
        default=of.paper if of else "a4",
        required=True,
        format_func=_PAPERS.__getitem__,
        key="seller-paper",
    )
    footer = st.text_input("Footer of the paper", of.footer if of else "", max_chars=300, key="seller-footer")
    st.caption("It holds from the next invoice on: those that are out keep what they say.")
    if st.button("Save", type="primary", key="seller-confirm", width="stretch"):
        with told():
            made = NewSeller(address, prefix or "", int(net), paper, (registration or "").strip() or None, bank, footer)
            with change(actor) as session:
                if of is None:
                    add_seller(session, actor, made, now=clock.now())
                else:
                    change_seller(session, actor, of.id, made, now=clock.now())
            st.toast(say.plain(f"{address.name} sells."), icon=":material/check:")
            st.rerun()


def _bank(of: BankDetails | None) -> BankDetails | None:
    """The fields of a bank account; None while no bank is named."""
    left, right = st.columns(2)
    bank = left.text_input("Bank", of.bank if of else "", key="seller-bank")
    holder = right.text_input("Account holder", of.holder if of else "", key="seller-holder")
    left, right = st.columns([3, 2])
    iban = left.text_input("IBAN", (of and of.iban) or "", key="seller-iban")
    bic = right.text_input("BIC", (of and of.bic) or "", key="seller-bic")
    left, right = st.columns(2)
    account = left.text_input("Account number", (of and of.account) or "", key="seller-account")
    routing = right.text_input("Routing number", (of and of.routing) or "", key="seller-routing")
    if not (bank or "").strip():
        return None
    return BankDetails(holder or "", bank, iban or None, bic or None, account or None, routing or None)
