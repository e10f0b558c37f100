"""Custom deals: what was agreed with one customer in place of the list, a new one, and the end of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.currencies import PRICE_LISTS
from core.billing.custom_prices import LONGEST_REASON, CustomPrice, agree_price, custom_prices, end_custom_price
from core.finance.entries import amount_given
from core.organizations.reads import names
from core.periods import billing_period, midnight
from pages.parts import columns, pills, terms
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import change, load, minute, present, told

_IN_SIGHT = 8


def show(actor: Actor) -> None:
    """Draw the deals, the newest first; a selected one can be ended."""
    found, now = load(custom_prices, actor), minute()
    may = actor.may(Permission.LICENSE_UPDATE_TIER)
    place = card("deals", "Custom deals", "Prices of one customer, in place of the list")
    with place.body:
        if not found:
            if empty(
                "deals",
                "No custom deals",
                "A price agreed with one customer holds for a tier and billing period, from and until when you say.",
                icon="handshake",
                action="Agree on a price" if may else None,
            ):
                _dialog(actor)
            return
        picked = columns.table(
            _frame(found, now),
            {
                "customer": columns.name("Customer"),
                "tier": columns.pills("tier", "Tier"),
                "price": columns.text("Price", width=125),
                "state": columns.text("State", width=80),
                "since": columns.day("From"),
                "until": columns.day("Until"),
                "reason": columns.text("Why", width=165),
                "by": columns.text("By", width=140),
            },
            key="deals",
            alt="Prices agreed with single customers, with tier, price, state, from, until, why and by whom.",
            select="one" if may else "none",
            height="content" if len(found) <= _IN_SIGHT else 380,
        )
    if may:
        with place.right:
            _acts(actor, found[picked[0]] if picked and picked[0] < len(found) else None, now)


def _acts(actor: Actor, picked: CustomPrice | None, now: datetime) -> None:
    over = picked is None or _state(picked, now) == "Ended"
    if picked is not None and st.button("End it", icon=":material/event_busy:", key="end-deal", disabled=over):
        _end(actor, picked)
    if st.button("Agree on a price", icon=":material/add:", key="add-deal"):
        _dialog(actor)


@st.dialog("Agree on a price", icon=":material/handshake:")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    customer = _customer(actor)
    tier = terms.tier(actor, "enterprise", key="deal-tier")
    period = billing_period(terms.period("annual", key="deal-period"))
    left, right = st.columns([1, 2])
    currency = left.selectbox("Currency", PRICE_LISTS, key="deal-currency")
    listed = terms.list_price(actor, tier.id, period, currency)
    asked = "" if listed is None else f"{say.amount(listed.amount)} by the list"
    typed = right.text_input(f"Price {terms.PER[period]}", placeholder=asked, key="deal-amount")
    left, right = st.columns(2)
    today = present().date()
    first = left.date_input("From", value=today, min_value=today, key="deal-from")
    last = right.date_input(
        "Until", value=None, min_value=today, key="deal-until", help="Empty: until somebody ends it."
    )
    reason = st.text_input("Why", placeholder="Three years signed", max_chars=LONGEST_REASON, key="deal-reason")
    st.caption("Holds for what they subscribe to or change from then on; what they have keeps its price until changed.")
    ready = customer is not None and bool(typed) and bool((reason or "").strip())
    confirmed = st.button("Agree on it", type="primary", key="deal-confirm", width="stretch", disabled=not ready)
    if confirmed and customer is not None:
        with told():
            amount, now = amount_given(typed, currency), clock.now()
            with change(actor) as session:
                agree_price(
                    session,
                    actor,
                    customer,
                    tier.id,
                    period,
                    amount,
                    reason=reason or "",
                    now=now,
                    starts_at=None if first <= today else midnight(first),
                    # The last day is included.
                    ends_at=None if last is None else midnight(last + timedelta(days=1)),
                )
            st.toast(say.plain(f"Agreed: {say.amount(amount)} {terms.PER[period]}."), icon=":material/check:")
            st.rerun()


@st.dialog("End a custom deal", icon=":material/event_busy:")
def _end(actor: Actor, deal: CustomPrice) -> None:
    st.markdown(
        f"**{say.plain(deal.customer)}** is asked the list's price again from now on, in place of "
        f"{say.plain(say.amount(deal.amount))} {terms.PER[deal.billing_period]}. What runs keeps its price."
    )
    reason = st.text_input("Reason", max_chars=LONGEST_REASON, key="end-deal-reason")
    given = bool((reason or "").strip())
    if st.button("End it", type="primary", key="end-deal-confirm", width="stretch", disabled=not given):
        with told():
            with change(actor) as session:
                end_custom_price(session, actor, deal.id, reason=reason or "", now=clock.now())
            st.toast("Ended.", icon=":material/check:")
            st.rerun()


def _frame(found: Sequence[CustomPrice], now: datetime) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [each.customer for each in found],
            "tier": pills.cells("tier", [each.tier_id for each in found]),
            "price": [f"{say.amount(each.amount, whole=True)} {terms.PER[each.billing_period]}" for each in found],
            "state": [_state(each, now) for each in found],
            "since": [each.starts_at.date() for each in found],
            "until": [None if each.ends_at is None else each.ends_at.date() for each in found],
            "reason": [each.reason for each in found],
            "by": [each.by for each in found],
        }
    )


def _state(deal: CustomPrice, now: datetime) -> str:
    if deal.ends_at is not None and deal.ends_at <= now:
        return "Ended"
    return "Planned" if deal.starts_at > now else "In force"


def _customer(actor: Actor) -> UUID | None:
    known: dict[str, UUID] = {}
    for each, name in load(names, actor).items():
        if each != actor.organization_id:
            known[name if name not in known else f"{name} ({str(each)[-6:]})"] = each
    picked = st.selectbox("Customer", sorted(known), index=None, placeholder="Type a name", key="deal-customer")
    return None if picked is None else known[picked]
