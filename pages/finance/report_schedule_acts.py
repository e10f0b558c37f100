"""What can be done with a schedule, and what became of its last periods."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.reports.reads import Schedule, sent
from core.reports.schedule_times import said
from core.reports.sending import send_test, title_of
from core.reports.writes import pause_schedule, remove_schedule
from pages.finance import report_schedule
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, fresh, told


def show(actor: Actor, each: Schedule) -> None:
    """Draw the card of the schedule that is selected."""
    note = f"{said(each.rhythm, each.day, each.hour)}, to {say.listing(list(each.recipients), most=3)}"
    place = card("schedule", title_of(each.report), note, height="content")
    with place.body:
        with st.container(horizontal=True, key="row-schedule"):
            _acts(actor, each)
        _log(actor, each)


def _acts(actor: Actor, each: Schedule) -> None:
    if st.button("Send me a test", icon=":material/send:", key="schedule-test"):
        _do(actor, "On its way to you alone; Mails shows it.", send_test, each.id)
    if st.button("Change", icon=":material/edit:", key="schedule-edit"):
        report_schedule.edit(actor, each)
    word, icon = ("Resume", "play_circle") if each.paused else ("Pause", "pause_circle")
    if st.button(word, icon=f":material/{icon}:", key="schedule-pause"):
        _do(actor, "Done.", pause_schedule, each.id, paused=not each.paused)
    if st.button("Remove", icon=":material/delete:", key="schedule-remove"):
        _remove(actor, each)


def _log(actor: Actor, each: Schedule) -> None:
    found = fresh(sent, actor, each.id)
    if not found:
        st.caption(
            f"Nothing was sent yet. The first goes out on {say.moment(each.next_at)}." if not each.paused else ""
        )
        return
    columns.table(
        pd.DataFrame(
            {
                "period": [one.period for one in found],
                "at": [one.sent_at for one in found],
                "mails": [one.mails for one in found],
                "why": [one.trouble for one in found],
            }
        ),
        {
            "period": columns.name("Period", width=110),
            "at": columns.when("Made"),
            "mails": columns.count("Mails"),
            "why": columns.text("Why not", width=320),
        },
        key="sendings",
        alt="Periods that were sent: when, with how many mails, or why with none.",
        height="content",
    )


@st.dialog("Are you sure?")
def _remove(actor: Actor, each: Schedule) -> None:
    confirm_removal(actor, each)


def confirm_removal(actor: Actor, each: Schedule) -> None:
    """What goes with it, the reason, and the button that removes it."""
    who = say.plain(say.listing(list(each.recipients)))
    st.markdown(f"**{say.plain(title_of(each.report))}** is mailed to {who} no more. Mails that went out stay.")
    reason = st.text_area("Reason", placeholder="Why? Kept in the audit trail.", key="schedule-reason", max_chars=500)
    if st.button("Remove it", type="primary", key="schedule-gone", disabled=not (reason or "").strip()):
        _do(actor, "Removed.", remove_schedule, each.id, reason=reason or "")


def _do(actor: Actor, done: str, write: Callable[..., Any], *given: Any, **named: Any) -> None:
    with told():
        with change(actor) as session:
            write(session, actor, *given, now=clock.now(), **named)
        st.toast(done, icon=":material/check:")
        st.rerun()
