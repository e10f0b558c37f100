"""A run at a glance: how many customers, what it comes to, who is refused; and the act that lets it out."""

from collections.abc import Sequence

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.invoice_runs import finalize_run
from core.billing.invoices.runs import Run
from core.money import Money
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, card, tiles
from pages.parts.load import change, told


def show(actor: Actor, run: Run) -> None:
    """Draw the tiles, and below them what to do next."""
    tiles(_tiles(run))
    place = card("standing", f"{say.month(run.month)}: {_STAGES[run.stage]}", _since(run), height="content")
    with place.right:
        ready = run.stage == "drafted" and run.counts.get("drafted", 0) and actor.may(Permission.INVOICE_FINALIZE)
        if ready and st.button("Finalize the run", type="primary", icon=":material/task_alt:", key="finalize-run"):
            _dialog(actor, run)
    with place.body:
        st.caption(_next(actor, run))


_STAGES = {
    "drafting": "being drafted",
    "drafted": "drafted, to be looked at",
    "finalizing": "being issued",
    "finalized": "issued",
}


def totals(amounts: Sequence[Money]) -> str:
    """Amounts of several currencies in a line."""
    return " + ".join(say.amount(each) for each in amounts) if amounts else say.DASH


def _tiles(run: Run) -> list[Tile]:
    counts = run.counts
    billed = counts.get("drafted", 0) + counts.get("finalized", 0)
    first, rest = run.totals[:1], run.totals[1:]
    return [
        Tile(
            "billed",
            "Comes to",
            totals(first),
            note=f"and {totals(rest)}" if rest else f"for {say.month(run.month)}",
            definition=Definition("The totals of all its invoices with tax, as they stand now."),
        ),
        Tile(
            "customers",
            "Customers billed",
            say.integer(billed),
            note=f"of {say.integer(run.customers)} with a subscription",
            definition=Definition("Customers for whom there is at least one invoice, one a currency."),
        ),
        Tile(
            "nothing",
            "Nothing due",
            say.integer(counts.get("nothing", 0)),
            note="billed already, or free",
            definition=Definition("Customers of whom nothing begins in the month that is not billed yet."),
        ),
        Tile(
            "refused",
            "Can't be billed",
            say.integer(counts.get("refused", 0)),
            note="each with its reason below" if counts.get("refused") else "nobody",
            definition=Definition(
                "Customers whose draft was refused, mostly for want of a country or a seller. Mend it in their billing "
                "profile and start the month again: nothing is billed twice."
            ),
        ),
    ]


def _since(run: Run) -> str:
    return f"Begun {say.moment(run.started_at)} by {run.started_label}"


def _next(actor: Actor, run: Run) -> str:
    if run.stage in {"drafting", "finalizing"}:
        return "What is through already is shown below."
    if run.stage == "finalized":
        return f"All of it is out since {say.moment(run.finalized_at)}. Invoices are sent from their own pages."
    if not run.counts.get("drafted"):
        return "There is nothing to issue in this run."
    if not actor.may(Permission.INVOICE_FINALIZE):
        return "An admin or owner can finalize it."
    return "Look at the rows below; a draft opens from its row, and can be deleted or drafted again until you finalize."


@st.dialog("Finalize a run", icon=":material/task_alt:")
def _dialog(actor: Actor, run: Run) -> None:
    body(actor, run)


def body(actor: Actor, run: Run) -> None:
    """What the dialog shows."""
    drafted = say.count(run.counts.get("drafted", 0), "customer")
    st.markdown(
        f"Every draft of this run gets its number and today's date: **{say.plain(totals(run.totals))}** for "
        f"**{drafted}**. It can't be taken back: what is wrong is credited or voided. Nothing is mailed by this."
    )
    if run.counts.get("refused"):
        st.warning(
            f"{say.count(run.counts['refused'], 'customer')} can't be billed and {_is(run.counts['refused'])} left "
            "out. Mend and run the month again later for them alone.",
            icon=":material/report:",
        )
    if st.button("Finalize it", type="primary", key="finalize-run-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                finalize_run(session, actor, run.id, now=clock.now())
            st.rerun()


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
