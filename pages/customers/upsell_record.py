"""How well the rules do, who may leave for a lower tier, and what came near the list but is not on it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.culture import upsell_reads as reads
from core.culture.estimate import Abstention, Figure
from core.culture.upsell_odds import OUTCOMES_FOR_OWN_RATE
from core.culture.upsell_people import downgrade_risk
from core.culture.upsell_reads import NotListedRow, RulePrecision
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import Definition, card, explain
from pages.parts.load import load

_RISK = downgrade_risk.__name__
_MOST = 200
_PRECISION = Definition(
    "How often a rule was right, of the opportunities that somebody asked the customer about.",
    "won ÷ (won + lost), with the 95% interval of Beta(1 + won, 1 + lost)",
    f"Values stand on the chance beside it, (1 + won) ÷ (10 + closed): until {OUTCOMES_FOR_OWN_RATE} are closed that "
    "is mostly the prior Beta(1, 9), one in ten.",
)


def show(actor: Actor) -> None:
    """Draw what is not on the list beside precision per rule and the risks."""
    left, right = st.columns([3, 2])
    with left:
        _held(actor)
    with right:
        _precision(actor)
        _risks(actor)


def _precision(actor: Actor) -> None:
    rows = load(reads.precision, actor)
    place = card("precision", "Precision per rule", "Won of what was won or lost.", height="content")
    with place.right, st.popover("How", icon=":material/info:", type="tertiary", key="how-precision"):
        explain("Precision per rule", _PRECISION)
    with place.body:
        if not rows:
            st.caption("No rule has found anything yet.")
            return
        columns.table(
            pd.DataFrame(
                {
                    "rule": [say.phrase(each.rule) for each in rows],
                    "rate": [_rate(each.rate) for each in rows],
                    "chance": [_chance(each) for each in rows],
                    "won": [each.won for each in rows],
                    "lost": [each.lost for each in rows],
                    "ignored": [each.ignored for each in rows],
                    "open": [each.open for each in rows],
                }
            ),
            {
                "rule": columns.name("Rule", width=130),
                "rate": columns.text("Precision", width=140, help="Of how many that were won or lost, with its range."),
                "won": columns.count("Won"),
                "open": columns.count("Open"),
                "chance": columns.text("Chance used", width=95, help="What expected values stand on."),
                "lost": columns.count("Lost"),
                "ignored": columns.count("Ignored", help="Closed as no opportunity."),
            },
            key="precision",
            alt="Each rule with what became of its opportunities.",
            height="content",
        )


def _rate(figure: Figure) -> str:
    if isinstance(figure, Abstention):
        return f"{say.DASH} none yet"
    low, high = (say.percent(end, digits=0) for end in (figure.low, figure.high))
    return f"{say.percent(figure.value, digits=0)} of {say.integer(figure.n)} ({low}–{high})"


def _chance(each: RulePrecision) -> str:
    return f"{say.percent(each.chance, digits=0)}{'' if each.learnt else ', prior'}"


def _risks(actor: Actor) -> None:
    """Under-use is no upsell; it is what a customer will ask about when the license ends."""
    rows = load(reads.not_listed, actor, rule=_RISK, limit=_MOST)
    with card("risks", "At risk of a downgrade", "A tenth of the seats or less is used.", height="content").body:
        if not rows:
            st.caption("Nobody leaves nine in ten of their seats unused.")
        for each in rows:
            with st.container(key=f"row-risk-{each.install_id}", gap=None):
                links.customer(each.organization, each.install_id)
                st.caption(say.plain(each.reason))


def _held(actor: Actor) -> None:
    place = card("held", "Not on the list, and why", "What came near, and the reason it was left out.")
    with place.right:
        text = filters.search("Customer left out", key="left-out", width=190)
    found = [each for each in load(reads.not_listed, actor, text=text, limit=_MOST) if each.rule != _RISK]
    # Whoever left comes last: there is nothing to do about it.
    rows = sorted(found, key=lambda each: each.reason.startswith("The license is"))
    with place.body:
        if not rows:
            st.caption(_nobody(text))
            return
        columns.table(
            _frame(rows),
            {
                "name": columns.name("Customer", width=130),
                "why": columns.text("Why not", width=430),
                "rule": columns.text("Rule", width=140),
                "subject": columns.text("About", width=120),
            },
            key="held",
            alt="Customers for whom a rule came near, and why nothing is offered.",
            height=440 if len(rows) > 10 else "content",
        )


def _nobody(text: str) -> str:
    if not text:
        return "Nothing came near and was left out."
    return f"Nothing was held back for “{say.plain(text)}”: what rules found stands on the list above, if anything."


def _frame(rows: Sequence[NotListedRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [each.organization for each in rows],
            "rule": [say.phrase(each.rule) for each in rows],
            "subject": [say.phrase(each.subject) for each in rows],
            "why": [each.reason for each in rows],
        }
    )
