"""Licenses: what needs a hand, any license by id, domain, fingerprint or name, and one with its decisions."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.attention import Need
from core.licensing.reads import attention
from pages.customers import license_detail, license_list, license_narrowing, matters
from pages.customers.license_narrowing import Chosen
from pages.parts import export, filters, issue_license, session
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, header, tile
from pages.parts.load import load, minute, told

_TILE_WIDTH = 165


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CUSTOMER_READ)
    named = st.query_params.get("install_id")
    with told("licenses"):
        if named:
            license_detail.show(actor, named)
            return
        with header("Licenses", "What needs a hand, and any license by id, domain, fingerprint or name."):
            text = filters.search("Search licenses", width=240)
            away = st.container(width="content")
            issue_license.button(actor)
        _tiles(load(attention, actor, now=minute()))
        chosen = license_narrowing.controls(actor, text)
        need = _list(actor, chosen)
        with away:
            export.menu(actor, "licenses", **chosen.as_report(need))


def _tiles(counted: dict[Need, int]) -> None:
    with st.grid(len(counted), min_column_width=_TILE_WIDTH):
        for need, count in counted.items():
            label = matters.LABELS[need]
            tile(
                Tile(
                    need,
                    label,
                    say.integer(count),
                    definition=Definition(matters.MEANINGS[need]),
                    note=matters.HINTS[need],
                )
            )


def _list(actor: Actor, chosen: Chosen) -> Need | None:
    """Who narrows means any license; who does not wants to know what to do, and then what there is."""
    if chosen.narrowed:
        license_list.anything(actor, f"Found by “{chosen.text}”" if chosen.text else "Licenses", chosen)
        return None
    need = license_list.needy(actor)
    license_list.anything(actor, "All licenses", chosen)
    return need
