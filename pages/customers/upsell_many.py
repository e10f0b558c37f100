"""Several upsells at once: the rows that were ticked, given to somebody."""

from collections.abc import Sequence

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.directory import list_people
from core.access.permissions import Permission
from core.culture import writes
from pages.customers.upsell_list import Listed
from pages.parts import format as say
from pages.parts.load import change, load, minute, told


def show(actor: Actor, found: Sequence[Listed], picked: Sequence[int]) -> None:
    """Draw what can be done with the rows picked, where any is; who may not change customers picks none."""
    if not picked or not actor.may(Permission.CUSTOMER_UPDATE):
        return
    rows = [found[place].upsell for place in picked if place < len(found)]
    chosen = say.count(len(rows), "opportunity", "opportunities")
    with st.container(horizontal=True, vertical_alignment="bottom", key="upsell-many"):
        to = st.selectbox(f"Give {chosen} to", colleagues(actor), key="many-to", format_func=_word, width=260)
        if st.button(f"Assign {chosen}", key="many-assign", type="primary", icon=":material/group_add:"):
            with told():
                with change(actor) as session:
                    for each in rows:
                        writes.assign(session, actor, each.id, to or None, now=clock.now())
                st.toast(f"{_word(to or '')} {'has' if to else 'have'} {chosen} now.", icon=":material/check:")
                st.rerun()


def colleagues(actor: Actor, also: str | None = None) -> list[str]:
    """The e-mails of who is here, oneself first, and the empty one for nobody; `also` may have left."""
    people = load(list_people, actor, actor.organization_id, now=minute())
    here = [each.email for each in people if each.disabled_at is None]
    own = [actor.label] if actor.label in here else []
    return [*dict.fromkeys([*own, "", *here, *([also] if also else [])])]


def _word(email: str) -> str:
    return email or "Nobody"
