"""Tables of licenses, with what is the matter with each: those that need a hand, and any."""

from typing import Final, Literal

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.licensing.attention import Need
from core.licensing.reads import License, search
from pages.customers import license_many, license_open, license_rows, matters
from pages.customers.license_narrowing import Chosen
from pages.parts import filters, paging
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import load, minute

_PAGE: Final = 100


def needy(actor: Actor) -> Need | None:
    """What somebody should look after, narrowed by chips; answers which need is asked for."""
    place = card("needs", "Needs a hand", height="content")
    with place.right:
        view = filters.at_most_one("Show", list(matters.BY_LABEL), key="show")
    picked = matters.BY_LABEL[view] if view else None
    need: Need | Literal["any"] = picked or "any"
    found = load(search, actor, now=minute(), need=need, limit=_PAGE).items
    with place.body:
        if found:
            _rows(actor, found, key="needy")
        else:
            whole = "Every license is in force and heard of." if need == "any" else "No license is in this state."
            st.caption(f":material/task_alt: Nothing to do. {whole}")
    return picked


def anything(actor: Actor, title: str, chosen: Chosen) -> None:
    """Any license, newest first, or those that the filters leave."""
    place = card("any", title, "newest first", height="content")
    with place.body:
        cursor = paging.cursor("licenses", chosen)
        found = load(search, actor, now=minute(), cursor=cursor, limit=_PAGE, **chosen.as_read())
        if found.items:
            with place.right:
                license_open.box(found.items, key="any-box")
            _rows(actor, found.items, key="any")
            paging.controls("licenses", found.next_cursor, noun="licenses")
        elif chosen.narrowed:
            hint = "Search by part of an install id, a name or a domain, or by a whole fingerprint."
            empty("licenses", "No license found", f"{hint} Or take a chip away.", icon="key_off")
        else:
            empty("licenses", "No licenses yet", "Issue one with “New license”; it appears here.", icon="key_off")


def _rows(actor: Actor, found: tuple[License, ...], *, key: str) -> None:
    """The table, and above it, where its toolbar leaves room, the button that acts on those ticked."""
    above = st.container(key=f"{key}-ticks")
    ticked = license_rows.table(found, clock.now(), key=key, tick=bool(license_many.acts(actor)))
    with above:
        license_many.button(actor, ticked, key=f"{key}-act")
