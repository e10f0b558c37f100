"""What happens, while it happens: a feed of licenses issued, revoked and first verified that needs no reload."""

from pathlib import Path
from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.announce.events import Event
from core.announce.reads import latest
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card
from pages.parts.load import fresh

_HERE: Final = Path(__file__)
ICONS: Final = {
    "license.issued": "add_circle",
    "license.first_verified": "verified",
    "license.revoked": "block",
    "license.reinstated": "undo",
    "license.suspended": "pause_circle",
    "license.resumed": "play_circle",
    "license.renewed": "event_repeat",
    "license.tier_changed": "swap_vert",
    "license.policy_changed": "rule",
    "license.transferred_away": "output",
    "license.transferred": "input",
    "license.installation_retired": "computer_cancel",
    "license.seat_released": "event_seat",
    "license.secret_rotated": "key",
    "import.finished": "upload_file",
    "invoice.finalized": "receipt_long",
    "invoice.voided": "receipt_long_off",
    "invoice.uncollectible": "money_off",
    "invoice.dunned": "notification_important",
    "credit_note.issued": "request_quote",
    "payment.recorded": "payments",
    "cost.alert": "savings",
}
# Other news travel in the same outbox, so more is read than shown.
_READ: Final = 200

_listener = st.components.v2.component(
    "calos_live",
    html='<div id="live" role="status"></div>\n',
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


@st.fragment
def activity(actor: Actor, *, key: str = "activity", most: int = 8) -> None:
    """A card with the newest activity; it reads itself anew, alone, when the socket hears of more."""
    place = card(key, "Activity", "Licenses issued, changed and first verified")
    with place.right:
        _listener(key=f"live-{key}", on_heard_change=_noted)
    with place.body:
        events = [each for each in fresh(latest, actor, _READ) if each.type == "activity:new"]
        if not events:
            st.caption("Nothing yet. Issue a license: it appears here at once, and again when it first verifies.")
        for each in sorted(events, key=lambda event: event.at, reverse=True)[:most]:
            _line(each)


def _noted() -> None:
    """Hearing is what makes the fragment run; there is nothing else to do."""


def _line(event: Event) -> None:
    said = event.data
    kind, title = str(said.get("kind", "")), str(said.get("title", event.type))
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-event-{event.id}"
    ):
        icon = ICONS.get(kind, "notifications")
        if said.get("installId"):
            links.customer(title, str(said["installId"]), icon=icon)
        else:
            # Of nobody in particular, such as an import.
            st.markdown(f":material/{icon}: {say.plain(title)}", width="content")
        st.caption(say.relative(event.at, clock.now()), width="content")
