"""Coupons: what may be taken off, how often it was, a new one, and the withdrawal of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import get_args

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.coupons import (
    LONGEST_LABEL,
    CouponTerms,
    KeptCoupon,
    coupons,
    create_coupon,
    redemptions,
    withdraw_coupon,
)
from core.billing.currencies import PRICE_LISTS
from core.billing.reads import CouponDuration
from core.errors import InvalidInput
from core.finance.entries import amount_given
from core.periods import midnight
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import change, load, minute, present, told

_DURATIONS = {"once": "Once", "repeating": "Some months", "forever": "Forever"}
_PERCENT = "%"

_IN_SIGHT = 8


def show(actor: Actor) -> None:
    """Draw the coupons, the newest first; a selected one can be withdrawn."""
    found, now = load(coupons, actor), minute()
    may = actor.may(Permission.FINANCE_MANAGE_COSTS)
    place = card("coupons", "Coupons", "What may be taken off a subscription, and how often it was")
    with place.body:
        if not found:
            if empty(
                "coupons",
                "No coupons",
                "A coupon takes a percentage or an amount off, once, for some months or forever. Sales redeem it on a "
                "subscription.",
                icon="confirmation_number",
                action="Make a coupon" if may else None,
            ):
                _dialog(actor)
            return
        picked = columns.table(
            _frame(found, now),
            {
                "code": columns.name("Code", width=140),
                "off": columns.text("Takes off", width=110),
                "lasts": columns.text("For", width=100),
                "redeemed": columns.text("Redeemed", width=90),
                "until": columns.day("Redeem by"),
                "state": columns.text("State", width=200),
                "label": columns.text("Name", width=180),
            },
            key="coupons",
            alt="Coupons with code, what they take off, for how long, how often redeemed, until when, state and name.",
            select="one",
            height="content" if len(found) <= _IN_SIGHT else 380,
        )
        chosen = found[picked[0]] if picked and picked[0] < len(found) else None
        if chosen is not None:
            st.caption(say.plain(_who(actor, chosen)))
    if may:
        with place.right:
            _acts(actor, chosen)


def _who(actor: Actor, kept: KeptCoupon) -> str:
    """Say who redeemed it last."""
    who = [each.customer for each in load(redemptions, actor) if each.code == kept.terms.code]
    if not who:
        return f"Nobody has redeemed {kept.terms.code} lately. Sales redeem it on a subscription."
    return f"{kept.terms.code} was redeemed by {say.listing(who, most=8)}."


def _acts(actor: Actor, picked: KeptCoupon | None) -> None:
    if picked is not None and st.button(
        "Withdraw it", icon=":material/block:", key="withdraw-coupon", disabled=picked.withdrawn_at is not None
    ):
        _withdraw(actor, picked)
    if st.button("Make a coupon", icon=":material/add:", key="add-coupon"):
        _dialog(actor)


@st.dialog("Make a coupon", icon=":material/confirmation_number:")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    left, right = st.columns(2)
    code = left.text_input("Code", placeholder="SPRING-26", max_chars=40, key="coupon-code")
    label = right.text_input("Name", placeholder="Spring offer", max_chars=LONGEST_LABEL, key="coupon-label")
    left, right = st.columns([2, 1])
    typed = left.text_input("Takes off", placeholder="20", key="coupon-value")
    unit = right.selectbox("Of", (_PERCENT, *PRICE_LISTS), key="coupon-unit", help="A percentage, or an amount.")
    duration: CouponDuration = st.segmented_control(
        "For",
        get_args(CouponDuration),
        default="repeating",
        required=True,
        format_func=_DURATIONS.__getitem__,
        key="coupon-duration",
    )
    months = None
    if duration == "repeating":
        months = st.number_input("Months", min_value=1, max_value=120, value=3, key="coupon-months")
    left, right = st.columns(2)
    last = left.date_input("Redeem by", value=None, min_value=present().date(), key="coupon-until")
    most = right.number_input("Redemptions at most", min_value=1, value=None, placeholder="Any", key="coupon-most")
    if st.button(
        "Make it", type="primary", key="coupon-confirm", width="stretch", disabled=not (code and label and typed)
    ):
        with told():
            terms = CouponTerms(
                code.strip().upper(),
                label,
                duration,
                percent=_percent(typed) if unit == _PERCENT else None,
                amount=None if unit == _PERCENT else amount_given(typed, unit),
                months=months,
                redeem_by=None if last is None else midnight(last + timedelta(days=1)),
                max_redemptions=most,
            )
            with change(actor) as session:
                create_coupon(session, actor, terms, now=clock.now())
            st.toast(say.plain(f"{terms.code} can be redeemed."), icon=":material/check:")
            st.rerun()


@st.dialog("Withdraw a coupon", icon=":material/block:")
def _withdraw(actor: Actor, kept: KeptCoupon) -> None:
    st.markdown(
        f"Nobody can redeem **{say.plain(kept.terms.code)}** any more. "
        f"{say.count(kept.redeemed, 'subscription')} that redeemed it keep what it takes off."
    )
    reason = st.text_input("Reason", max_chars=500, key="withdraw-reason")
    given = bool((reason or "").strip())
    if st.button("Withdraw it", type="primary", key="withdraw-confirm", width="stretch", disabled=not given):
        with told():
            with change(actor) as session:
                withdraw_coupon(session, actor, kept.terms.code, reason=reason or "", now=clock.now())
            st.toast("Withdrawn.", icon=":material/check:")
            st.rerun()


def _percent(typed: str) -> Decimal:
    try:
        return Decimal(typed.strip().removesuffix("%"))
    except InvalidOperation:
        raise InvalidInput("Give the percentage as a number such as 20 or 12.5.", field="percent") from None


def _frame(found: Sequence[KeptCoupon], now: datetime) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": [each.terms.code for each in found],
            "off": [_off(each.terms) for each in found],
            "lasts": [_lasts(each.terms) for each in found],
            "redeemed": [_redeemed(each) for each in found],
            "until": [each.terms.redeem_by and (each.terms.redeem_by - timedelta(seconds=1)).date() for each in found],
            "state": [each.closed(now) or "Open" for each in found],
            "label": [each.terms.label for each in found],
        }
    )


def _off(terms: CouponTerms) -> str:
    return say.amount(terms.amount) if terms.amount is not None else f"{terms.percent:f}%"


def _lasts(terms: CouponTerms) -> str:
    return say.count(terms.months, "month") if terms.months else _DURATIONS[terms.duration]


def _redeemed(each: KeptCoupon) -> str:
    most = each.terms.max_redemptions
    return say.integer(each.redeemed) if most is None else f"{say.integer(each.redeemed)} of {say.integer(most)}"
