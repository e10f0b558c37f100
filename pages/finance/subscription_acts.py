"""What may be done to a subscription: each act says what it will do to MRR before it is done, and asks why."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.agreement_list import Agreement, foretold
from core.accounts.agreements import act, cancel_at_period_end, period_end, reactivate, undo_cancel
from core.billing.subscription_changes import MOST_SEATS, NOTHING, Act, Terms
from core.errors import CalosError
from core.finance.effects import Effect
from core.finance.entries import amount_given
from db.session import WriteSession
from pages.parts import format as say
from pages.parts.load import change, fresh, told

WILL: Final[dict[Act, str]] = {
    "change": "the terms change",
    "pause": "it is paused",
    "resume": "the pause ends",
    "cancel": "it ends",
    "convert": "the trial ends and it is charged",
    "coupon": "a coupon begins",
    "coupon_end": "the coupon runs out",
}
_CHANGE, _PAUSE, _RESUME, _CANCEL = "Change", "Pause", "Resume", "Cancel"
_UNDO, _AGAIN = "Take the cancellation back", "Reactivate"
_NOW, _LATER = "Now", "At the end of what is paid"
Do = Callable[[WriteSession, str, datetime], object]


def show(actor: Actor, found: Agreement) -> None:
    """Draw the choice of an act and what it needs."""
    state = found.state(clock.now())
    possible = {
        "active": [_CHANGE, _PAUSE, _CANCEL],
        "trial": [_CHANGE, _CANCEL],
        "paused": [_RESUME, _CHANGE, _CANCEL],
        "ending": [_UNDO, _CHANGE],
        "ended": [_AGAIN],
    }[state]
    chosen = st.segmented_control("What to do", possible, key=f"act-{found.subscription.agreement}")
    if chosen is None:
        return
    {
        _CHANGE: _change,
        _PAUSE: _pause,
        _RESUME: _resume,
        _CANCEL: _cancel,
        _UNDO: _undo,
        _AGAIN: _again,
    }[chosen](actor, found)


def _change(actor: Actor, found: Agreement) -> None:
    held = found.subscription
    left, right = st.columns(2)
    quantity = left.number_input("Quantity", 1, MOST_SEATS, held.quantity, key="act-quantity")
    typed = right.text_input(f"Price for one, in {held.amount.currency}", f"{held.amount.major():f}", key="act-price")
    when = st.segmented_control("From when", [_NOW, _LATER], default=_NOW, required=True, key="act-when")
    with told():
        terms = Terms(quantity=quantity, amount=amount_given(typed or "", held.amount.currency))
        due = None if when == _NOW else fresh(period_end, actor, held.id, now=clock.now())
        _ask(
            actor,
            _foretold(actor, found, "change", terms),
            due,
            lambda session, why, now: act(session, actor, held.id, "change", terms, now=now, due_at=due, reason=why),
        )


def _pause(actor: Actor, found: Agreement) -> None:
    held, today = found.subscription, clock.now()
    until = st.date_input("Until", value=None, min_value=today.date(), key="act-until", help="Empty: until resumed.")
    end = None if until is None else datetime(until.year, until.month, until.day, tzinfo=today.tzinfo)
    _ask(
        actor,
        _foretold(actor, found, "pause"),
        None,
        lambda session, why, now: act(session, actor, held.id, "pause", now=now, until=end, reason=why),
    )


def _resume(actor: Actor, found: Agreement) -> None:
    held = found.subscription
    _ask(
        actor,
        _foretold(actor, found, "resume"),
        None,
        lambda session, why, now: act(session, actor, held.id, "resume", now=now, reason=why),
    )


def _cancel(actor: Actor, found: Agreement) -> None:
    held = found.subscription
    when = st.segmented_control("From when", [_LATER, _NOW], default=_LATER, required=True, key="act-when")
    due = None if when == _NOW else fresh(period_end, actor, held.id, now=clock.now())
    if found.install_id:
        st.caption(f"The license {say.plain(found.install_id)} stays as it is; revoke it where it is to end too.")

    def do(session: WriteSession, why: str, now: datetime) -> object:
        if due is None:
            return act(session, actor, held.id, "cancel", now=now, reason=why)
        return cancel_at_period_end(session, actor, held.id, now=now, reason=why)

    _ask(actor, _foretold(actor, found, "cancel"), due, do)


def _undo(actor: Actor, found: Agreement) -> None:
    which = found.subscription.id
    st.info("It runs on, and MRR stays as it is.", icon=":material/compare_arrows:")
    _ask(actor, None, None, lambda session, why, now: undo_cancel(session, actor, which, now=now, reason=why))


def _again(actor: Actor, found: Agreement) -> None:
    held = found.subscription
    worth = say.plain(say.amount(held.agreed_mrr, sign=True))
    st.info(f"MRR {worth} from now on, on the terms that it had.", icon=":material/compare_arrows:")
    _ask(actor, None, None, lambda session, why, now: reactivate(session, actor, held.id, now=now, reason=why))


def _foretold(actor: Actor, found: Agreement, what: Act, terms: Terms = NOTHING) -> Effect | str:
    try:
        return fresh(foretold, actor, found.subscription.id, what, terms, at=clock.now())
    except CalosError as refused:
        return refused.message


def _ask(actor: Actor, will: Effect | str | None, due: datetime | None, do: Do) -> None:
    """Say what will move and when, ask why, and do it."""
    if isinstance(will, str):
        st.caption(say.plain(will))
        return
    if will is not None:
        when = "now" if due is None else f"on {say.day(due)}"
        kind = f", {will.kind}" if will.kind else ""
        moved = f"{say.amount(will.before)} → {say.amount(will.after)} ({say.amount(will.change, sign=True)}{kind})"
        st.info(say.plain(f"Its MRR {when}: {moved}."), icon=":material/compare_arrows:")
    reason = st.text_input("Reason", placeholder="Why", max_chars=500, key="act-why")
    given = bool((reason or "").strip())
    if st.button("Do it", type="primary", key="act-confirm", width="stretch", disabled=not given):
        with told():
            with change(actor) as session:
                do(session, reason or "", clock.now())
            st.toast("Done.", icon=":material/check:")
            st.rerun()
