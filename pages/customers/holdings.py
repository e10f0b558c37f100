"""What a customer holds: their licenses, and where each is installed."""

from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.accounts.customers import Customer
from core.licensing.reads import Installation, License, installations, licenses_of
from pages.customers import license_open
from pages.parts import columns, filters, links, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_OPEN: Final = "held-open"


def show(actor: Actor, known: Customer, now: datetime) -> None:
    """Draw licenses and installs; a license opens on the Licenses page."""
    held = load(licenses_of, actor, known.organization_id, now=now)
    place = card("holdings", "Licenses and installs", say.count(len(held), "license"), height="content")
    with place.right:
        license_open.box(held, key="held-box")
    with place.body:
        row = columns.opened(_OPEN)
        if row is not None and row < len(held):
            filters.go(links.to("licenses"), {"install_id": held[row].install_id})
        columns.table(
            _licenses(held),
            {
                "install": columns.opener("Install id", key=_OPEN, width=245),
                "tier": columns.pills("tier", "Tier", width=85),
                "status": columns.pills("status", "Status", width=85),
                "ends": columns.day("Ends"),
            },
            key="held",
            alt="Licenses of this customer with tier, status and end.",
            height="content",
        )
        installs(load(installations, actor, known.install_id, now=now))


def installs(found: tuple[Installation, ...]) -> None:
    """The activated installations of a license."""
    if not found:
        st.caption(
            "Not installed yet. With its install id and secret the software activates itself when it first verifies."
        )
        return
    columns.table(
        pd.DataFrame(
            {
                "fingerprint": [each.fingerprint or "(unnamed)" for each in found],
                "domain": [each.domain for each in found],
                "version": [each.version for each in found],
                "seen": [each.last_seen_at for each in found],
            }
        ),
        {
            "fingerprint": columns.name("Installation", width=150),
            "domain": columns.text("Domain", width=140),
            "version": columns.text("Version", width=70),
            "seen": columns.when("Last seen"),
        },
        key="installs",
        alt="Installations with domain, version and last check-in.",
        height="content",
    )


def _licenses(held: tuple[License, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "install": [each.install_id for each in held],
            "tier": pills.cells("tier", [each.tier_id for each in held]),
            "status": pills.cells("status", [state(each) for each in held]),
            "ends": [each.expires_at for each in held],
        }
    )


def state(each: License) -> str:
    """A trial in force is called one; whatever stops it goes before."""
    return "trial" if each.term == "trial" and each.status == "active" else each.status
