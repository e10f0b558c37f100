"""Changing the policy of a standing license."""

from dataclasses import asdict

import streamlit as st

from core.access.actor import Actor
from core.licensing import writes as licensing
from core.licensing.reads import License
from pages.customers import license_change
from pages.parts import format as say
from pages.parts import policy_form, terms
from pages.parts.load import told


@st.dialog("Change policy", width="medium", icon=":material/tune:")
def dialog(actor: Actor, held: License) -> None:
    """Open the dialog."""
    body(actor, held)


def body(actor: Actor, held: License) -> None:
    """The rules as they are, what was agreed, and the button that writes those that differ."""
    name = say.plain(held.organization_name)
    st.markdown(f"What the license of **{name}** allows beyond its tier, from the next question on.")
    st.caption("Whoever runs keeps running: fewer installations or seats turn only new ones away.")
    before = licensing.policy_of(held)
    rules = policy_form.fields(before, terms.by_id(actor)[held.tier_id], key="policy")
    changes = {rule: value for rule, value in asdict(rules).items() if value != getattr(before, rule)}
    reason = license_change.reason("policy-reason", hint="What was agreed, and with whom. Kept in the audit trail.")
    label = f"Change {say.count(len(changes), 'rule')}" if changes else "Nothing is changed yet"
    if st.button(label, type="primary", icon=":material/tune:", key="policy-confirm", disabled=not changes):
        with told(), policy_form.named():
            license_change.written(actor, held, licensing.update_policy, changes, reason=reason)
            st.toast(f"Changed {say.count(len(changes), 'rule')}.")
            st.rerun()
