"""A new price: from which day on, whom it would concern and by how much, and for whom it is to hold."""

from datetime import date, timedelta
from typing import Any

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.repricing import change_price
from core.billing.currencies import PRICE_LISTS
from core.billing.price_lists import PriceEffect, PriceVersion, price_effect
from core.billing.price_writes import withdraw_price
from core.finance.entries import amount_given
from core.money import Money
from core.periods import billing_period
from pages.parts import format as say
from pages.parts import terms
from pages.parts.load import change, load, minute, present, told

_NEW, _ALL = "New customers", "New and existing"


def button(actor: Actor) -> None:
    """The primary action of the page, for who may set prices."""
    if actor.may(Permission.FINANCE_MANAGE_COSTS) and st.button(
        "Change a price", type="primary", icon=":material/sell:", key="change-price"
    ):
        _dialog(actor)


@st.dialog("Change a price", icon=":material/sell:")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows: the price, then what it does, then for whom it holds."""
    tier = terms.tier(actor, "pro", key="price-tier")
    period = billing_period(terms.period("monthly", key="price-period"))
    left, right = st.columns([1, 2])
    currency = left.selectbox("Currency", PRICE_LISTS, key="price-currency")
    listed = terms.list_price(actor, tier.id, period, currency)
    now = "" if listed is None else say.amount(listed.amount)
    typed = right.text_input(f"New price {terms.PER[period]}", placeholder=f"{now} today", key="price-amount")
    first = st.date_input("From", value=_next_month(), min_value=_tomorrow(), key="price-from")
    with told():
        amount = amount_given(typed, currency) if typed else None
        if amount is not None:
            _effect(load(price_effect, actor, tier.id, period, amount, minute()), amount)
        whom = st.segmented_control("Holds for", (_NEW, _ALL), default=_NEW, required=True, key="price-whom")
        st.caption(_meaning(whom == _ALL, first))
        none = amount is None
        confirmed = st.button("Set the price", type="primary", key="price-confirm", width="stretch", disabled=none)
        if confirmed and amount is not None:
            with change(actor) as session:
                done = change_price(
                    session, actor, tier.id, period, amount, first, existing=whom == _ALL, now=clock.now()
                )
            moved = f" {say.count(done.moved, 'subscription')} follow." if done.moved else ""
            left_out = f" {say.count(done.left, 'other')} had a change waiting and keep it." if done.left else ""
            st.toast(
                say.plain(f"{say.amount(amount)} from {say.day(first)}.{moved}{left_out}"), icon=":material/check:"
            )
            st.rerun()


def take_back(actor: Actor, version: PriceVersion) -> None:
    """The act on a planned price."""
    if st.button("Take it back", icon=":material/undo:", key=f"take-back-{version.price.valid_from:%Y%m%d}"):
        _take_back(actor, version)


@st.dialog("Take back a price", icon=":material/undo:")
def _take_back(actor: Actor, version: PriceVersion) -> None:
    price = version.price
    first = price.valid_from.date()
    st.markdown(
        f"**{say.plain(say.amount(price.amount))} {terms.PER[price.billing_period]}** is planned from "
        f"{say.day(first)}. Without it, the price before it stays. Changes of existing subscriptions that were "
        "scheduled with it still take place: take those back at the subscription."
    )
    if st.button("Take it back", type="primary", key="take-back-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                currency = price.amount.currency
                withdraw_price(session, actor, price.tier_id, price.billing_period, currency, first, now=clock.now())
            st.toast("Taken back.", icon=":material/check:")
            st.rerun()


def _effect(found: PriceEffect, amount: Money) -> None:
    """Say what moves if those who pay by the list are moved, and who they are."""
    kept = f" {say.count(found.kept, 'subscription')} on terms of their own keep them." if found.kept else ""
    if not found.affected:
        st.markdown(f"Nobody pays {say.plain(say.amount(found.current.amount))} by this list now.{kept}")
        return
    who = say.count(len({each.organization_id for each in found.affected}), "customer")
    st.markdown(
        f"**{say.plain(who)}** on this list pay {say.plain(say.amount(found.current.amount))} today. "
        f"At {say.plain(say.amount(amount))} they would bring "
        f"**{say.plain(say.amount(found.change, sign=True))} of MRR**; "
        f"new customers alone change nothing at first.{kept}"
    )
    names = [each.customer for each in found.affected]
    st.caption(say.plain(say.listing(names, most=5)))


def _meaning(existing: bool, first: Any) -> str:
    day = say.day(first) if isinstance(first, date) else "that day"
    if existing:
        return f"On {day} each subscription that pays the list's price changes to the new one."
    return f"Whoever subscribes or changes plan from {day} on pays it. Everybody else keeps what was agreed."


def _tomorrow() -> date:
    return present().date() + timedelta(days=1)


def _next_month() -> date:
    return (present().date().replace(day=1) + timedelta(days=32)).replace(day=1)
