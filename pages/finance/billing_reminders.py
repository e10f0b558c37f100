"""The schedule by which late invoices are asked for, as data that can be edited."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.dunning import DEFAULT, MOST_STEPS, Step, set_steps, steps
from core.errors import InvalidInput
from db.session import ReadSession
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, load, told

_DRAWN: Final = "steps-drawn"


def show(actor: Actor) -> None:
    """Draw the steps; who may issue invoices edits them in place."""
    found = load(_steps, actor)
    note = "Each step is one mail to the billing address, so many days after an invoice was due"
    with card("reminders", "Reminders", note, height="content").body:
        if found == DEFAULT:
            st.caption("The house's schedule, until you save one of your own.")
        if not actor.may(Permission.INVOICE_FINALIZE):
            _told(found)
            return
        _editor(actor, found)


def _steps(session: ReadSession, _actor: Actor) -> tuple[Step, ...]:
    return steps(session)


def _told(found: Sequence[Step]) -> None:
    for one in found:
        st.markdown(f"**{say.count(one.days, 'day')}** {say.plain(one.subject)}  \n:gray[{say.plain(one.words)}]")


def _editor(actor: Actor, found: Sequence[Step]) -> None:
    given = pd.DataFrame([vars(one) for one in found])
    edited = st.data_editor(
        given,
        column_config={
            "days": st.column_config.NumberColumn("Days", min_value=0, max_value=365, step=1, width=60),
            "subject": st.column_config.TextColumn("Subject", width=200),
            "words": st.column_config.TextColumn("Words", width=420),
        },
        column_order=("days", "subject", "words"),
        hide_index=True,
        num_rows="dynamic",
        row_height=38,
        key=f"steps-{st.session_state.get(_DRAWN, 0)}",
    )
    st.caption(
        f"Texts may name {{number}}, {{due}}, {{days}} and {{seller}}; up to {MOST_STEPS} steps. Of several that have "
        "come only the latest is sent, and a step that was taken is not taken again."
    )
    if st.button("Save the schedule", key="steps-confirm", icon=":material/save:", disabled=edited.equals(given)):
        with told():
            wanted = steps_given(edited.to_dict("records"))
            with change(actor) as session:
                set_steps(session, actor, wanted, now=clock.now())
            st.session_state[_DRAWN] = st.session_state.get(_DRAWN, 0) + 1
            st.toast("The schedule holds from the next reminder on.", icon=":material/check:")
            st.rerun()


def steps_given(rows: Sequence[dict[Any, Any]]) -> list[Step]:
    """The rows of the editor as steps; InvalidInput for one without a number of days."""
    return [_step(row) for row in rows]


def _step(row: dict[Any, Any]) -> Step:
    if row["days"] is None or pd.isna(row["days"]):
        raise InvalidInput("Say after how many days each step is taken.", field="days")
    return Step(int(row["days"]), str(row["subject"] or ""), str(row["words"] or ""))
