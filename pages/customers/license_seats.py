"""The seats of a license: who sits where since when, and one taken back."""

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.licensing.acts import NEEDS
from core.licensing.policy import ceiling
from core.licensing.reads import License
from core.licensing.seats import Lease, Seats, release_seat, seats
from core.licensing.transitions import LEGAL, Act, standing
from pages.customers import license_change
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import fresh, told


def show(actor: Actor, held: License) -> None:
    """Draw the card, as it is at this moment; whoever may takes a seat back."""
    found = fresh(seats, actor, held.install_id, now=clock.now())
    place = card("seats", "Seats", in_use(found), height="content")
    with place.body:
        if found.leases:
            _table(found.leases)
        else:
            lasts = say.count(found.lease_seconds, "second")
            st.caption(
                "Nobody sits on one. Your software takes a seat with POST /api/licenses/seats and its install secret; "
                f"it stays taken for {lasts} after each heartbeat."
            )
    legal = Act.RELEASE_SEAT in LEGAL[standing(held.revoked_at, held.suspended_at)]
    if found.leases and legal and actor.may(NEEDS[Act.RELEASE_SEAT]):
        with place.right:
            if st.button("Release one…", icon=":material/event_seat:", key="release"):
                _dialog(actor, held, found.leases)


def in_use(found: Seats) -> str:
    """How many are in use of how many, and how many may be."""
    taken = say.integer(len(found.leases))
    if found.max_seats is None:
        return f"{taken} in use, unlimited"
    bound = ceiling(found.max_seats, found.overage)
    beyond = "" if bound == found.max_seats else f" ({'any' if bound is None else say.integer(bound)} with the overage)"
    return f"{taken} of {say.integer(found.max_seats)} in use{beyond}"


def _table(leases: tuple[Lease, ...]) -> None:
    columns.table(
        pd.DataFrame(
            {
                "holder": [each.holder for each in leases],
                "where": [each.fingerprint or None for each in leases],
                "since": [each.taken_at for each in leases],
                "heard": [each.renewed_at for each in leases],
            }
        ),
        {
            "holder": columns.name("Holder", width=160),
            **({"where": columns.text("Fingerprint", width=120)} if any(each.fingerprint for each in leases) else {}),
            "since": columns.when("Since"),
            "heard": columns.when("Last heartbeat"),
        },
        key="seats",
        alt="Seats in use with holder, fingerprint, since when, and last heartbeat.",
        height="content" if len(leases) <= 10 else 11 * columns.ROW_HEIGHT,
    )


@st.dialog("Release a seat", icon=":material/event_seat:")
def _dialog(actor: Actor, held: License, leases: tuple[Lease, ...]) -> None:
    body(actor, held, leases)


def body(actor: Actor, held: License, leases: tuple[Lease, ...]) -> None:
    """Whose seat, what that does, why."""
    picked = st.selectbox(
        "Who sits there", [each.holder for each in leases], index=None, placeholder="Choose one", key="release-whose"
    )
    st.warning(
        "The seat is free at once. With the next heartbeat its holder takes one anew, if one is free: to keep them "
        "out, lower the number of seats too.",
        icon=":material/warning:",
    )
    reason = license_change.reason("release-reason")
    icon = ":material/event_seat:"
    if st.button("Release the seat", type="primary", icon=icon, key="release-confirm", disabled=picked is None):
        with told():
            license_change.written(actor, held, release_seat, picked, reason=reason)
            st.toast("Released.")
            st.rerun()
