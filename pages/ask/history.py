"""What was asked before: in this conversation, and one's own questions of other days."""

import streamlit as st

from core.access.actor import Actor
from core.ask.reads import Asked, history
from pages.ask import asked
from pages.ask.asked import Turn
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import fresh, present

_ICONS = {"ANSWER": "check_circle", "CLARIFY": "help", "ABSTAIN": "do_not_disturb_on", "REFUSE": "block"}


def earlier(turns: list[Turn]) -> None:
    """The questions of a conversation, those before the last one with what they were answered; of one alone nothing."""
    for number, turn in enumerate(turns if len(turns) > 1 else ()):
        with st.container(gap=None, key=f"turn-{turn.reply.receipt_id}"):
            st.markdown(f"**{say.plain(turn.question)}**")
            if number < len(turns) - 1:
                st.caption(say.plain(turn.reply.text))


def show(actor: Actor) -> None:
    """One's own questions, newest first; a click asks again."""
    found = fresh(history, actor, limit=12)
    if not found:
        return
    with card("history", "Your questions", "Nobody else sees them", height="content").body, st.container(gap=None):
        for number, each in enumerate(found):
            _one(number, each)


def _one(number: int, each: Asked) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-asked-{number}"
    ):
        icon = f":material/{_ICONS[each.outcome]}:"
        if st.button(say.plain(each.question), icon=icon, type="tertiary", key=f"again-{number}", help=each.answer):
            asked.begin(each.question)
            st.rerun()
        st.caption(say.relative(each.asked_at, present()), width="content")
