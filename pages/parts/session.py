"""Who is looking at the page: the one seam between Streamlit's session and the people of the house."""

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from core import clock
from core.access import sessions
from core.access.actor import Actor
from core.access.permissions import Permission
from core.databases import databases
from core.errors import NotPermitted
from db.session import DOOR


def _from_front_door() -> str | None:
    """Return the session id that the front door handed over when the websocket was opened."""
    found = st.user.get("session")
    return str(found) if found else None


# AppTest has no front door; a test puts the id of a real session row here.
session_source: Callable[[], str | None] = _from_front_door


def current_actor() -> Actor | None:
    """Return who is looking, read anew in every run: a revoked session shows nothing from then on."""
    given = session_source()
    if given is None:
        return None
    with databases().control.read(DOOR) as session:
        return sessions.actor_of(session, UUID(given), now=clock.now())


def require_actor() -> Actor:
    """Return who is looking, or show that the session has ended and stop the page."""
    actor = current_actor()
    if actor is None:
        st.warning("Your session has ended. Sign in again to go on where you were.", icon=":material/lock:")
        st.link_button("Sign in", "/login", type="primary")
        st.stop()
    return actor


def require(permission: Permission) -> Actor:
    """Return who is looking if they hold the permission; otherwise say why not, and stop the page."""
    actor = require_actor()
    try:
        actor.require(permission)
        actor.require_vendor()
    except NotPermitted as refused:
        st.error(refused.message, icon=":material/block:")
        st.stop()
    return actor
