"""Destinations: where what happens is sent to, and what became of it."""

from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.notify.destination_writes import destinations
from core.notify.destinations import EVENTS, LABELS, Destination
from pages.parts import columns, filters, links, pills, session
from pages.parts import format as say
from pages.parts.cards import card, header
from pages.parts.empty import empty
from pages.parts.load import fresh, told
from pages.settings import destination_dialog, one_destination

COVERS: Final = "Upsells, health, limits and licenses, sent to webhooks, Slack, HubSpot or Salesforce."


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.SECURITY_MANAGE_POLICY)
    with told("destinations"):
        found = fresh(destinations, actor)
        chosen = next((one for one in found if str(one.id) == st.query_params.get("destination")), None)
        if chosen is not None:
            one_destination.show(actor, chosen)
            return
        with header("Destinations", COVERS):
            if st.button("Add a destination", type="primary", icon=":material/add:", key="add-destination"):
                destination_dialog.add(actor)
        _list(actor, found)


def _list(actor: Actor, found: tuple[Destination, ...]) -> None:
    with card("destinations", "Where it goes", "A click on a name opens its log.", height="content").body:
        if not found:
            sentence = (
                "Add a webhook for a program of yours, a channel in Slack, or the CRM where sales live: from then on "
                "it is told of what you choose. Nothing that happened before is sent."
            )
            if empty("destinations", "Nothing is sent anywhere", sentence, icon="send", action="Add the first one"):
                destination_dialog.add(actor)
            return
        _table(found)
    opened = columns.opened("open-destination")
    if opened is not None and opened < len(found):
        filters.go(links.to("destinations"), {"destination": str(found[opened].id)})


def _table(found: tuple[Destination, ...]) -> None:
    columns.table(
        pd.DataFrame(
            {
                "name": [each.name for each in found],
                "kind": [LABELS[each.kind] for each in found],
                "state": pills.cells("sending", [one_destination.state(each) for each in found]),
                "url": [each.url for each in found],
                "events": [_told_of(each) for each in found],
                "last": [each.delivered_at for each in found],
                "why": [each.disabled_reason for each in found],
            }
        ),
        {
            "name": columns.opener("Name", key="open-destination", width=150),
            "kind": columns.text("Kind", width=85),
            "state": columns.pills("sending", "State", width=80),
            "url": columns.text("Address", width=225),
            "events": columns.text("Told of", width=200),
            "last": columns.when("Last taken"),
            "why": columns.text("Why it is off", width=220),
        },
        key="destination-list",
        alt="Destinations with kind, state, address, what they are told of, and when they took something last.",
        height="content",
    )


def _told_of(each: Destination) -> str:
    return say.listing([EVENTS[event] for event in each.events], most=1)
