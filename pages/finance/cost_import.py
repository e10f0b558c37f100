"""Costs from a CSV file: what it holds is shown, with what is refused and why, before anything is booked."""

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.booking import book_costs
from core.finance.cost_files import COLUMNS, SOURCE, ReadFile, read_costs
from core.money import Money
from db.session import ReadSession
from pages.parts import columns
from pages.parts import format as say
from pages.parts.load import change, fresh, told


def button(actor: Actor) -> None:
    """Beside recording one, for who may record costs."""
    if actor.may(Permission.FINANCE_MANAGE_COSTS) and st.button("Upload CSV", icon=":material/upload:", key="cost-csv"):
        _dialog(actor)


@st.dialog("Costs from a file", icon=":material/upload:", width="large")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    st.caption(
        say.plain(f"The first line names the columns, of: {', '.join(COLUMNS)}. Day, kind and amount are needed.")
    )
    given = st.file_uploader("A CSV file", type=["csv"], key="cost-file")
    if given is None:
        return
    with told():
        found = fresh(_read, actor, given.getvalue())
        _shown(found)
        if found.entries and st.button(
            f"Book {say.count(len(found.entries), 'entry', 'entries')}", type="primary", key="cost-file-confirm"
        ):
            with change(actor) as session:
                book_costs(session, actor, found.entries, now=clock.now(), source=SOURCE)
            st.toast("Booked.", icon=":material/check:")
            st.rerun()


def _shown(found: ReadFile) -> None:
    sums: dict[str, Money] = {}
    for each in found.entries:
        known = sums.get(each.amount.currency)
        sums[each.amount.currency] = each.amount if known is None else known + each.amount
    totals = say.listing([say.amount(each) for each in sums.values()]) if sums else "nothing"
    st.markdown(
        f"**{say.plain(say.count(len(found.entries), 'row'))} can be booked**, {say.plain(totals)} together. What was "
        "booked from this file before is not booked again."
    )
    if found.refused:
        st.markdown(
            f":orange-badge[Refused] {say.plain(say.count(len(found.refused), 'row'))}: the rest can be booked."
        )
        columns.table(
            pd.DataFrame(
                {
                    "line": [each.line for each in found.refused],
                    "why": [each.why for each in found.refused],
                    "said": [each.said for each in found.refused],
                }
            ),
            {
                "line": columns.count("Line"),
                "why": columns.text("Why", width=340),
                "said": columns.text("It says", width=260),
            },
            key="refused-costs",
            alt="Rows that are refused, by line, with why and what they say.",
            height="content" if len(found.refused) < 10 else 320,
        )


def _read(session: ReadSession, actor: Actor, content: bytes) -> ReadFile:
    return read_costs(session, actor, content, today=clock.now().date())
