"""Subscriptions that are not simply charged: in a trial, paused, or about to end, with their next date."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from core import clock
from core.access.actor import Actor
from core.accounts.agreement_list import Agreement, State, agreements
from pages.finance import subscription_detail
from pages.parts import columns, terms
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, present

_SHOWN: Final[tuple[State, ...]] = ("ending", "paused", "trial")
_MOST: Final = 50
_OPEN: Final = "waiting-open"
WORDS: Final = {"trial": "Trial", "active": "Active", "paused": "Paused", "ending": "Ending", "ended": "Ended"}
WILL: Final = {
    "change": "changes",
    "pause": "pauses",
    "resume": "resumes",
    "cancel": "ends",
    "convert": "is charged",
    "coupon": "gets a coupon",
    "coupon_end": "loses its coupon",
}


def show(actor: Actor) -> None:
    """Draw them, where there are any."""
    now = present()
    found = [one for state in _SHOWN for one in load(agreements, actor, now=now, state=state, limit=_MOST).rows]
    if not found:
        return
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(found):
        subscription_detail.open_dialog(actor, found[clicked].subscription.id)
    with card("waiting", "Trials, pauses and ends", "What is not simply charged, and what happens next").body:
        columns.table(
            _frame(found),
            {
                "customer": columns.text("Customer", width=180),
                "state": columns.text("State", width=90),
                "agreed": columns.text("Agreed", width=160),
                "next": columns.text("Next", width=220),
                "open": columns.button("", key=_OPEN, width=90),
            },
            key="waiting-table",
            alt="Subscriptions in a trial, paused or about to end, with what happens next and when.",
            height="content",
        )


def next_date(one: Agreement) -> str:
    """What happens to it next, and when; nothing where nothing is agreed."""
    if not one.waiting:
        return ""
    first = one.waiting[0]
    return f"{WILL[first.act].capitalize()} {say.day(first.due_at)}"


def _frame(found: Sequence[Agreement]) -> pd.DataFrame:
    now = clock.now()
    return pd.DataFrame(
        {
            "customer": [one.customer for one in found],
            "state": [WORDS[one.state(now)] for one in found],
            "agreed": [
                f"{say.amount(one.subscription.amount)} {terms.PER[one.subscription.billing_period]}" for one in found
            ],
            "next": [next_date(one) for one in found],
            "open": ["Details"] * len(found),
        }
    )
