"""Telemetry: is what we know trustworthy? How events arrive, from whom they don't, and one install where named."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from pages.parts import charts, session
from pages.parts.cards import card, header, tiles
from pages.parts.empty import empty
from pages.parts.load import load_both, present, told
from pages.usage import telemetry_bundles, telemetry_figures, telemetry_installs, telemetry_one
from pages.usage.telemetry_reads import over_all


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.USAGE_READ)
    named = st.query_params.get("install_id")
    with told("telemetry"):
        if named:
            telemetry_one.show(actor, named)
            return
        with header("Telemetry", "Is what we know trustworthy? How events arrive, and from whom they don't."):
            telemetry_bundles.button(actor)
        _everything(actor)


def _everything(actor: Actor) -> None:
    found = load_both(over_all, actor, now=present())
    if not found.sending and not found.silent:
        empty(
            "telemetry",
            "No telemetry yet",
            "Installations send it with their install secret (POST /api/telemetry/events), or you carry in a bundle of "
            "one without a connection. How it arrives shows here.",
            icon="sensors",
        )
        return
    telemetry_figures.verdict(found)
    tiles(telemetry_figures.tiles(found), most=3)
    left, right = st.columns([3, 2])
    with left, card("arrived").body:
        charts.show(telemetry_figures.chart(found), "arrived")
    with right, card("reasons", "Why events were refused", "7 days, whole batches counted by their events").body:
        telemetry_figures.reasons(found)
    telemetry_installs.show(actor)
    telemetry_bundles.received(actor)
