"""What the Audit screen says of the trail: whether the chain is whole, and its entries as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.audit_reads import AuditEntry, ChainState, chain_state
from core.access.chain_verification import ChainReport, Report, verify_chain
from core.access.checkpoints import audit_key, folder_of
from core.config import settings
from core.security.observed import Verified
from core.security.reads import last_verification
from core.security.writes import verify_chains
from db.session import ReadSession
from pages.parts import format as say
from pages.parts.load import change, load, told

NEWEST = 500


def verify_button(actor: Actor) -> None:
    """Offer to verify every chain from its first entry; what is found stays on record."""
    if st.button("Verify everything now", icon=":material/verified:", key="verify"):
        with st.spinner("Reading every chain from its first entry …"), told(), change(actor) as session:
            st.session_state["verified"] = verify_chains(session, actor, now=clock.now())


def state(actor: Actor, now: datetime) -> None:
    """Say whether the vendor's chain holds, when all of them were last verified, and what was found just now."""
    just_verified: Report | None = st.session_state.pop("verified", None)
    _say(
        load(chain_state, actor, actor.organization_id),
        load(_newest_of_ours, actor),
        load(last_verification, actor, now=now),
        # Not the end of the minute that reads share: what was done this second is not a minute old.
        clock.now(),
    )
    if just_verified is not None:
        _say_everything(just_verified)


def _say(chain: ChainState, report: ChainReport, verified: Verified | None, now: datetime) -> None:
    if report.broken is not None:
        st.error(f"The chain is broken: {say.plain(report.broken.sentence)}", icon=":material/gpp_bad:")
        return
    if verified is not None and not verified.intact:
        when = say.relative(verified.at, now)
        st.error(f"A chain was found broken {when}: {say.plain(verified.sentence)}", icon=":material/gpp_bad:")
        return
    waiting = f", {say.count(chain.waiting, 'entry', 'entries')} waiting to be sealed" if chain.waiting else ""
    st.success(
        f"The chain is whole: {say.integer(chain.sealed)} entries of ours sealed{waiting}, the newest "
        f"{say.integer(report.entries)} checked just now. {_last(verified, now)}",
        icon=":material/verified_user:",
    )


def _last(verified: Verified | None, now: datetime) -> str:
    if verified is None:
        return "Not every chain has been verified to its first entry yet."
    if not verified.entries:
        return "The last verification of all chains found nothing sealed yet."
    return (
        f"All {say.count(verified.organizations, 'chain')} were last verified {say.relative(verified.at, now)} by "
        f"{say.plain(verified.by)}: {say.count(verified.entries, 'entry', 'entries')}, "
        f"{say.count(verified.checkpoints, 'signed checkpoint')}."
    )


def _say_everything(report: Report) -> None:
    if report.intact:
        st.toast(
            f"All {say.count(report.organizations, 'chain')} whole: {say.count(report.entries, 'entry', 'entries')} "
            f"and {say.count(report.checkpoints, 'signed checkpoint')} agree.",
            icon=":material/verified:",
        )
    for chain in report.broken:
        if chain.broken is not None:
            st.error(say.plain(chain.broken.sentence), icon=":material/gpp_bad:")


def _newest_of_ours(session: ReadSession, actor: Actor) -> ChainReport:
    home = settings().home
    key = audit_key(home).verify_key
    return verify_chain(session, actor.organization_id, folder_of(home), key, newest=NEWEST)


def frame(entries: Sequence[AuditEntry], names: Mapping[UUID, str]) -> pd.DataFrame:
    """Return one row an entry, in words; `names` are of organizations."""
    return pd.DataFrame(
        {
            "at": [each.at for each in entries],
            "who": [each.actor_label for each in entries],
            "did": [act(each.action) for each in entries],
            "whose": [names.get(each.organization_id, "") for each in entries],
            "to": [_target(each) for each in entries],
            "why": [each.reason or "" for each in entries],
            "from": [each.address for each in entries],
            "place": [f"#{each.sequence}" if each.sequence else "" for each in entries],
        }
    )


def act(action: str) -> str:
    """Return what was done in words: `license.tier_changed` is “License: tier changed”."""
    resource, _, verb = action.partition(".")
    return f"{resource.replace('_', ' ').capitalize()}: {verb.replace('_', ' ')}"


def _target(each: AuditEntry) -> str:
    """Return what it was done to, unless that is the organization which the row names already."""
    if each.target_kind == "organization":
        return ""
    return each.target_id if each.target_kind in {"license", "install"} else f"{each.target_kind} {each.target_id[:8]}"
