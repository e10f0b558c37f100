"""The step from a check to the import: asked for once more, then left to a worker."""

from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.imports.reads import Run, is_demo
from core.imports.running import DEMO_SENTENCE, TASK
from core.imports.writes import start, taken_sentence
from core.jobs.queue import defer
from db.session import ReadSession
from pages.parts import format as say
from pages.parts.load import change, fresh, told


def button(actor: Actor, run: Run) -> None:
    """The page's one primary action, where there is anything to take over."""
    if not any(count["new"] for count in run.summary["counts"]) and run.state == "checked":
        st.caption("Everything is here already.")
        return
    if st.button("Import", type="primary", icon=":material/input:", key="import-start"):
        confirm(actor, run)


@st.dialog("Import these books?")
def confirm(actor: Actor, run: Run) -> None:
    """Say what comes in, and what can't be undone, before it begins."""
    st.markdown(f"{say.plain(run.books)}: {say.plain(taken_sentence(run.summary['counts']))}.")
    st.caption("Refused rows are left out. Customers, subscriptions and movements can't be taken back one by one.")
    agreed = True
    if fresh(_demo, actor):
        st.warning(DEMO_SENTENCE.replace("`", ""), icon=":material/science:")
        agreed = st.checkbox("Mix them into the demo world all the same", key="into-demo")
    if st.button("Import", type="primary", key="import-confirm", disabled=not agreed):
        with told():
            begin(actor, run.id)
            st.rerun()


def begin(actor: Actor, run_id: UUID) -> None:
    """Queue the import; it runs in the background from its commit on."""
    now = clock.now()
    with change(actor) as session:
        start(session, actor, run_id, queued=True, now=now)
        defer(session, TASK, one_at_a_time=TASK, import_id=str(run_id))


def _demo(session: ReadSession, actor: Actor) -> bool:
    return is_demo(session)
