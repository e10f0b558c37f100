"""The box to ask in, examples that fit who asks and what there is, and the box to go on."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.ask.suggestions import suggestions
from core.config import settings
from core.metrics.customers import CUSTOMERS
from core.metrics.money import MONEY
from core.metrics.operations import OPERATIONS
from core.metrics.revenue import REVENUE
from pages.ask import asked
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_GROUPS: Final = {"Revenue": REVENUE, "Money": MONEY, "Customers": CUSTOMERS, "Operations": OPERATIONS}
_PLACEHOLDER = "What do you want to know? For example: MRR by tier, compared to last year"


def who_reads() -> str:
    """The line under the title: who reads questions here."""
    current = settings()
    if not current.openai_api_key:
        return "Questions in plain words, answered from the same figures as every page."
    if current.ask == "model":
        return f"Questions are read by {current.openai_model}, which sees their words and no data of yours."
    return (
        f"Questions are read by our grammar, and by {current.openai_model} where that can't; it sees no data of yours."
    )


def ask() -> None:
    """The box for a new question."""
    now = (asked.questions() or [""])[0]
    with (
        st.form("ask", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="askbox"),
    ):
        typed = st.text_input(
            "Question",
            value=now,
            # Another question in the address makes another box, so that it shows what is being answered.
            key=f"ask-box-{now}",
            max_chars=500,
            placeholder=_PLACEHOLDER,
            label_visibility="collapsed",
            icon=":material/search:",
        )
        if st.form_submit_button("Ask", type="primary") and (typed or "").strip():
            asked.begin(typed.strip())
            st.rerun()


def follow_up(number: int) -> None:
    """The box for what goes on from the last answer."""
    with (
        st.form("follow-up", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="followbox"),
    ):
        typed = st.text_input(
            "Go on",
            key=f"follow-{number}",
            max_chars=500,
            placeholder="Go on from here: only Pro · and last quarter? · by country",
            label_visibility="collapsed",
            icon=":material/subdirectory_arrow_right:",
        )
        if st.form_submit_button("Go on") and (typed or "").strip():
            asked.go_on(typed.strip())
            st.rerun()


def start_over() -> None:
    """The way back to examples and history."""
    if st.button("New question", icon=":material/add:", key="new-question"):
        asked.clear()
        st.rerun()


def examples(actor: Actor) -> None:
    """Questions that this person can ask of what there is; a click asks."""
    offered = load(suggestions, actor, now=minute())
    st.caption("Try one of these")
    with st.container(horizontal=True, gap="small", key="examples"):
        for number, each in enumerate(offered):
            if st.button(say.plain(each), key=f"example-{number}"):
                asked.begin(each)
                st.rerun()


def numbers(actor: Actor) -> None:
    """Every number that this person can ask for, by what it is about; a click asks for it."""
    with card("numbers", "What can be asked for", "Each also by tier, country and more, over time, or compared").body:
        groups = {name: [one for one in found if actor.may(one.permission)] for name, found in _GROUPS.items()}
        shown = {name: found for name, found in groups.items() if found}
        for name, found in shown.items():
            st.caption(name)
            with st.container(horizontal=True, gap="xsmall", key=f"numbers-{name}"):
                for one in found:
                    if st.button(say.plain(one.label), key=f"number-{one.id}", type="tertiary", help=one.definition):
                        asked.begin(one.label)
                        st.rerun()
