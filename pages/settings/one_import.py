"""One import: what would become of its rows or has, everything that is wrong with them, and its progress."""

from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.imports.reads import Run, run_by_id
from core.money import Money
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, card, tiles
from pages.parts.load import fresh, looked_at
from pages.settings import begin, findings
from pages.settings.preview import preview

EVERY_SECONDS = 1.0


def show(actor: Actor, run_id: UUID) -> None:
    """Draw the import."""
    run = fresh(run_by_id, actor, run_id)
    if run.state in {"queued", "running"}:
        _progress(actor, run_id)
    elif run.state == "done":
        st.success(_done(run), icon=":material/check_circle:")
    elif run.state == "failed":
        st.error(f"It stopped: {say.plain(run.failure or 'nobody knows why')}", icon=":material/error:")
    _what(actor, run)
    tiles(_tiles(run))
    for note in run.summary["notes"]:
        st.warning(say.plain(note), icon=":material/report:")
    findings.show(run)
    preview(run)


@st.fragment(run_every=EVERY_SECONDS)
def _progress(actor: Actor, run_id: UUID) -> None:
    """A bar that follows the run; once it is over, the page is drawn anew."""
    run = fresh(run_by_id, actor, run_id)
    if run.state not in {"queued", "running"}:
        st.rerun()
    done = f"{run.done:,} of {run.total:,} customers" if run.total else "Waiting for a worker"
    st.progress(run.done / run.total if run.total else 0.0, text=done)
    st.caption("It goes on when you leave this page. Whatever is in is complete: customers come one by one, whole.")


def _done(run: Run) -> str:
    books = say.plain(run.books)
    at = looked_at()
    if at is not None and run.as_of is not None:
        return f"{books} is in. Everything is looked at as of {say.day(at)}; profiles follow within minutes."
    return f"{books} is in; profiles follow within minutes."


def _what(actor: Actor, run: Run) -> None:
    title = f"{run.books}, as of {say.day(run.as_of)}" if run.as_of else run.books
    with card("what", title, f"Checked by {run.started_by}, {say.moment(run.created_at)}").right:
        st.link_button("Download report", f"/api/imports/{run.id}/report", icon=":material/download:")
        if run.state in {"checked", "failed"}:
            begin.button(actor, run)


def _tiles(run: Run) -> list[Tile]:
    def number(name: str) -> int:
        return sum(count[name] for count in run.summary["counts"])

    mrr = Money(run.summary["mrrMinor"], run.summary["currency"])
    known = f"{say.integer(number('known'))} were here before" if number("known") else "none was here before"
    label = "Rows imported" if run.state == "done" else "Rows to import"
    return [
        Tile("new", label, say.integer(number("new")), note=known, definition=Definition(
            "Rows that become customers, subscriptions, use, tickets and churn events. A row that was imported before, "
            "or stands in the file twice, counts once.")),
        Tile("refused", "Refused", say.integer(number("refused")), note="can't be imported", definition=Definition(
            "Rows that can't be imported, each with its reason in the report. Nothing of them is imported.")),
        Tile("doubtful", "Doubtful", say.integer(number("doubtful")), note="imported all the same",
             definition=Definition("Rows that are imported although something about them is odd: the report says "
                                   "what.")),
        Tile("mrr", "MRR", say.amount(mrr, whole=True), note="of all subscriptions, on the last day",
             definition=Definition("What the subscriptions in force on the last day of these books are worth a month. "
                                   "The ledger will say the same, to the cent.")),
    ]  # fmt: skip
