"""Choosing whose culture to look at: customers as cards, each with its sentence."""

import streamlit as st

from core.access.actor import Actor
from core.accounts import reads as accounts
from core.accounts.customers import Customer, CustomerFilter
from pages.parts import filters, links, pills
from pages.parts import format as say
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, minute

_STEP = 24
_MOST = accounts.MOST


def show(actor: Actor) -> None:
    """Draw the cards of the customers that fit what is typed."""
    now = minute()
    total = load(accounts.facets, actor, now=now).total
    with header(
        "Culture profile", f"How {say.count(total, 'customer')} really use us, with the events of 30 days. Choose one."
    ):
        text = filters.search("Customer or install id", key="q", width=260)
        order = filters.one_of("Order", ["Name", "Health", "Last seen"], key="order")
    shown = min(int(st.session_state.get("cultures-shown", _STEP)), _MOST)
    sort = {"Name": "name", "Health": "health", "Last seen": "last_seen"}[order]
    page = load(accounts.list_customers, actor, CustomerFilter(text=text[:200]), now=now, sort=sort, limit=shown)
    if not page.customers:
        _nobody(total)
        return
    with st.grid(3, min_column_width=280):
        for each in page.customers:
            _card(each)
    if page.next_cursor is None:
        return
    if shown >= _MOST:
        st.caption(f"The first {say.integer(_MOST)} are shown. Type a part of a name to find another.")
    elif st.button("Show more", icon=":material/expand_more:", key="more", width="stretch"):
        st.session_state["cultures-shown"] = shown + _STEP
        st.rerun()


def back() -> None:
    """The button that leads from a profile to the cards."""
    st.button("Another customer", icon=":material/swap_horiz:", type="tertiary", key="another", on_click=_close)


# Not links: a link from a screen to itself changes what is shown, but not the address.
def _open(install_id: str) -> None:
    st.query_params["install_id"] = install_id


def _close() -> None:
    del st.query_params["install_id"]


def _nobody(total: int) -> None:
    if total:
        empty("cultures", "No customer is called that", "Type a shorter part of a name, or a whole install id.")
        return
    empty(
        "cultures",
        "No customers yet",
        "Issue a license on the Customers page. As soon as its installation reports, its culture shows here.",
        icon="group_add",
        link=None,
    )
    links.link("customers", "Go to customers", icon="groups")


def _card(each: Customer) -> None:
    with st.container(key=f"opencard-{each.install_id}", border=True, height="stretch", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.button(
                f"**{say.plain(each.name)}**",
                type="tertiary",
                key=f"open-{each.install_id}",
                on_click=_open,
                args=(each.install_id,),
            )
            if each.health is not None and each.band is not None:
                shade = pills.color("band", each.band)
                st.markdown(f":{shade}-badge[{say.integer(each.health)} {each.band}]", width="content")
        st.markdown(say.plain(each.sentence or "No telemetry yet: open it to see what to do next."))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(pills.inline("tier", each.tier_id), width="content")
            habit = f"{each.archetype} · " if each.archetype else ""
            st.caption(f"{say.plain(habit)}{say.compact(each.events_30d)} events", width="content")
