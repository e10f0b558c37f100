"""Reports: the board report, what is mailed when and to whom, and every table that can be taken away."""

from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.reports.exporting import REPORTS
from core.reports.reads import Schedule, schedules
from core.reports.schedule_times import said
from core.reports.sending import title_of
from pages.finance import report_schedule, report_schedule_acts
from pages.parts import columns, export, links, pills, session
from pages.parts import format as say
from pages.parts.cards import card, header
from pages.parts.empty import empty
from pages.parts.load import fresh, told

COVERS: Final = "The board report, what is mailed to whom and when, and every table as a file."


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_EXPORT)
    with header("Reports", COVERS):
        if actor.may(Permission.FINANCE_READ):
            links.link("board-report", "Board report", icon="co_present")
        if st.button("Schedule a report", type="primary", icon=":material/schedule_send:", key="schedule"):
            report_schedule.add(actor)
    with told("reports"):
        _schedules(actor, fresh(schedules, actor))
        _tables(actor)


def _schedules(actor: Actor, found: tuple[Schedule, ...]) -> None:
    place = card("schedules", "Mailed reports", "Select one to change, pause or remove it.", height="content")
    with place.body:
        if not found:
            sentence = (
                "A board that gets its page on the first of the month asks less in between. Choose a report, the day, "
                "and who gets it; each period is mailed once."
            )
            if empty("schedules", "Nothing is mailed yet", sentence, icon="schedule_send", action="Schedule the first"):
                report_schedule.add(actor)
            return
        picked = _table(found)
    if picked and picked[0] < len(found):
        report_schedule_acts.show(actor, found[picked[0]])


def _table(found: tuple[Schedule, ...]) -> list[int]:
    return columns.table(
        pd.DataFrame(
            {
                "report": [title_of(each.report) for each in found],
                "state": pills.cells("sending", [_state(each) for each in found]),
                "format": [each.file_format.upper() for each in found],
                "when": [said(each.rhythm, each.day, each.hour) for each in found],
                "next": [None if each.paused else each.next_at for each in found],
                "to": [say.listing(list(each.recipients), most=2) for each in found],
                "as": [each.made_by for each in found],
                "why": [each.trouble for each in found],
            }
        ),
        {
            "report": columns.name("Report", width=150),
            "state": columns.pills("sending", "State", width=90),
            "format": columns.text("Format", width=75),
            "when": columns.text("When", width=200),
            "next": columns.moment("Next"),
            "to": columns.text("To", width=220),
            "as": columns.text("As seen by", width=160, help="It holds what this person may see."),
            "why": columns.text("Why the last was not sent", width=260),
        },
        key="schedules",
        alt="Reports that are mailed: state, format, when, the next time, to whom, and as whom they are made.",
        select="one",
        height="content",
    )


def _state(each: Schedule) -> str:
    return "off" if each.paused else "failing" if each.trouble else "on"


def _tables(actor: Actor) -> None:
    mine = {report.title: name for name, report in REPORTS.items() if report.may_take(actor)}
    place = card("tables", "Take a table away", "Whole, as of now; its own page takes it narrowed", height="content")
    with place.body, st.container(horizontal=True, vertical_alignment="bottom", key="row-table"):
        title = st.selectbox("Table", sorted(mine), key="table", width=280)
        if title is not None:
            export.menu(actor, mine[title])
