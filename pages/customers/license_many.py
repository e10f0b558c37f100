"""One act on the licenses that were ticked: what it touches, told before; what became of each, told after."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.bulk import BulkAct, BulkResult, Radius, blast_radius, bulk
from core.accounts.cards import refresh_card
from core.licensing.acts import NEEDS
from core.licensing.reads import License
from core.licensing.transitions import Act
from pages.customers import license_change, license_many_done, license_renewal
from pages.parts import format as say
from pages.parts.load import change_both, load, minute, told

_DONE: Final = "many-done"
_WORDS: Final[dict[str, str]] = {
    "suspend": "From now on verification says no, until they are resumed. Billing goes on.",
    "resume": "Verification says yes again, where nothing else is wrong.",
    "revoke": "The moment you confirm, no installation of theirs is told “valid” any more, and the subscriptions end.",
    "reinstate": "They are in force again, and what was paid for them before is charged again.",
    "renew": "Their ends move; the subscriptions go on as they are.",
}
_STOPS: Final = {"suspend", "revoke"}


def acts(actor: Actor) -> list[BulkAct]:
    """What this person may do to many licenses."""
    return [act for act in get_args(BulkAct) if actor.may(NEEDS[Act[act.upper()]])]


def button(actor: Actor, ticked: Sequence[License], *, key: str) -> None:
    """The button that acts on the ticked; it is there before, so that nothing jumps with the first tick."""
    if not acts(actor):
        return
    label = f"Act on {say.count(len(ticked), 'license')}" if ticked else "Tick licenses to act on them"
    kind: Literal["primary", "secondary"] = "primary" if ticked else "secondary"
    if st.button(label, type=kind, icon=":material/checklist:", key=key, disabled=not ticked):
        forget()
        _dialog(actor, tuple(ticked))


def forget() -> None:
    """The next dialog begins anew."""
    st.session_state.pop(_DONE, None)


@st.dialog("Act on many licenses", width="large", icon=":material/checklist:", on_dismiss=forget)
def _dialog(actor: Actor, ticked: tuple[License, ...]) -> None:
    body(actor, ticked)


def body(actor: Actor, ticked: tuple[License, ...]) -> None:
    """The act, what it touches, why; once it is done, what became of each."""
    results: list[BulkResult] | None = st.session_state.get(_DONE)
    if results is not None:
        license_many_done.show(results, ticked)
        return
    act = st.segmented_control(
        "Act", acts(actor), required=True, default=acts(actor)[0], format_func=str.capitalize, key="many-act"
    )
    act = act or acts(actor)[0]
    st.caption(_WORDS[act])
    days, strategy = license_renewal.terms("A billing period", key="many") if act == "renew" else (None, "from_now")
    _touches(load(blast_radius, actor, [each.install_id for each in ticked], now=minute()), ticked, stops=act in _STOPS)
    reason = license_change.reason("many-reason")
    label = f"{act.capitalize()} {say.count(len(ticked), 'license')}"
    if st.button(label, type="primary", icon=":material/checklist:", key="many-confirm"):
        with told(), st.spinner("One after the other…"):
            st.session_state[_DONE] = _do(actor, act, ticked, reason, days=days, strategy=strategy)
            st.rerun(scope="fragment")


def _touches(radius: Radius, ticked: Sequence[License], *, stops: bool) -> None:
    """The blast radius in words."""
    names = say.listing(sorted({each.organization_name for each in ticked}))
    lines = [
        f"{say.count(radius.licenses, 'license')} of {say.count(radius.customers, 'customer')}: {names}",
        f"{say.count(radius.installations, 'installation')}, "
        f"{say.count(radius.seats_in_use, 'seat in use', 'seats in use')}",
    ]
    if radius.mrr is not None:
        lines.append(f"{say.amount(radius.mrr)} of MRR")
    said = "\n".join(f"- {say.plain(line)}" for line in lines)
    if stops:
        st.warning(f"It stops:\n{said}", icon=":material/warning:")
    else:
        st.info(f"It touches:\n{said}", icon=":material/checklist:")


def _do(
    actor: Actor, act: BulkAct, ticked: Sequence[License], reason: str, *, days: int | None, strategy: str
) -> list[BulkResult]:
    whose = {each.install_id: each.organization_id for each in ticked}
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        results = bulk(session, actor, act, list(whose), reason=reason, now=now, days=days, strategy=strategy)
        for organization_id in sorted({whose[each.install_id] for each in results if each.done}):
            refresh_card(session, telemetry, organization_id, now=now)
    return results
