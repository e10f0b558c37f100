"""What can be done to a license: each act in a dialog that names what it touches and asks why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts import writes as accounts
from core.accounts.cards import refresh_card
from core.accounts.customers import BlastRadius
from core.accounts.reads import blast_radius
from core.licensing import writes as licensing
from core.licensing.reads import License
from core.licensing.transitions import LEGAL, Act, standing
from pages.parts import format as say
from pages.parts.load import change_both, load, minute, told


@dataclass(frozen=True)
class _Deed:
    """One act that asks only for a reason: its words, and the write that does it."""

    word: str
    icon: str
    effect: str
    done: str
    write: Callable[..., Any]


_DEEDS: Final = {
    Act.SUSPEND: _Deed(
        "Suspend",
        "pause_circle",
        "From now on verification says no, until you resume it. Billing goes on.",
        "Suspended.",
        licensing.suspend,
    ),
    Act.RESUME: _Deed(
        "Resume", "play_circle", "Verification says yes again, if nothing else is wrong.", "Resumed.", licensing.resume
    ),
    Act.REVOKE: _Deed(
        "Revoke",
        "block",
        "The moment you confirm, no installation is told “valid” any more, and the subscription ends.",
        "Revoked.",
        accounts.revoke_license,
    ),
    Act.REINSTATE: _Deed(
        "Reinstate",
        "undo",
        "The license is in force again, and what was paid for it before is charged again.",
        "Reinstated.",
        accounts.reinstate_license,
    ),
}


def menu(actor: Actor, held: License, *, key: str) -> None:
    """A menu of the acts that this license allows in its standing, for who may do them."""
    if not actor.may(Permission.LICENSE_REVOKE):
        return
    legal = [act for act in _DEEDS if act in LEGAL[standing(held.revoked_at, held.suspended_at)]]
    picked = st.menu_button(
        "License", legal, format_func=lambda act: f":material/{_DEEDS[act].icon}: {_DEEDS[act].word}…", key=key
    )
    if picked is not None:
        _dialog(actor, held, picked)


@st.dialog("Are you sure?")
def _dialog(actor: Actor, held: License, act: Act) -> None:
    confirm(actor, held, act)


def confirm(actor: Actor, held: License, act: Act) -> None:
    """What the act touches, the reason, and the button that does it."""
    deed = _DEEDS[act]
    st.markdown(f"**{deed.word} the license of {say.plain(held.organization_name)}?** {deed.effect}")
    if act in {Act.REVOKE, Act.SUSPEND}:
        _touches(load(blast_radius, actor, held.install_id, now=minute()), clock.now())
    reason = st.text_area("Reason", placeholder="Why? Kept in the audit trail.", key="act-reason", max_chars=1_000)
    if st.button(f"{deed.word} license", type="primary", icon=f":material/{deed.icon}:", key="act-confirm"):
        with told():
            _do(actor, held, deed, reason or "")
            st.toast(deed.done)
            st.rerun()


def _do(actor: Actor, held: License, deed: _Deed, reason: str) -> None:
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        deed.write(session, actor, held.install_id, reason=reason, now=now)
        refresh_card(session, telemetry, held.organization_id, now=now)


def _touches(radius: BlastRadius, now: datetime) -> None:
    """The blast radius in words."""
    where = f" on {say.plain(say.listing(list(radius.domains)))}" if radius.domains else ""
    last = (
        f"last check-in {say.relative(radius.last_check_in_at, now)}" if radius.last_check_in_at else "never checked in"
    )
    lines = [
        f"{say.count(radius.installations, 'installation')}{where}, {last}",
        f"{say.count(radius.events_30d, 'event')} in the last 30 days",
    ]
    if radius.mrr is not None:
        lines.append(f"{say.plain(say.amount(radius.mrr))} of MRR")
    st.warning("It stops:\n" + "\n".join(f"- {line}" for line in lines), icon=":material/warning:")
    st.code(radius.install_id, language=None)
