"""The menu of what can be done to a license: the acts that are legal in its standing, for who may do them."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.acts import NEEDS
from core.licensing.reads import License
from core.licensing.transitions import LEGAL, Act, standing
from pages.customers import license_acts, license_policy, license_renewal, license_secret, license_transfer

_LABELS: Final[dict[Act, str]] = {
    Act.RENEW: ":material/event_repeat: Renew…",
    Act.CHANGE_POLICY: ":material/tune: Change policy…",
    Act.ROTATE_SECRET: ":material/key: New install secret…",
    Act.TRANSFER: ":material/move_up: Transfer…",
    Act.SUSPEND: ":material/pause_circle: Suspend…",
    Act.RESUME: ":material/play_circle: Resume…",
    Act.REVOKE: ":material/block: Revoke…",
    Act.REINSTATE: ":material/undo: Reinstate…",
}
_DIALOGS: Final[dict[Act, Callable[[Actor, License], None]]] = {
    Act.RENEW: license_renewal.dialog,
    Act.CHANGE_POLICY: license_policy.dialog,
    Act.ROTATE_SECRET: license_secret.dialog,
    Act.TRANSFER: license_transfer.dialog,
}


def menu(actor: Actor, held: License, *, key: str) -> None:
    """Draw the menu where there is something in it, and open the dialog of what was picked."""
    offered = acts(actor, held)
    if not offered:
        return
    picked = st.menu_button("License", offered, format_func=lambda act: _LABELS[act], key=key)
    if picked is not None:
        _open(actor, held, picked)


def acts(actor: Actor, held: License) -> list[Act]:
    """What this person may do to it now; another tier, and so converting a trial, has a button of its own."""
    legal = LEGAL[standing(held.revoked_at, held.suspended_at)]
    return [act for act in _LABELS if act in legal and _may(actor, act) and _makes_sense(held, act)]


def _may(actor: Actor, act: Act) -> bool:
    # Whoever gives a license to another customer issues one, too.
    also = act is not Act.TRANSFER or actor.may(Permission.LICENSE_CREATE)
    return also and actor.may(NEEDS[act])


def _makes_sense(held: License, act: Act) -> bool:
    return act is not Act.RENEW or held.expires_at is not None


def _open(actor: Actor, held: License, act: Act) -> None:
    if act in _DIALOGS:
        _DIALOGS[act](actor, held)
    else:
        license_acts.dialog(actor, held, act)
