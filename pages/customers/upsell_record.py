"""How well the rules do, and what came near the list but is not on it."""

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.culture import upsell_reads as reads
from core.culture.estimate import Abstention, Figure
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load


def show(actor: Actor) -> None:
    """Draw precision per rule beside what is not on the list."""
    left, right = st.columns(2)
    with left:
        _precision(actor)
    with right:
        _held(actor)


def _precision(actor: Actor) -> None:
    rows = load(reads.precision, actor)
    with card("precision", "Precision per rule", "Won of all that were closed, with its 95% interval.").body:
        if not rows:
            st.caption("No rule has found anything yet.")
            return
        columns.table(
            pd.DataFrame(
                {
                    "rule": [say.phrase(each.rule) for each in rows],
                    "rate": [_rate(each.rate) for each in rows],
                    "won": [each.won for each in rows],
                    "lost": [each.lost for each in rows],
                    "ignored": [each.ignored for each in rows],
                    "open": [each.open for each in rows],
                }
            ),
            {
                "rule": columns.name("Rule", width=140),
                "rate": columns.text("Precision", width=105),
                "won": columns.count("Won"),
                "lost": columns.count("Lost"),
                "ignored": columns.count("Ignored", help="Closed as no opportunity."),
                "open": columns.count("Open"),
            },
            key="precision",
            alt="Each rule with what became of its opportunities.",
            height="content",
        )
        st.caption("Until a rule has 20 outcomes, its chance to win is mostly a prior of one in ten: Beta(1, 9).")


def _rate(figure: Figure) -> str:
    if isinstance(figure, Abstention):
        return f"{say.DASH} none closed"
    return say.interval(figure.value, figure.low, figure.high, show=lambda value: say.percent(value, digits=0))


def _held(actor: Actor) -> None:
    rows = load(reads.not_listed, actor, limit=200)
    with card("held", "Not on the list, and why", "What came near, and the reason it was left out.").body:
        if not rows:
            st.caption("Nothing came near and was left out.")
            return
        columns.table(
            pd.DataFrame(
                {
                    "name": [each.organization for each in rows],
                    "rule": [say.phrase(each.rule) for each in rows],
                    "subject": [say.phrase(each.subject) for each in rows],
                    "why": [each.reason for each in rows],
                }
            ),
            {
                "name": columns.name("Customer", width=115),
                "rule": columns.text("Rule", width=125),
                "why": columns.text("Why not", width=420),
                "subject": columns.text("About", width=120),
            },
            key="held",
            alt="Customers for whom a rule came near, and why nothing is offered.",
            height=330 if len(rows) > 7 else "content",
        )
