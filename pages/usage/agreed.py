"""Limits agreed with one customer: listed, added and ended."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.cards import refresh_card
from core.periods import midnight
from core.usage.consumption import Consumption
from core.usage.limits import Override
from core.usage.meters import METERS
from core.usage.reads import limits_of
from core.usage.writes import OverrideRequest, add_override, end_override
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change_both, load, minute, told
from pages.usage import wording

# What a person types a limit in: megabytes and hours would need too many digits otherwise.
_TYPED: Final = {"bytes": ("GB", 10**9), "seconds": ("hours", 3_600)}
_USUAL_DAYS: Final = 30


def button(actor: Actor, install_id: str) -> None:
    """The primary action of a customer's usage, for who may change limits."""
    if may_agree(actor) and st.button("Agree on a limit", type="primary", icon=":material/tune:", key="agree"):
        _add_dialog(actor, install_id)


def may_agree(actor: Actor) -> bool:
    """Whether the controls that change limits are shown."""
    return actor.may(Permission.USAGE_MANAGE_LIMITS)


def of_one(agreed: Sequence[Override], rows: Sequence[Consumption]) -> None:
    """Where each limit of one customer comes from."""
    ends = {each.meter: each for each in agreed}
    limited = [row for row in rows if row.source != "none"]
    shown = {
        "meter": columns.name("Limit of", width=160),
        "limit": columns.text("Limit", width=110),
        "source": columns.text("From", width=190),
    }
    if ends:
        shown |= {"until": columns.day("Until"), "why": columns.text("Why", width="large")}
    with card("limits", "Limits in force", "and where each comes from", height="content").body:
        columns.table(
            pd.DataFrame(
                {
                    "meter": [row.label for row in limited],
                    "limit": [wording.limit(row.meter, row.highest) for row in limited],
                    "source": [wording.SOURCES[row.source].capitalize() for row in limited],
                    "until": [ends[row.meter].ends_at if row.meter in ends else None for row in limited],
                    "why": [ends[row.meter].reason if row.meter in ends else None for row in limited],
                }
            ),
            shown,
            key="in-force",
            alt="Limits in force with where each comes from, until when, and why.",
            height="content",
        )


@st.dialog("Agree on a limit", icon=":material/tune:")
def _add_dialog(actor: Actor, install_id: str) -> None:
    add(actor, install_id)


def add(actor: Actor, install_id: str) -> None:
    """Which limit, how high, until when and why."""
    held = {each.meter: each for each in load(limits_of, actor, install_id, now=minute())}
    meter = st.selectbox(
        "Limit of", list(METERS), index=2, format_func=lambda each: METERS[each].label, key="new-meter"
    )
    now_limit = wording.limit(meter, held[meter].highest) if meter in held else "no limit"
    unlimited = st.toggle("Unlimited", key="new-unlimited")
    unit, factor = _TYPED.get(METERS[meter].unit, (METERS[meter].unit, 1))
    typed = st.number_input(
        f"New limit, {unit}",
        min_value=0,
        value=None,
        step=1,
        key="new-limit",
        disabled=unlimited,
        placeholder=now_limit,
    )
    st.caption(say.plain(f"In force now: {now_limit}."))
    today = clock.now().date()
    last = st.date_input(
        "Until the end of (UTC)", value=today + timedelta(days=_USUAL_DAYS), min_value=today, key="new-until"
    )
    reason = st.text_input("Reason", placeholder="What was agreed, and with whom", key="new-reason", max_chars=1_000)
    ready = unlimited or typed is not None
    words = "Put it in force" if ready else "Type a limit, or choose unlimited"
    if st.button(words, type="primary", key="new-confirm", width="stretch", disabled=not ready):
        highest = None if unlimited or typed is None else int(typed) * factor
        with told():
            _add(actor, OverrideRequest(install_id, meter, highest, reason or "", _after(last)))
            st.toast("The limit is in force.")
            st.rerun()


def _after(last: date | tuple[date, ...] | None) -> datetime | None:
    return midnight(last) + timedelta(days=1) if isinstance(last, date) else None


def _add(actor: Actor, asked: OverrideRequest) -> None:
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        made = add_override(session, actor, asked, now=now)
        refresh_card(session, telemetry, made.organization_id, now=now)


@st.dialog("Are you sure?")
def end_dialog(actor: Actor, ended: Override) -> None:
    """Ask before a limit is ended."""
    confirm_end(actor, ended)


def confirm_end(actor: Actor, ended: Override) -> None:
    """What ending touches, the reason, and the button that does it."""
    label = METERS[ended.meter].label
    st.markdown(
        f"**End the limit of {say.plain(ended.organization)}?** {say.plain(label)} is "
        f"{say.plain(wording.limit(ended.meter, ended.highest))} for them. From now on their tier's limit holds again, "
        "or the seats sold on the license."
    )
    reason = st.text_area("Reason", placeholder="Why? Kept in the audit trail.", key="end-reason", max_chars=1_000)
    if st.button("End this limit", type="primary", icon=":material/event_busy:", key="end-confirm"):
        with told():
            _end(actor, ended, reason or "")
            st.toast("The limit has ended.")
            st.rerun()


def _end(actor: Actor, ended: Override, reason: str) -> None:
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        end_override(session, actor, ended.install_id, ended.meter, reason=reason, now=now)
        refresh_card(session, telemetry, ended.organization_id, now=now)
