"""Board report: one page that a board would read, as it will be printed; any month, on A4 or Letter."""

from datetime import datetime
from typing import Final, cast

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.periods import Period
from core.reports.board import board, last_whole_month
from core.reports.board_paper import board_png, page_of
from core.reports.paper import Paper
from db.session import ReadSession
from pages.finance import revenue_month
from pages.parts import filters, links, session
from pages.parts import format as say
from pages.parts.cards import card, header
from pages.parts.load import load, told

_DOTS: Final = 150
_PAPERS: Final[dict[Paper, str]] = {"a4": "A4", "letter": "Letter"}
COVERS: Final = "A month on one page: the figures, what moved them, who came and went, and what that means in words."


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Board report", COVERS)
    with told("the board report"):
        current = revenue_month.running()
        known = revenue_month.begun(actor, current)
        if known.empty:
            revenue_month.nothing("board", "Nothing to tell a board yet", "co_present")
            return
        with right:
            month, paper = _chosen(len(known), current.now)
            _take(actor, month, paper)
        _sheet(actor, month, paper, current.now)


def _chosen(count: int, now: datetime) -> tuple[Period, Paper]:
    """The month and the paper that the address names; the last whole month while it names none."""
    last = last_whole_month(now)
    running = revenue_month.running()
    months = {say.month(each.start): each for each in reversed(running.back(count))}
    picked = filters.pick("Month", list(months), key="of", placeholder=say.month(last.start), width=150)
    paper = filters.one_of("Paper", list(_PAPERS), key="paper", show=lambda one: _PAPERS[cast("Paper", one)])
    return (last if picked is None else months[picked]), paper


def _take(actor: Actor, month: Period, paper: Paper) -> None:
    if not actor.may(Permission.FINANCE_EXPORT):
        return
    links.link("reports", "Mail it", icon="schedule_send")
    where = f"/api/financial/board-report?month={month.start:%Y-%m}&paper={paper}"
    st.link_button("PDF", where, icon=":material/picture_as_pdf:", type="primary", key="board-pdf")


def _sheet(actor: Actor, month: Period, paper: Paper, now: datetime) -> None:
    sheets, sentences = load(_paper, actor, month, paper, now)
    with card("board", height="content").body:
        for number, sheet in enumerate(sheets):
            with st.container(key=f"sheet-{number}"):
                st.image(sheet, width="stretch", output_format="PNG")
    with st.expander("The month in words"):
        for one in sentences:
            st.markdown(f"- {say.plain(one)}")


def _paper(
    session: ReadSession, actor: Actor, month: Period, paper: Paper, now: datetime
) -> tuple[tuple[bytes, ...], list[str]]:
    """Return the page as a picture, and its sentences for who can't see it."""
    found = board(session, actor, month, now=now)
    said: list[str] = page_of(found, paper)["sentences"]
    return board_png(found, paper=paper, dots_per_inch=_DOTS), said
