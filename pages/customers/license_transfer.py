"""Giving a license to another customer: to whom, whether its term begins anew, and what goes along."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.bulk import Radius, blast_radius
from core.accounts.customers import Customer
from core.accounts.requests import Transferred
from core.accounts.transfers import transfer_license
from core.errors import InvalidInput
from core.licensing.reads import License
from core.licensing.renewals import fresh_end
from pages.customers import license_change
from pages.parts import format as say
from pages.parts import handover, license_form
from pages.parts.load import load, minute, told

_EXPIRY: Final[dict[str, str]] = {"keep": "Keep its end", "reset": "Begin its term anew"}


@dataclass(frozen=True)
class _Handed:
    name: str
    secret: str


def dialog(actor: Actor, held: License) -> None:
    """Open the dialog, with no secret of an earlier one in it."""
    handover.forget()
    _dialog(actor, held)


@st.dialog("Transfer", width="medium", icon=":material/move_up:", on_dismiss=handover.forget)
def _dialog(actor: Actor, held: License) -> None:
    body(actor, held)


def body(actor: Actor, held: License) -> None:
    """The form; once it is done with a new secret, its handover."""
    handed: _Handed | None = st.session_state.get(handover.SLOT)
    if handed is not None:
        with st.container(key="handover-transferred"):
            st.success(f"{say.plain(handed.name)} holds this license now.", icon=":material/check_circle:")
            handover.show(held.install_id, handed.secret)
        return
    st.markdown(f"**Give the license of {say.plain(held.organization_name)} to another customer?**")
    to, typed = license_form.customer(actor, key="transfer-to", label="To", but=held.organization_id, new=False)
    expiry = st.segmented_control(
        "Its end", list(_EXPIRY), default="keep", required=True, format_func=lambda each: _EXPIRY[each], key="expiry"
    )
    st.caption(_end(held, expiry or "keep"))
    renewed = st.toggle(
        "New install secret",
        value=True,
        key="transfer-secret",
        help="Without one, whoever knows the old secret can go on proving this license. Leave it only where the same "
        "people go on running it.",
    )
    _touches(load(blast_radius, actor, [held.install_id], now=minute()))
    reason = license_change.reason("transfer-reason")
    words = f"Transfer to {to.name}" if to else "Transfer"
    if st.button(say.plain(words), type="primary", icon=":material/move_up:", key="transfer-confirm"):
        with told():
            _finish(_transfer(actor, held, to, typed, expiry or "keep", reason, new_secret=renewed))


def _end(held: License, expiry: str) -> str:
    if held.expires_at is None:
        return "It has no end, and gets none."
    if expiry == "keep":
        return f"It goes on to end on {say.day(held.expires_at)}."
    period = held.billing_period if held.term == "paid" else None
    return f"It would end on {say.day(fresh_end(held.starts_at, held.expires_at, period, clock.now()))}."


def _touches(radius: Radius) -> None:
    """What goes along, what ends and what stays, in words."""
    along = [say.count(radius.installations, "installation")]
    if radius.mrr is not None:
        along.append(f"{say.amount(radius.mrr)} of MRR")
    seats = say.count(radius.seats_in_use, "seat in use", "seats in use")
    st.warning(
        f"- Goes along: {say.plain(' and '.join(along))}, decisions, limits agreed with it, telemetry and what was "
        f"learned from it, open upsells\n- Ends: {seats}\n- Stays where it is: invoices, payments, files, what was "
        "closed and recorded",
        icon=":material/warning:",
    )


def _transfer(
    actor: Actor, held: License, to: Customer | None, typed: str, expiry: str, reason: str, *, new_secret: bool
) -> Transferred:
    whom = str(to.organization_id) if to else typed
    if not whom:
        raise InvalidInput("Say to whom: choose a customer, or type the e-mail of somebody there.", field="userId")
    return license_change.written(
        actor, held, transfer_license, whom, expiry=expiry, new_secret=new_secret, reason=reason
    )


def _finish(done: Transferred) -> None:
    st.toast(say.plain(f"{done.organization} holds this license now."))
    if done.install_secret is None:
        st.rerun()
    st.session_state[handover.SLOT] = _Handed(done.organization, done.install_secret)
    st.rerun(scope="fragment")
