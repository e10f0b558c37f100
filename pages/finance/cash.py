"""Cash: how long money lasts and when it ends, with its range; then where it came from and went."""

from datetime import datetime

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.cash_statement import CashPicture, cash_picture
from core.periods import months_until
from pages.finance import cash_entries, cash_entry, cash_figures, cash_outlook, cash_scenarios, cash_statement
from pages.parts import export, session
from pages.parts.cards import header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told

_MONTHS = 36


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    with header("Cash", "How long money lasts, and where it goes."):
        export.menu(actor, "cash-statement")
        cash_entry.button(actor)
    with told("cash"):
        now = minute()
        picture = load(cash_picture, actor, tuple(months_until(now, _MONTHS)), as_of=now)
        if picture is None:
            _nothing(actor)
            return
        _answers(actor, picture, now)


def _answers(actor: Actor, picture: CashPicture, now: datetime) -> None:
    tiles(cash_figures.tiles(actor, picture, now))
    left, right = st.columns([3, 2])
    with left:
        cash_outlook.path(picture)
    with right:
        cash_outlook.endings(picture.outlook)
    cash_scenarios.show(actor, now)
    left, right = st.columns([3, 2])
    with left:
        cash_statement.burns(picture)
    with right:
        cash_statement.last_month(picture)
    cash_statement.table(picture)
    cash_entries.show(actor, now)


def _nothing(actor: Actor) -> None:
    may = actor.may(Permission.FINANCE_MANAGE_COSTS)
    sentence = "Runway appears here once cash is booked. " + (
        "Begin with the opening balance of the bank; then a month's receipts and payments."
        if may
        else "An admin or owner can record entries."
    )
    if empty("cash", "No cash booked yet", sentence, icon="account_balance", action="Record an entry" if may else None):
        cash_entry.open_dialog(actor)
