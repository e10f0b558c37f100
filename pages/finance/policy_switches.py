"""The switches of the metric policy: each a question, how it is answered, and what every other answer would change."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.policy import SWITCHES as ALL
from core.finance.policy import Choice, Switch, switch_of
from core.finance.policy_figures import Compared
from core.finance.policy_writes import LONGEST_REASON, set_switch
from pages.finance.policy_now import changes
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, told


def show(actor: Actor, found: Compared) -> None:
    """Draw a card a switch, two side by side."""
    may = actor.may(Permission.FINANCE_MANAGE_COSTS)
    if not may:
        st.caption("An admin or owner can change the policy.")
    for first in range(0, len(ALL), 2):
        for column, switch in zip(st.columns(2), ALL[first : first + 2], strict=False):
            with column:
                _switch(actor, found, switch, may=may)


def _switch(actor: Actor, found: Compared, switch: Switch, *, may: bool) -> None:
    chosen = found.version.policy.settings()[switch.id]
    with card(f"policy-{switch.id}", switch.question).body:
        for choice in switch.choices:
            if choice.id == chosen:
                badge = ":green-badge[in force]" if choice is switch.choices[0] else ":orange-badge[your choice]"
                st.markdown(f"{badge} **{say.plain(choice.words)}**")
                st.caption(say.plain(choice.who))
            else:
                _other(actor, found, switch, choice, may=may)


def _other(actor: Actor, found: Compared, switch: Switch, choice: Choice, *, may: bool) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    told_ = changes(found.now, found.options[switch.id, choice.id])
    with left:
        st.markdown(say.plain(choice.words))
        if told_:
            st.markdown(f":material/compare_arrows: **{say.plain(told_)}**")
        st.caption(say.plain(choice.who if told_ else f"{choice.who}. Would change nothing today."))
    if may and right.button("Choose", key=f"choose-{switch.id}-{choice.id}", width="stretch"):
        _dialog(actor, found, switch.id, choice.id)


@st.dialog("Change the metric policy", icon=":material/rule:")
def _dialog(actor: Actor, found: Compared, switch: str, choice: str) -> None:
    body(actor, found, switch, choice)


def body(actor: Actor, found: Compared, switch: str, choice: str) -> None:
    """What the dialog shows."""
    asked = switch_of(switch)
    words = {each.id: each.words for each in asked.choices}
    was = words[found.version.policy.settings()[switch]]
    st.markdown(f"**{say.plain(asked.question)}**")
    st.markdown(f"{say.plain(was)} → **{say.plain(words[choice])}**")
    option = found.options.get((switch, choice))
    if option is None:
        # Somebody has just chosen it, perhaps in another tab.
        st.info("That is the choice in force.", icon=":material/check:")
        return
    told_ = changes(found.now, option)
    st.info(say.plain(told_ or "No figure would change today."), icon=":material/compare_arrows:")
    st.caption("Figures of the past change with it; the ledger does not. The change can be taken back.")
    reason = st.text_input(
        "Reason", placeholder="Why figures are counted so from now on", max_chars=LONGEST_REASON, key="policy-why"
    )
    given = bool((reason or "").strip())
    if st.button("Put it in force", type="primary", key="policy-confirm", width="stretch", disabled=not given):
        with told():
            with change(actor) as session:
                made = set_switch(session, actor, switch, choice, reason=reason or "", now=clock.now())
            st.toast(f"Version {made.number} is in force.", icon=":material/check:")
            st.rerun()
