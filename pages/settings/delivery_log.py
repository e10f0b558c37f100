"""What one destination was sent: each with its tries, its answer, and sending it again."""

import json
from typing import Final
from uuid import UUID

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.notify.deliveries import Delivery, State, deliveries, redeliver
from core.notify.destinations import EVENTS, Destination
from pages.parts import columns, filters, paging, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import change, fresh, told

ROWS: Final = 25
# How often the log looks by itself while something is on its way.
EVERY_SECONDS: Final = 3.0
_OPENED: Final = "delivery-opened"
_STATES: Final[tuple[State, ...]] = ("delivered", "waiting", "failed")


def show(actor: Actor, each: Destination) -> None:
    """Draw the log, which follows what is on its way."""
    place = card("log", "What it was sent", "A click opens what was sent and every try.", height="content")
    with place.right:
        state = filters.at_most_one("State", list(_STATES), key="show", show=lambda one: pills.word("sending", one))
    with place.body:
        _log(actor, each, state)
    opened: Delivery | None = st.session_state.pop(_OPENED, None)
    if opened is not None:
        _open(actor, opened)


@st.fragment(run_every=EVERY_SECONDS)
def _log(actor: Actor, each: Destination, state: State | None) -> None:
    with told("the log"):
        cursor = paging.cursor("deliveries", (each.id, state))
        before = UUID(cursor) if cursor else None
        found = fresh(deliveries, actor, each.id, state=state, before=before, limit=ROWS)
        if not found:
            sentence = "Send it a test, or wait for something to happen that it is told of."
            empty("deliveries", "Nothing was sent yet" if state is None else "None of these", sentence, icon="outbox")
            return
        _table(found)
        paging.controls("deliveries", str(found[-1].id) if len(found) == ROWS else None, noun="the log")
        opened = columns.opened("open-delivery")
        if opened is not None and opened < len(found):
            # Opened by the whole page: within a fragment that runs again by itself it would close after seconds.
            st.session_state[_OPENED] = found[opened]
            st.rerun()


def _table(found: tuple[Delivery, ...]) -> None:
    columns.table(
        pd.DataFrame(
            {
                "type": [_named(each) for each in found],
                "about": [_about(each) for each in found],
                "state": pills.cells("sending", [each.state for each in found]),
                "status": [each.status for each in found],
                "tries": [len(each.log) for each in found],
                "at": [each.made_at for each in found],
                "next": [each.next_at for each in found],
                "error": [each.error for each in found],
            }
        ),
        {
            "type": columns.opener("What", key="open-delivery", width=190),
            "about": columns.text("About", width=210),
            "state": columns.pills("sending", "State", width=90),
            "status": columns.number("Answer", digits=0),
            "tries": columns.count("Tries"),
            "at": columns.when("Happened"),
            "next": columns.when("Next try"),
            "error": columns.text("Why", width=260),
        },
        key="delivery-list",
        alt="Deliveries with what was sent, about whom, state, answer, tries, and when it is tried next.",
        height="content",
    )


def _open(actor: Actor, each: Delivery) -> None:
    st.dialog(say.plain(_named(each)), width="large", icon=":material/send:")(_body)(actor, each)


def _body(actor: Actor, each: Delivery) -> None:
    st.markdown(f"{pills.inline('sending', each.state)} {say.plain(_about(each))}")
    st.caption(f"Its id, by which a receiver knows it however often it comes: {each.id}")
    with st.expander("What was sent", expanded=True):
        st.code(json.dumps(each.body, indent=2, ensure_ascii=False, sort_keys=True), language="json", height=240)
    for one in reversed(each.log):
        answer = f"answer {one.status}" if one.status else "no answer"
        st.markdown(f"**Try {one.number}**, {say.moment(one.at)}: {answer} after {say.integer(one.milliseconds)} ms")
        if one.error:
            st.caption(say.plain(one.error))
        if one.excerpt.strip():
            st.code(one.excerpt, language=None, wrap_lines=True)
    if each.state != "waiting" and st.button("Send it again", icon=":material/replay:", key=f"again-{each.id}"):
        with told():
            with change(actor) as session:
                redeliver(session, actor, each.id, now=clock.now())
            st.toast("It is on its way again.", icon=":material/replay:")
            st.rerun()


def _named(each: Delivery) -> str:
    return EVENTS.get(each.type, "A test")


def _about(each: Delivery) -> str:
    body = each.body
    company = body.get("company")
    return str(company["name"] if isinstance(company, dict) else body.get("organization") or body.get("sentence", ""))
