"""One audit entry in full: what was before and after, and its place in the chain."""

import streamlit as st

from core.access.audit_reads import AuditEntry
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card


def show(each: AuditEntry) -> None:
    """Draw the entry below the table."""
    place = card("entry", f"{each.action} by {each.actor_label}", say.moment(each.at))
    with place.right:
        links.link("audit", f"All that {each.actor_label} did", {"who": each.actor_label, "range": "30d"})
        if each.actor_kind == "user":
            links.link("people", "Person", {"person": each.actor_id}, icon="badge")
    with place.body:
        before, after = st.columns(2)
        with before:
            st.caption("Before")
            st.json(dict(each.before) if each.before else {}, expanded=True)
        with after:
            st.caption("After")
            st.json(dict(each.after) if each.after else {}, expanded=True)
        if each.reason:
            st.markdown(f"Reason: {say.plain(each.reason)}")
        sealed = f"Entry {each.sequence} of its chain, hash {each.hash.hex()[:16]}…" if each.hash else "Not sealed yet"
        st.caption(f"{sealed} · request {each.request_id or '—'} · target {each.target_kind} {each.target_id}")
