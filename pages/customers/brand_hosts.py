"""The host names that show a customer's brand: one server answers for all of them."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.reads import License
from core.organizations.reads import OwnBrand
from core.organizations.writes import add_domain, remove_domain
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, told


def show(actor: Actor, held: License, own: OwnBrand) -> None:
    """Draw them, with what adds and takes away for who may."""
    place = card("brand-hosts", "Host names", "Point one here by DNS, and sign-in there wears the brand")
    with place.body:
        if not own.domains:
            st.caption("None yet: their people sign in under the vendor's brand.")
        for host in own.domains:
            with st.container(horizontal=True, vertical_alignment="center", key=f"row-host-{host}"):
                st.markdown(say.plain(host), width="stretch")
                if actor.may(Permission.CUSTOMER_UPDATE) and st.button(
                    "Take away", key=f"remove-{host}", type="tertiary", icon=":material/link_off:"
                ):
                    _confirm(actor, held, host)
        if actor.may(Permission.CUSTOMER_UPDATE):
            _add(actor, held)


def _add(actor: Actor, held: License) -> None:
    with (
        st.form("add-host", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        host = st.text_input("Add a host name", placeholder="portal.example.com", key="new-host", width="stretch")
        if st.form_submit_button("Add", icon=":material/add:") and host:
            with told():
                with change(actor) as writing:
                    add_domain(writing, actor, held.organization_id, host, now=clock.now())
                st.toast("Added.", icon=":material/check:")
                st.rerun()


@st.dialog("Take this host name away?")
def _confirm(actor: Actor, held: License, host: str) -> None:
    st.markdown(
        f"**{say.plain(host)}** will show the vendor's brand. People of {say.plain(held.organization_name)} who are "
        "signed in there stay so."
    )
    if st.button("Take it away", type="primary", key="remove-confirm"):
        with told():
            with change(actor) as writing:
                remove_domain(writing, actor, held.organization_id, host, now=clock.now())
            st.rerun()
