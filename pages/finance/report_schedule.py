"""The form of a schedule: which report, how, when, and who gets it."""

from calendar import day_name
from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.reports.exporting import BOARD, REPORTS
from core.reports.reads import Schedule, staff
from core.reports.schedule_times import LAST_DAY, Rhythm
from core.reports.sending import title_of
from core.reports.writes import NewSchedule, add_schedule, change_schedule
from pages.parts import format as say
from pages.parts.load import change, load, told

_FORMATS: Final = {"pdf": "PDF", "xlsx": "Excel (XLSX)", "csv": "CSV"}
_PAPERS: Final = {"a4": "A4", "letter": "Letter"}
_RHYTHMS: Final = {"monthly": "Every month", "weekly": "Every week"}
_EARLY: Final = 7
Write = Callable[..., Any]


@st.dialog("Schedule a report", icon=":material/schedule_send:", width="medium")
def add(actor: Actor) -> None:
    """Open the form for a new one."""
    form(actor, None)


@st.dialog("Change this schedule", icon=":material/edit:", width="medium")
def edit(actor: Actor, each: Schedule) -> None:
    """Open the form with what stands."""
    form(actor, each)


def form(actor: Actor, held: Schedule | None) -> None:
    """Everything of a schedule; the button says what it will do."""
    with told():
        report, file_format, paper = _what(actor, held)
        rhythm, day, hour = _when(held)
        recipients, outside = _who(actor, held)
        if held is not None and held.made_by != actor.label:
            st.caption(f"It was {say.plain(held.made_by)}'s; from now on it holds what you may see.")
        word = "Schedule it" if held is None else "Keep the change"
        if st.button(word, type="primary", width="stretch", key="schedule-keep", disabled=not recipients):
            wanted = NewSchedule(report, file_format, rhythm, day, hour, tuple(recipients), outside, paper)
            _keep(actor, held, wanted)


def _what(actor: Actor, held: Schedule | None) -> tuple[str, str, Any]:
    mine = [name for name, report in REPORTS.items() if report.may_take(actor)]
    known = [*([BOARD] if actor.may(Permission.FINANCE_READ) else []), *sorted(mine, key=title_of)]
    place = known.index(held.report) if held is not None and held.report in known else 0
    report = st.selectbox("Report", known, index=place, format_func=title_of, key="schedule-report")
    formats = ["pdf"] if report == BOARD else list(_FORMATS)
    left, right = st.columns(2)
    with left:
        chosen = formats.index(held.file_format) if held is not None and held.file_format in formats else 0
        file_format = st.selectbox("Format", formats, chosen, format_func=_FORMATS.__getitem__, key="schedule-format")
    with right:
        at = list(_PAPERS).index(held.paper) if held is not None else 0
        off = file_format != "pdf"
        paper = st.selectbox(
            "Paper", list(_PAPERS), at, format_func=_PAPERS.__getitem__, key="schedule-paper", disabled=off
        )
    return report, file_format, paper


def _when(held: Schedule | None) -> tuple[Rhythm, int, int]:
    known: list[Rhythm] = ["monthly", "weekly"]
    left, middle, right = st.columns(3)
    with left:
        at = known.index(held.rhythm) if held is not None else 0
        rhythm = st.selectbox("Rhythm", known, at, format_func=_RHYTHMS.__getitem__, key="schedule-rhythm")
    with middle:
        days = list(range(1, LAST_DAY[rhythm] + 1))
        stands = held.day if held is not None and held.rhythm == rhythm else 1
        show: Callable[[int], str] = str if rhythm == "monthly" else lambda one: day_name[one - 1]
        day = st.selectbox("Day", days, days.index(stands), format_func=show, key=f"schedule-day-{rhythm}")
    with right:
        hours = list(range(24))
        early = held.hour if held is not None else _EARLY
        hour = st.selectbox("Hour, UTC", hours, early, format_func=lambda one: f"{one:02d}:00", key="schedule-hour")
    return rhythm, day, hour


def _who(actor: Actor, held: Schedule | None) -> tuple[list[str], bool]:
    colleagues = load(staff, actor)
    stands = list(held.recipients) if held is not None else [actor.label]
    recipients = st.multiselect(
        "Recipients",
        list(dict.fromkeys([*colleagues, *stands])),
        stands,
        accept_new_options=True,
        placeholder="A colleague, or type an address",
        key="schedule-recipients",
    )
    strangers = [one for one in recipients if one not in colleagues]
    if not strangers:
        return recipients, False
    words = f"{say.listing(strangers)} may get these figures, although nobody of ours"
    return recipients, st.checkbox(say.plain(words), key="schedule-outside")


def _keep(actor: Actor, held: Schedule | None, wanted: NewSchedule) -> None:
    now = clock.now()
    with change(actor) as session:
        if held is None:
            add_schedule(session, actor, wanted, now=now)
        else:
            change_schedule(session, actor, held.id, wanted, now=now)
    st.toast("Scheduled. Send yourself a test to see it.", icon=":material/schedule_send:")
    st.rerun()
