"""One upsell in a drawer: its evidence, what it is worth and why, the next step, and what can be done with it."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.upsell_reads import Upsell
from pages.customers import upsell_acts
from pages.customers.upsell_list import NEXT_STEPS, Listed
from pages.parts import columns, links, pills
from pages.parts import format as say


def show(actor: Actor, listed: Listed, now: datetime) -> None:
    """Open the drawer."""
    title = say.plain(f"{listed.upsell.offer_label}: {listed.upsell.organization}")
    st.dialog(title, position="right", width="medium")(_body)(actor, listed, now)


def _body(actor: Actor, listed: Listed, now: datetime) -> None:
    each = listed.upsell
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(pills.inline("priority", each.priority), width="content")
        links.customer("Customer", each.install_id, icon="domain")
        links.link("culture", "Culture", {"install_id": each.install_id}, icon="psychology")
    st.markdown(f"**{say.plain(each.sentence)}**")
    st.markdown(f"Next step: {say.plain(NEXT_STEPS.get(each.kind, each.kind))}.")
    _worth(actor, listed)
    st.markdown("**Evidence**")
    _evidence(each)
    st.caption(f"Found {say.relative(each.found_at, now)}, checked again {say.relative(each.updated_at, now)}.")
    if each.note and not actor.may(Permission.CUSTOMER_UPDATE):
        st.markdown(f"Note: {say.plain(each.note)}")
    if actor.may(Permission.CUSTOMER_UPDATE):
        upsell_acts.show(actor, each, now)


def _worth(actor: Actor, listed: Listed) -> None:
    each = listed.upsell
    left = say.DASH if each.days_left is None else say.integer(each.days_left)
    with st.container(horizontal=True):
        st.metric("Days left", left, help="Until a limit is reached or a trial ends; the median of simulated futures.")
        if actor.may(Permission.FINANCE_READ):
            known = each.expected_value_minor is not None and each.currency is not None
            worth = say.money(each.expected_value_minor, each.currency or "", whole=True) if known else say.DASH
            st.metric("Expected in a year", worth, help="As made below, in the customer's currency.")
    if actor.may(Permission.FINANCE_READ):
        st.caption(say.plain(each.expected_value_basis))


def _evidence(each: Upsell) -> None:
    facts = each.evidence
    columns.table(
        pd.DataFrame(
            {
                "what": [str(fact["label"]) for fact in facts],
                "value": [str(fact["value"]) for fact in facts],
                "n": [int(fact["n"]) for fact in facts],
                "window": [str(fact["window"]) for fact in facts],
                "rule": [f"{say.phrase(str(fact['rule']))}, version {fact['version']}" for fact in facts],
            }
        ),
        {
            "what": columns.name("What", width=190),
            "value": columns.text("Observed", width=190),
            "n": columns.count("n", help="How much it stands on."),
            "window": columns.text("Over", width=130),
            "rule": columns.text("Rule", width=190),
        },
        key=f"evidence-{each.id}",
        alt="The facts behind this opportunity, each with its n, window and rule.",
        height="content",
    )
