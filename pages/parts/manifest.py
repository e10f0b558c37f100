"""The manifest of an install's telemetry: what came last, what is collected and for how long, and the switch."""

import json
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import settings
from core.telemetry.manifest import Manifest, manifest
from core.telemetry.opt_out import LONGEST_REASON, OptOut, erase, opt_in, opt_out
from db.session import ReadSession
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, change_telemetry, load_both, minute, present, told

_LONGEST_SHOWN: Final = 12_000


def show(actor: Actor, install_id: str) -> None:
    """Draw all of it; whoever calls has made sure of `telemetry:read`."""
    found = load_both(_read, actor, install_id, now=present())
    _choice(actor, found)
    left, right = st.columns(2)
    with left:
        _last(found, minute())
    with right:
        _retention(found)
    _fields(found)


def _read(control: ReadSession, telemetry: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> Manifest:
    days = settings().telemetry_retention_days
    return manifest(control, telemetry, actor, install_id, retention_days=days, now=now)


def _choice(actor: Actor, found: Manifest) -> None:
    out = found.opt_out
    with st.container(
        key="card-choice", border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(say.plain(_sentence(found)))
        if actor.may(Permission.COMPLIANCE_MANAGE) and st.button(
            "Take it again" if out else "Send nothing",
            key="choice",
            icon=f":material/{'play_arrow' if out else 'block'}:",
        ):
            _switch(actor, found.install_id, out)


def _sentence(found: Manifest) -> str:
    out = found.opt_out
    if out is not None:
        return f"By choice no telemetry is taken since {say.day(out.since)} ({out.by}: “{out.reason}”)."
    counts = f"{say.count(found.accepted, 'event')} accepted and {say.integer(found.refused)} refused in 30 days."
    return f"Telemetry is taken. {counts}"


@st.dialog("Telemetry of this install")
def _switch(actor: Actor, install_id: str, out: OptOut | None) -> None:
    body(actor, install_id, out)


def body(actor: Actor, install_id: str, out: OptOut | None) -> None:
    """What the dialog shows: what would happen, and the reason."""
    if out is None:
        st.markdown(
            say.plain(
                f"From now on no telemetry of {install_id} is taken: its batches and bundles are refused. Its raw "
                "events, its last payload and who did what are erased for good; counts without persons stay. Its "
                "license and metered usage go on."
            )
        )
    else:
        st.markdown(say.plain(f"Telemetry of {install_id} is taken again within a minute."))
    reason = st.text_area("Reason", max_chars=LONGEST_REASON, key="choice-reason")
    label = "Send nothing and erase" if out is None else "Take it again"
    if st.button(label, type="primary", key="choice-sure", disabled=not reason.strip()):
        with told():
            _switched(actor, install_id, reason, off=out is None)
            st.rerun()


def _switched(actor: Actor, install_id: str, reason: str, *, off: bool) -> None:
    now = clock.now()
    with change(actor) as session:
        if off:
            opt_out(session, actor, install_id, reason=reason, now=now)
        else:
            opt_in(session, actor, install_id, reason=reason, now=now)
    if off:
        with change_telemetry(actor, install_id) as telemetry:
            erase(telemetry, [install_id], now=now)


def _last(found: Manifest, now: datetime) -> None:
    last = found.last_payload
    note = f"{say.relative(last.received_at, now)}, {say.size(last.size)}" if last else ""
    with card("payload", "The last payload, exactly as it came", note).body:
        if last is None:
            st.caption("None is kept: nothing came within 30 days, or it was erased.")
            return
        with st.container(height=430, border=False):
            st.code(_readable(last.text), language="json", wrap_lines=True)
        if last.size > len(last.body) or len(last.text) > _LONGEST_SHOWN:
            st.caption("Its beginning; the API gives up to 64 KB of it.")
        for sentence in found.never:
            st.caption(f":material/block: {say.plain(sentence)}")


def _readable(text: str) -> str:
    """The same JSON with line breaks, where it is whole; else as it is."""
    shown = text[:_LONGEST_SHOWN]
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)[:_LONGEST_SHOWN]
    except ValueError:
        return shown


def _retention(found: Manifest) -> None:
    with card("kept", "For how long it is kept").body:
        for each in found.retention:
            with st.container(key=f"row-kept-{each.id}", gap=None):
                st.markdown(f"**{say.plain(each.label)}** · {say.plain(_days(each.days))}")
                st.caption(say.plain(f"{each.holds[0].upper()}{each.holds[1:]}; {each.ends}."))


def _days(days: int | None) -> str:
    if days is None:
        return "while a customer"
    return "not at all" if days == 0 else say.count(days, "day")


def _fields(found: Manifest) -> None:
    with card("collected", "What an event holds, and what for", height="content").body:
        columns.table(
            pd.DataFrame(
                {
                    "name": [each.name for each in found.fields],
                    "meaning": [each.meaning for each in found.fields],
                    "purpose": [each.purpose for each in found.fields],
                    "needed": ["always" if each.required else "optional" for each in found.fields],
                }
            ),
            {
                "name": columns.name("Field", width=90),
                "meaning": columns.text("What it says", width=470),
                "purpose": columns.text("What it is used for", width=370),
                "needed": columns.text("Sent", width=75),
            },
            key="collected-rows",
            alt="Fields of an event with what each says, what it is used for, and whether it is always sent.",
            height="content",
        )
