"""The customers of a run: what each is asked, and of those who can't be billed why, with the way to mend it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.billing.invoices.runs import ItemState, Run, RunItem, run_items
from pages.finance.invoice_run_figures import totals
from pages.parts import columns, filters, links, paging
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import fresh

_OPEN: Final = "item-open"
_PAGE: Final = 200
_IN_SIGHT: Final = 14
_MENDED: Final = 20
_STATES: Final[dict[ItemState, str]] = {
    "refused": "Can't be billed",
    "drafted": "Drafted",
    "finalized": "Issued",
    "nothing": "Nothing due",
    "waiting": "Waiting",
}


def show(actor: Actor, run: Run) -> None:
    """Draw who is refused first, then the table."""
    if run.counts.get("refused"):
        _refused(fresh(run_items, actor, run.id, state="refused", limit=_MENDED), run.counts["refused"])
    there = [state for state in _STATES if run.counts.get(state)]
    if not there:
        st.caption("Nobody had a subscription in this month or the one before.")
        return
    with card("items", "Customers", "Open a row for its invoice", height="content").body:
        state = filters.at_most_one("State", there, key="item", show=_STATES.__getitem__)
        cursor = paging.cursor("items", (run.id, state))
        found = fresh(run_items, actor, run.id, state=state, after=_place(cursor), limit=_PAGE + 1)
        rows = found[:_PAGE]
        _table(rows)
        last = rows[-1] if len(found) > _PAGE else None
        paging.controls("items", f"{last.organization_id} {last.customer}" if last else None, noun="customers")


def _place(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    key, _, name = cursor.partition(" ")
    return name, UUID(key)


def _refused(found: Sequence[RunItem], number: int) -> None:
    place = card("refused", "Can't be billed", f"{say.count(number, 'customer')}, each left out", height="content")
    with place.body:
        for each in found:
            with st.container(
                horizontal=True,
                horizontal_alignment="distribute",
                vertical_alignment="center",
                key=f"row-refused-{each.organization_id}",
            ):
                st.markdown(f"**{say.plain(each.customer)}** {say.plain(each.reason or '')}", width="stretch")
                links.link("billing", "Billing profile", {"customer": each.customer}, icon="contact_mail")
        if number > len(found):
            st.caption(f"{say.count(number - len(found), 'more is', 'more are')} in the table below.")


def _table(rows: Sequence[RunItem]) -> None:
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(rows):
        _go(rows[clicked])
    columns.table(
        pd.DataFrame(
            {
                "customer": [one.customer for one in rows],
                "state": [_STATES[one.state] for one in rows],
                "total": [totals(one.totals) for one in rows],
                "reason": [one.reason or "" for one in rows],
            }
        ),
        {
            "customer": columns.opener("Customer", key=_OPEN, width=200),
            "state": columns.text("State", width=120),
            "total": columns.text("Total", width=150),
            "reason": columns.text("Why", width=420),
        },
        key="items",
        alt="Customers of the run with state, total, and why nothing could be drafted.",
        height="content" if len(rows) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _go(one: RunItem) -> None:
    if one.invoice_ids:
        filters.go(links.to("invoice"), {"id": str(one.invoice_ids[0])})
    elif one.state == "refused":
        filters.go(links.to("billing"), {"customer": one.customer})
    else:
        filters.go(links.to("customer"), {"id": str(one.organization_id)})
