"""One destination: how it is, what can be done with it, and the log of what it was sent."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.notify.deliveries import State, delivery_counts
from core.notify.destinations import EVENTS, LABELS, Destination
from pages.parts import format as say
from pages.parts import links, pills
from pages.parts.cards import Definition, Tile, card, header, tiles
from pages.parts.load import fresh, present
from pages.settings import delivery_log, destination_acts

_DEFINITIONS: Final[dict[State, str]] = {
    "delivered": "Taken by the receiver: it answered with a status from 200 to 299.",
    "waiting": "On the way, or tried again: after 5 seconds, 5 minutes, half an hour, then ever later for three days.",
    "failed": "Given up after ten tries, refused for good, or the destination was off. Each can be sent again.",
}


def show(actor: Actor, each: Destination) -> None:
    """Draw the destination."""
    with header(each.name, f"{LABELS[each.kind]}, added by {each.made_by} on {say.day(each.made_at)}"):
        links.link("destinations", "All destinations", icon="arrow_back")
        destination_acts.test_button(actor, each)
    _warn(each)
    counts = fresh(delivery_counts, actor, each.id)
    last = say.relative(each.delivered_at, present()) if each.delivered_at else "nothing yet"
    tiles(
        [
            Tile("state", "State", pills.word("sending", state(each)), note=f"last taken: {last}"),
            *(
                Tile(name, name.capitalize(), say.integer(counts[name]), note="in 90 days", definition=Definition(said))
                for name, said in _DEFINITIONS.items()
            ),
        ]
    )
    _what(actor, each)
    delivery_log.show(actor, each)


def state(each: Destination) -> str:
    """Return on, failing or off."""
    return "off" if not each.enabled else "failing" if each.failing_since else "on"


def _warn(each: Destination) -> None:
    if not each.enabled:
        st.warning(
            f"It is switched off: {say.plain(each.disabled_reason or 'nobody said why')} "
            "What happens meanwhile is not sent to it.",
            icon=":material/pause_circle:",
        )
    elif each.failing_since is not None:
        since = say.moment(each.failing_since)
        st.warning(
            f"It has taken nothing since {since}. After five days it is switched off by itself.",
            icon=":material/error:",
        )


def _what(actor: Actor, each: Destination) -> None:
    place = card("what", "What it is told of", height="content")
    with place.right:
        destination_acts.buttons(actor, each)
    with place.body:
        st.markdown(" ".join(f":blue-badge[{say.plain(EVENTS[event])}]" for event in each.events))
        st.caption(f"Sent to {say.plain(each.url)}")
