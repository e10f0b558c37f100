"""What is being asked: questions in the address, replies remembered while one looks at them."""

import json
from dataclasses import dataclass
from typing import Final

import streamlit as st
from pydantic import ValidationError

from core import clock
from core.access.actor import Actor
from core.ask import door
from core.ask.reply import Reply
from core.databases import databases
from core.errors import InvalidInput
from core.metrics.query import Query

# The first question, those that go on from it, and for each in turn the reading a person chose instead, or nothing.
FIRST: Final = "q"
THEN: Final = "then"
EDIT: Final = "edit"
_KEPT: Final = "ask-turns"


@dataclass(frozen=True)
class Turn:
    """One question with its reply; `edit` is the reading a person chose, as JSON, or empty."""

    question: str
    edit: str
    reply: Reply


def questions() -> list[str]:
    """The questions of the address, the first one first."""
    first = st.query_params.get(FIRST, "").strip()
    return [first, *st.query_params.get_all(THEN)] if first else []


def turns(actor: Actor) -> list[Turn]:
    """Every question of the address with its reply; what was answered already is not asked again."""
    wanted = questions()
    edits = _edits(len(wanted))
    owner, kept = st.session_state.get(_KEPT, ("", []))
    found: list[Turn] = []
    for at, (question, edit) in enumerate(zip(wanted, edits, strict=True)):
        before = kept[at] if owner == actor.id and at < len(kept) and len(found) == at else None
        if before is not None and (before.question, before.edit) == (question, edit):
            found.append(before)
            continue
        kept = kept[:at]
        found.append(Turn(question, edit, _ask(actor, question, edit, found)))
    st.session_state[_KEPT] = (actor.id, found)
    return found


def begin(question: str) -> None:
    """Ask something new."""
    st.query_params.from_dict({FIRST: question})


def go_on(question: str) -> None:
    """Ask further."""
    asked = questions()
    edits = _edits(len(asked))
    changed = {EDIT: edits} if any(edits) else {}
    st.query_params.from_dict({FIRST: asked[0], THEN: [*asked[1:], question], **changed})


def change(query: Query) -> None:
    """Read the last question as `query`."""
    edits = _edits(len(questions()))
    st.query_params[EDIT] = [*edits[:-1], query.model_dump_json(exclude_defaults=True)]


def _edits(turns: int) -> list[str]:
    """The readings of the address, one for each question, empty where it is read as it is written."""
    given = st.query_params.get_all(EDIT)
    return [*given, *([""] * turns)][:turns]


def clear() -> None:
    """Ask nothing."""
    st.query_params.clear()


def _ask(actor: Actor, question: str, edit: str, before: list[Turn]) -> Reply:
    conversation = before[0].reply.conversation_id if before else None
    with st.spinner("Reading the books …", show_time=False):
        return door.ask(databases(), actor, question, now=clock.now(), conversation_id=conversation, query=_query(edit))


def _query(edit: str) -> Query | None:
    if not edit:
        return None
    try:
        return Query.model_validate(json.loads(edit))
    except (json.JSONDecodeError, ValidationError):
        raise InvalidInput("This link holds a reading that can't be understood. Ask the question anew.") from None
