"""Billing a month for everybody: a run is begun, looked at while all of it is drafts, and then let out."""

from datetime import datetime
from typing import Final
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.invoice_runs import begin_run
from core.billing.invoices.runs import Run, run_by_id, runs
from core.periods import add_months, midnight
from pages.finance import invoice_run_figures, invoice_run_rows
from pages.parts import filters, links, session
from pages.parts import format as say
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import change, fresh, present, told

_EVERY_SECONDS: Final = 1.0
_BACK: Final = 6


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    links.link("invoices", "Invoices", icon="arrow_back")
    right = header("Bill a month", "Everybody's month drafted at once, looked at, then issued.")
    with told("invoice runs"):
        known = fresh(runs, actor)
        if not known:
            _nothing(actor)
            return
        with right:
            _begin(actor)
        picked = _picked(known)
        if picked.stage in {"drafting", "finalizing"}:
            _progress(actor, picked.id)
        invoice_run_figures.show(actor, picked)
        invoice_run_rows.show(actor, picked)


def _picked(known: tuple[Run, ...]) -> Run:
    """The run that the address names, else the newest."""
    named = {str(one.id): one for one in known}
    if len(known) > 1:
        picked = filters.pick(
            "Run", list(named), key="run", show=lambda key: _called(named[key]), placeholder="The newest run", width=340
        )
        return named.get(picked or "", known[0])
    return known[0]


def _called(run: Run) -> str:
    return f"{say.month(run.month)}, begun {say.moment(run.started_at)} by {run.started_label}"


def _begin(actor: Actor) -> None:
    if actor.may(Permission.INVOICE_CREATE) and st.button(
        "Start a run", icon=":material/playlist_add_check:", key="start-run"
    ):
        _dialog(actor)


@st.dialog("Start a run", icon=":material/playlist_add_check:")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    this = midnight(present().date().replace(day=1))
    months = [add_months(this, -back) for back in range(-1, _BACK)]
    month: datetime = st.selectbox("Month", months, index=1, format_func=say.month, key="run-month")
    st.markdown(
        "Drafts the month for every customer who had a subscription in it or in the month before: periods that begin "
        "in it, usage and overage of the month before. **Nothing is issued or sent**: you look at it first, and "
        "finalize it on this page."
    )
    if st.button("Start it", type="primary", key="run-confirm", width="stretch"):
        with told():
            with change(actor) as writing:
                made = begin_run(writing, actor, month, now=clock.now())
            filters.go(links.to("invoice-run"), {"run": str(made)})


def _nothing(actor: Actor) -> None:
    may = actor.may(Permission.INVOICE_CREATE)
    sentence = "A run drafts a month for every customer and shows what each will be asked, and who can't be and why. "
    sentence += "Nothing is issued until you say so." if may else "An owner, admin or manager can start one."
    if empty(
        "runs", "No month was billed yet", sentence, icon="playlist_add_check", action="Start a run" if may else None
    ):
        _dialog(actor)


@st.fragment(run_every=_EVERY_SECONDS)
def _progress(actor: Actor, run_id: UUID) -> None:
    """A bar that follows the run; once its stage is over, the page is drawn anew."""
    run = fresh(run_by_id, actor, run_id)
    if run.stage not in {"drafting", "finalizing"}:
        st.rerun()
    word = "drafted" if run.stage == "drafting" else "issued"
    done = f"{say.integer(run.done)} of {say.count(run.customers, 'customer')} {word}"
    st.progress(run.done / run.customers if run.customers else 1.0, text=done)
    st.caption("It goes on when you leave this page, and after a restart where it stopped.")
