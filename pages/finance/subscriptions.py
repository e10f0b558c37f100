"""Subscriptions: what MRR is made of on a day, agreement by agreement."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.drill import subscription_rows
from core.finance.exchange import REPORTING
from core.finance.ledger import ledger_facts
from pages.finance import narrowed, revenue_month, subscriptions_waiting
from pages.finance.narrowed import Where
from pages.finance.revenue_month import Chosen
from pages.finance.subscriptions_rows import table
from pages.parts import export, paging, session
from pages.parts import format as say
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, told

_PAGE: Final = 100


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Subscriptions", "The agreements that MRR is made of: who pays how much, how often and since when.")
    with told("subscriptions"):
        current = revenue_month.running()
        if revenue_month.begun(actor, current).empty:
            revenue_month.nothing("subscriptions")
            return
        with right:
            chosen = revenue_month.picker(actor, current, "subscriptions")
        _active(actor, chosen)


def _active(actor: Actor, chosen: Chosen) -> None:
    where = narrowed.controls(actor, "subscriptions", chosen.month, chosen)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="row-sum"):
        st.caption(_sum(actor, where, chosen), width="stretch")
        export.menu(actor, "subscriptions", until=chosen.at.date(), **narrowed.as_report(where))
    cursor = paging.cursor("subscriptions", (chosen.month, repr(where)))
    found = load(subscription_rows, actor, at=chosen.at, where=where, cursor=cursor, limit=_PAGE)
    if not found.rows:
        empty("held", "Nobody pays on this day", "Choose a later month, or take a filter away.", icon="filter_alt_off")
        return
    table(actor, found.rows, chosen)
    paging.controls("subscriptions", found.next_cursor, noun="subscriptions")
    if chosen.running:
        subscriptions_waiting.show(actor)


def _sum(actor: Actor, where: Where, chosen: Chosen) -> str:
    """What the rows add up to: MRR as Revenue shows it, read from the ledger by itself."""
    facts = load(ledger_facts, actor, (chosen.month,), where=where, as_of=chosen.now)
    customers, closing = (int(facts[name].sum()) for name in ("customers_closing", "closing"))
    on = "now" if chosen.running else f"on {say.day(chosen.at)}"
    mrr = say.plain(say.money(closing, REPORTING))
    return f"MRR {say.plain(on)} of {say.count(customers, 'customer')}: **{mrr}**{narrowed.parts(where)}"
