"""Renewing a license: for how long, from when, and the day that comes to, said before it is done."""

from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.errors import Conflict
from core.licensing import writes as licensing
from core.licensing.reads import License
from core.licensing.renewals import LONGEST_DAYS, renewed_until
from pages.customers import license_change
from pages.parts import format as say
from pages.parts.load import told

STRATEGIES: Final[dict[str, str]] = {
    "from_now_if_expired": "its end, or now where that is past",
    "from_expiry": "its end",
    "from_now": "now",
}
_PERIODS: Final[dict[str, str]] = {"monthly": "A month", "quarterly": "A quarter", "annual": "A year"}
_DAYS: Final = "Days"
_USUAL_DAYS: Final = 30


@st.dialog("Renew", icon=":material/event_repeat:")
def dialog(actor: Actor, held: License) -> None:
    """Open the dialog."""
    body(actor, held)


def body(actor: Actor, held: License) -> None:
    """The length, where it begins, the day it comes to, and the button that does it."""
    now = clock.now()
    ended = "ended" if held.expires_at and held.expires_at <= now else "ends"
    st.markdown(f"The license of **{say.plain(held.organization_name)}** {ended} on {say.day(held.expires_at)}.")
    days, strategy = terms(_PERIODS.get(held.billing_period or "") if held.term == "paid" else None, key="renew")
    until = _until(held, days, strategy)
    reason = license_change.reason("renew-reason", hint="What was agreed, and with whom. Kept in the audit trail.")
    label = f"Renew until {until}" if until else "Renew"
    if st.button(label, type="primary", icon=":material/event_repeat:", key="renew-confirm", disabled=not until):
        with told():
            license_change.written(actor, held, licensing.extend, days=days, strategy=strategy, reason=reason)
            st.toast(f"Renewed until {until}.")
            st.rerun()


def terms(period: str | None, *, key: str) -> tuple[int | None, str]:
    """For how many days, None for the billing period that is named, and by which strategy."""
    length = _DAYS
    if period is not None:
        length = st.segmented_control("For", [period, _DAYS], default=period, required=True, key=f"{key}-for") or period
    days = None
    if length == _DAYS:
        days = int(st.number_input("Days", 1, LONGEST_DAYS, _USUAL_DAYS, key=f"{key}-days"))
    strategy = st.selectbox(
        "Counted from", list(STRATEGIES), format_func=lambda each: STRATEGIES[each], key=f"{key}-from"
    )
    return days, strategy


def _until(held: License, days: int | None, strategy: str) -> str:
    """The day it would end on; empty, and the reason said, where there is none."""
    if held.expires_at is None:
        st.caption("It has no end, so there is nothing to renew.")
        return ""
    period = held.billing_period if held.term == "paid" else None
    try:
        until = renewed_until(held.expires_at, period, days=days, strategy=strategy, now=clock.now())
    except Conflict as refused:
        st.warning(refused.message, icon=":material/event_busy:")
        return ""
    st.markdown(f"It would end on **{say.day(until)}**. Its subscription goes on as it is.")
    return say.day(until)
