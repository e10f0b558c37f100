"""One person on the People screen: where they are signed in, what they may do and did, and what can be changed."""

from datetime import datetime
from uuid import UUID

import pandas as pd
import streamlit as st

from core.access import sessions
from core.access.actor import Actor
from core.access.audit_reads import by_person
from core.access.directory import Person
from core.access.permissions import Permission
from core.errors import CalosError
from pages.parts import columns, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load
from pages.security import acts, explanation, trail

DAYS = 30
MOST = 8


def show(actor: Actor, each: Person, now: datetime) -> None:
    """Draw the person below the table."""
    left, right = st.columns([3, 2])
    with left:
        explanation.for_person(each, f"What {each.name} may do as {each.role.value}")
    with right:
        _sessions(actor, each, now)
        acts.on_person(actor, each)
    if actor.may(Permission.AUDIT_READ) or str(each.id) == actor.id:
        _activity(actor, each, now)


def _sessions(actor: Actor, each: Person, now: datetime) -> None:
    with card("sessions", "Signed in right now", height="content").body:
        try:
            found = load(sessions.list_sessions, actor, each.id, now=now)
        except CalosError as refused:
            st.caption(refused.message)
            return
        if not found:
            st.caption(f"{say.plain(each.name)} is signed in nowhere.")
            return
        frame = pd.DataFrame(
            {
                "where": [f"{'This one: ' if row.current else ''}{row.user_agent[:60]}" for row in found],
                "from": [row.address for row in found],
                "seen": [row.last_seen_at for row in found],
                "ends": [min(row.idle_until, row.expires_at) for row in found],
            }
        )
        shown = {
            "seen": columns.when("Last seen"),
            "from": columns.text("From", width=110),
            "where": columns.text("With", width="medium"),
            "ends": columns.when("Ends unless used"),
        }
        picked = columns.table(frame, shown, key="sessions", alt=f"Open sessions of {each.name}.", select="one")
        acts.on_sessions(actor, each, found[picked[0]] if picked else None)


def _activity(actor: Actor, each: Person, now: datetime) -> None:
    place = card("activity", f"What {each.name} did", f"The last {DAYS} days, newest first.", height="content")
    with place.right:
        if actor.may(Permission.AUDIT_READ):
            links.link("audit", "All in Audit", {"who": each.email, "range": "30d"}, icon="history")
    done = load(by_person, actor, UUID(str(each.id)), days=DAYS, now=now, limit=MOST)
    with place.body:
        if not done.entries:
            st.caption("Nothing in these days.")
            return
        frame = pd.DataFrame(
            {
                "at": [one.at for one in done.entries],
                "did": [trail.act(one.action) for one in done.entries],
                "to": [f"{one.target_kind} {one.target_id[:13]}" for one in done.entries],
                "why": [one.reason or "" for one in done.entries],
                "from": [one.address for one in done.entries],
            }
        )
        shown = {
            "at": columns.when("When"),
            "did": columns.text("Did", width="medium"),
            "to": columns.text("What", width="medium"),
            "why": columns.text("Why", width="medium"),
            "from": columns.text("From", width=110),
        }
        columns.table(frame, shown, key="activity", alt=f"What {each.name} did lately.")
