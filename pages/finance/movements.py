"""Movements: the rows of the ledger behind a figure, newest first, and what they add up to."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.drill import movement_rows
from core.finance.exchange import REPORTING
from core.finance.ledger import ledger_facts
from core.finance.movements import KINDS
from core.metrics.catalog import metric
from core.metrics.sums import number, value_of
from core.periods import Period
from pages.finance import narrowed, revenue_month
from pages.finance.movements_rows import table
from pages.finance.narrowed import Where
from pages.finance.revenue_month import Chosen
from pages.parts import export, filters, paging, session
from pages.parts import format as say
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, told

OVER: Final = {"1 month": 1, "3 months": 3, "6 months": 6, "12 months": 12}
_PAGE: Final = 100


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Movements", "Every change of a customer's MRR, newest first. Rows are appended, never altered.")
    with told("movements"):
        current = revenue_month.running()
        if revenue_month.begun(actor, current).empty:
            revenue_month.nothing("movements")
            return
        with right:
            over = OVER[filters.one_of("Over", list(OVER), key="over")]
            chosen = revenue_month.picker(actor, current, "movements")
        _ledger(actor, chosen, Period(chosen.back(over)[0].start, chosen.month.end))


def _ledger(actor: Actor, chosen: Chosen, period: Period) -> None:
    kinds = {each.capitalize(): each for each in KINDS}
    picked = filters.at_most_one("Movement", list(kinds), key="kind")
    kind = None if picked is None else kinds[picked]
    where = narrowed.controls(actor, "movements", period, chosen)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="row-sum"):
        st.caption(_sum(actor, period, where, kind, chosen), width="stretch")
        since, until = period.start.date(), chosen.at.date()
        export.menu(actor, "movements", kind=kind, since=since, until=until, **narrowed.as_report(where))
    cursor = paging.cursor("movements", (period, kind, repr(where)))
    found = load(movement_rows, actor, period, kind=kind, where=where, as_of=chosen.now, cursor=cursor, limit=_PAGE)
    if not found.rows:
        empty("moved", "Nothing moved", "Choose a longer time, or take a filter away.", icon="filter_alt_off")
        return
    table(found.rows, chosen)
    paging.controls("movements", found.next_cursor, noun="movements")


def _sum(actor: Actor, period: Period, where: Where, kind: str | None, chosen: Chosen) -> str:
    """What the rows add up to: the figure that led here, read from the ledger by itself."""
    facts = load(ledger_facts, actor, (period,), where=where, as_of=chosen.now)
    net_new = number(value_of(metric("net_new_mrr"), facts)) or 0
    minor = int(net_new if kind is None else facts[kind].sum())
    what = "Net new MRR" if kind is None else f"MRR of {kind}"
    start, end = say.day(period.start), say.day(chosen.at)
    words = say.plain(f"{what} since {start}: " if chosen.running else f"{what} from {start} to {end}: ")
    return f"{words}**{say.plain(say.money(minor, REPORTING, sign=True))}**{narrowed.parts(where)}"
