"""Ask: one box for questions in plain words; each answer with its sentence, its figures and what they stand on."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from pages.ask import answer, asked, box, history, outcomes
from pages.parts import session
from pages.parts.cards import header
from pages.parts.load import told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.AI_QUERY)
    with header("Ask", box.who_reads()):
        if asked.questions():
            box.start_over()
    with told("the answer"):
        _conversation(actor)


def _conversation(actor: Actor) -> None:
    box.ask()
    if not asked.questions():
        box.examples(actor)
        history.show(actor)
        box.numbers(actor)
        return
    turns = asked.turns(actor)
    history.earlier(turns)
    reply = turns[-1].reply
    with st.container(key=f"reply-{len(turns)}"):
        if reply.outcome == "ANSWER":
            answer.show(actor, reply)
        else:
            outcomes.show(reply)
            if reply.outcome == "REFUSE":
                box.examples(actor)
    if any(turn.reply.query for turn in turns):
        box.follow_up(len(turns))
