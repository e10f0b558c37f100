"""Issuing a license from any screen: the button with Ctrl+L, its dialog, and the handover of what was made."""

from typing import Final
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.cards import refresh_card
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.errors import InvalidInput
from pages.parts import format as say
from pages.parts import handover, license_form, policy_form
from pages.parts.load import change_both, told

_MADE: Final = "license-made"


def button(actor: Actor) -> None:
    """The primary action of a page about customers, for who may issue licenses."""
    if actor.may(Permission.LICENSE_CREATE) and st.button(
        "New license", type="primary", icon=":material/add:", key="issue", shortcut="Ctrl+L"
    ):
        open_dialog(actor)


def open_dialog(actor: Actor) -> None:
    """Open the dialog with an empty form."""
    st.session_state.pop(_MADE, None)
    _dialog(actor)


def _forget() -> None:
    """The secret leaves our memory with the dialog; the run that follows shows the new license in the page."""
    st.session_state.pop(_MADE, None)


@st.dialog("New license", width="medium", icon=":material/key:", on_dismiss=_forget)
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows: the form, and once a license is made, its handover."""
    made: Created | None = st.session_state.get(_MADE)
    if made is not None:
        with st.container(key="handover"):
            _handover(made)
        return
    request = license_form.form(actor)
    if st.button("Issue license", type="primary", icon=":material/key:", key="issue-confirm", width="stretch"):
        with told(), policy_form.named():
            st.session_state[_MADE] = _issue(actor, request)
            st.rerun(scope="fragment")


def _issue(actor: Actor, request: LicenseRequest) -> Created:
    if not request.user_id:
        raise InvalidInput("Say whom it is for: choose a customer, or type the e-mail of a new one.", field="userId")
    if "@" not in request.user_id and not _is_id(request.user_id):
        raise InvalidInput(
            f"There is no customer called “{request.user_id}”. Choose one from the list, or type an e-mail address.",
            field="userId",
        )
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        made = create_license(session, actor, request, now=now)
        refresh_card(session, telemetry, made.organization_id, now=now)
    return made


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _handover(made: Created) -> None:
    """What was made, and what to give to the customer."""
    until = f" until {say.day(made.expires_at)}" if made.expires_at else ""
    new = ", a new customer," if made.new_customer else ""
    kind = say.plain(f"{made.term} {made.tier_id.title()}")
    st.success(
        f"**{say.plain(made.organization)}**{new} holds a {kind} license{until}.", icon=":material/check_circle:"
    )
    handover.show(made.install_id, made.install_secret)
    st.markdown("3. It phones home when it starts, and “first verified” appears under Activity on the Overview.")
    handover.way_on(made.organization, made.install_id)
