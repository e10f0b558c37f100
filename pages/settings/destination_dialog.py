"""Adding a destination: what kind, where, what it is told of; and the secret that is shown once."""

from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.notify.destination_writes import add_destination
from core.notify.destinations import EVENTS, KINDS, LABELS, LONGEST_NAME, SECRETS, Kind, events_of
from pages.parts import format as say
from pages.parts.load import change, told

_MADE: Final = "destination-made"
_WHERE: Final[dict[Kind, tuple[str, str]]] = {
    "webhook": ("Address", "https://example.com/hooks/calos"),
    "slack": ("Incoming webhook", "https://hooks.slack.com/services/…"),
    "salesforce": ("My Domain", "https://yourcompany.my.salesforce.com"),
}
_WORDS: Final = {
    "token": ("Token of a private app", "pat-…"),
    "clientId": ("Consumer key", "of the connected app"),
    "clientSecret": ("Consumer secret", ""),
    "refreshToken": ("Refresh token", "only without client credentials"),
}
_HOW: Final[dict[Kind, str]] = {
    "webhook": "A program of yours gets each event as JSON, signed as Standard Webhooks describes.",
    "slack": "Make an incoming webhook for the channel in Slack, and paste its address.",
    "hubspot": "Companies and deals are kept up to date in HubSpot. A private app needs the scopes crm.objects and "
    "crm.schemas, read and write, of companies and deals.",
    "salesforce": "Accounts and opportunities are kept up to date. Salesforce needs a connected app with client "
    "credentials and the fields that docs/notifications.md lists.",
}


def add(actor: Actor) -> None:
    """Open the dialog."""
    st.session_state.pop(_MADE, None)
    _dialog(actor)


@st.dialog("Add a destination", icon=":material/send:", width="medium")
def _dialog(actor: Actor) -> None:
    form(actor)


def form(actor: Actor) -> None:
    """Ask for everything, then show a webhook's secret until somebody is done with it."""
    place = st.empty()
    if _MADE not in st.session_state:
        with place.container(), told():
            _form(actor)
    if _MADE in st.session_state:
        with place.container():
            handover(_MADE)


def _form(actor: Actor) -> None:
    kind = (
        st.segmented_control(
            "Kind", list(KINDS), default="webhook", required=True, format_func=lambda one: LABELS[one], key="new-kind"
        )
        or "webhook"
    )
    st.caption(_HOW[kind])
    name = st.text_input("Name", placeholder="Data warehouse", max_chars=LONGEST_NAME, key="new-name")
    url = ""
    if kind in _WHERE:
        label, example = _WHERE[kind]
        url = st.text_input(label, placeholder=example, key=f"new-url-{kind}")
    secrets = secret_fields(kind, "new")
    events = event_choice(kind, list(events_of(kind)) if kind != "webhook" else [], "new")
    if st.button("Add it", type="primary", width="stretch", key="new-add", disabled=not (name and events)):
        _add(actor, kind, name, url, events, secrets)


def handover(key: str) -> None:
    """Show a signing secret that the session holds under a key as (name, secret), until somebody is done with it."""
    name, secret = st.session_state[key]
    st.markdown(f"Messages to **{say.plain(name)}** are signed with this secret:")
    with st.container(key="handover-secret"):
        st.code(secret, language=None, wrap_lines=True)
    st.caption("Copy it now: it is not shown again. A new one can be made at any time.")
    if st.button("Done", type="primary", key="handover-done"):
        del st.session_state[key]
        st.rerun()


def secret_fields(kind: Kind, key: str) -> dict[str, str]:
    """Ask for the secrets of a kind; answer those that were typed."""
    given = {}
    for name, needed in SECRETS[kind].items():
        label, example = _WORDS[name]
        words = label if needed else f"{label} (if you have one)"
        given[name] = st.text_input(words, type="password", placeholder=example, key=f"{key}-{kind}-{name}") or ""
    return {name: value for name, value in given.items() if value}


def event_choice(kind: Kind, chosen: list[str], key: str) -> list[str]:
    """Ask what a destination is told of."""
    return st.pills(
        "Told of",
        list(events_of(kind)),
        default=chosen,
        selection_mode="multi",
        format_func=lambda one: EVENTS[one],
        key=f"{key}-events-{kind}",
    )


def _add(actor: Actor, kind: Kind, name: str, url: str, events: list[str], secrets: dict[str, str]) -> None:
    with change(actor) as session:
        _, signing = add_destination(
            session, actor, kind=kind, name=name, url=url, events=events, secrets=secrets, now=clock.now()
        )
    st.toast("It is switched on. Send it a test.", icon=":material/send:")
    if signing is None:
        st.rerun()
    st.session_state[_MADE] = (name, signing)
