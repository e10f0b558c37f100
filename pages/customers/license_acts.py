"""Acts that ask only for a reason: suspend, resume, revoke, reinstate, each in a dialog that names what it touches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts import writes as accounts
from core.accounts.customers import BlastRadius
from core.accounts.reads import blast_radius
from core.licensing import writes as licensing
from core.licensing.reads import License
from core.licensing.transitions import Act
from pages.customers import license_change
from pages.parts import format as say
from pages.parts.load import load, minute, told


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


@st.dialog("Are you sure?")
def dialog(actor: Actor, held: License, act: Act) -> None:
    """Open the dialog of one of these acts."""
    confirm(actor, held, act)


def confirm(actor: Actor, held: License, act: Act) -> None:
    """What the act touches, the reason, and the button that does it."""
    deed = _DEEDS[act]
    st.markdown(f"**{deed.word} the license of {say.plain(held.organization_name)}?** {deed.effect}")
    if act in {Act.REVOKE, Act.SUSPEND}:
        _touches(load(blast_radius, actor, held.install_id, now=minute()), clock.now())
    reason = license_change.reason("act-reason")
    if st.button(f"{deed.word} license", type="primary", icon=f":material/{deed.icon}:", key="act-confirm"):
        with told():
            license_change.written(actor, held, deed.write, reason=reason)
            st.toast(deed.done)
            st.rerun()


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
