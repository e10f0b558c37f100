"""How one customer is billed: legal name and address, VAT id, days to pay, currency, seller, and reminders."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.currencies import PRICE_LISTS
from core.billing.invoices.profiles import BillingProfile, change_profile, profile_of
from core.billing.invoices.sellers import MOST_NET_DAYS, Seller, sellers
from pages.finance import billing_address
from pages.finance.invoices_rows import customers
from pages.parts import filters
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, load, told


def show(actor: Actor) -> None:
    """Draw the picker, and the form of who was picked."""
    note = "What stands on a customer's invoices, and how long it has to pay"
    with card("profiles", "Billing profile", note, height="content").body:
        known = customers(actor)
        name = filters.pick("Customer", list(known), key="customer", placeholder="Whose billing do you want to see?")
        if name is None:
            st.caption("Without a profile a customer is billed under its name and country, on the seller's terms.")
            return
        _profile(actor, load(profile_of, actor, known[name]), load(sellers, actor))


def _profile(actor: Actor, of: BillingProfile, known: Sequence[Seller]) -> None:
    if not of.own:
        st.info("No profile of its own yet: what you see comes from the customer's record.", icon=":material/info:")
    if not of.address.country:
        st.warning("Its country is not known, so no tax follows: it can't be billed.", icon=":material/report:")
    if not actor.may(Permission.INVOICE_CREATE):
        _told(of)
        return
    changed = _fields(of, known)
    if st.button("Save the profile", type="primary", key="profile-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                change_profile(session, actor, changed, now=clock.now())
            st.toast(say.plain(f"{changed.address.name} is billed so from the next draft on."), icon=":material/check:")
            st.rerun()


def _fields(of: BillingProfile, known: Sequence[Seller]) -> BillingProfile:
    key = f"profile-{of.organization_id}"
    address = billing_address.fields(of.address, key=key)
    left, right = st.columns(2)
    net = left.number_input(
        "Days to pay", 0, MOST_NET_DAYS, of.net_days, placeholder="As the seller says", key=f"{key}-net"
    )
    order = right.text_input("Purchase order", of.purchase_order or "", key=f"{key}-order")
    left, right = st.columns(2)
    currency = left.selectbox(
        "Currency",
        PRICE_LISTS,
        index=PRICE_LISTS.index(of.currency) if of.currency in PRICE_LISTS else None,
        placeholder="As agreed",
        key=f"{key}-currency",
    )
    named: dict[UUID, str] = {one.id: one.address.name for one in known}
    seller = right.selectbox(
        "Seller",
        list(named),
        index=list(named).index(of.seller_id) if of.seller_id in named else None,
        format_func=named.__getitem__,
        placeholder="The first",
        key=f"{key}-seller",
    )
    paused = st.toggle("Pause all reminders to this customer", of.dunning_paused, key=f"{key}-paused")
    days = None if net is None else int(net)
    return BillingProfile(of.organization_id, address, days, order or None, currency, seller, paused)


def _told(of: BillingProfile) -> None:
    address = of.address
    parts = (address.name, *address.lines, f"{address.postcode} {address.city}".strip(), address.country)
    st.markdown("  \n".join(say.plain(part) for part in parts if part))
    st.caption("An owner, admin or manager can change it.")
