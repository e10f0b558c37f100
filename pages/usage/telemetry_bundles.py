"""Bundles of installs without a connection: carrying one in, and what became of those that came."""

import io
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import settings
from core.telemetry.bundle_receipts import BundleReceipt
from core.telemetry.carrying import take_bundle
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import forget, load_both, planes, told
from pages.usage import telemetry_words as words
from pages.usage.telemetry_reads import Named, bundles

_IN_SIGHT: Final = 6


def button(actor: Actor) -> None:
    """Draw the button that opens the upload, for who may."""
    if actor.may(Permission.TELEMETRY_READ):
        wanted = st.button("Carry in a bundle", icon=":material/upload_file:", type="primary", key="carry")
        if wanted:
            _upload(actor)


@st.dialog("Carry in a bundle")
def _upload(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    st.markdown(
        "An installation without a connection writes its events into a bundle (`Telemetry.export_bundle`); carry the "
        "file here. Its proof says whose it is; the same bundle is never counted twice."
    )
    file = st.file_uploader("Bundle", key="bundle-file", max_upload_size=20)
    if st.button("Take it", type="primary", key="take-bundle", disabled=file is None) and file is not None:
        with st.spinner("Checking its proof, then taking each event…"), told():
            _said(_take(actor, file))


def _take(actor: Actor, file: UploadedFile) -> BundleReceipt:
    content = file.getvalue()
    made = take_bundle(
        planes(),
        actor,
        io.BytesIO(content),
        size=len(content),
        retention_days=settings().telemetry_retention_days,
        now=clock.now(),
    )
    forget()
    return made


def _said(made: BundleReceipt) -> None:
    st.success(
        f"{say.integer(made.accepted)} of {say.count(made.events, 'event')} accepted, "
        f"{say.integer(made.duplicates)} known before, {say.integer(made.refused)} refused.",
        icon=":material/task_alt:",
    )
    for each in made.refusals[:20]:
        st.caption(say.plain(f"Event {each.index}: {each.detail}"))


def received(actor: Actor, install_id: str | None = None) -> None:
    """Draw the bundles that came, the newest first, for who may."""
    if not actor.may(Permission.TELEMETRY_READ):
        return
    with card("bundles", "Bundles carried in", "from installs without a connection", height="content").body:
        found, named = load_both(bundles, actor, install_id)
        if not found:
            st.caption("None yet. A bundle that you carry in shows here with what became of its events.")
            return
        _table(found, named)


def _table(found: tuple[BundleReceipt, ...], named: Named) -> None:
    columns.table(
        pd.DataFrame(
            {
                "customer": [named[each.install_id].customer if each.install_id in named else None for each in found],
                "received": [each.received_at for each in found],
                "written": [each.created_at for each in found],
                "events": [each.events for each in found],
                "accepted": [each.accepted for each in found],
                "duplicates": [each.duplicates for each in found],
                "refused": [each.refused for each in found],
                "why": [_why(each) for each in found],
                "by": [each.carried_by for each in found],
                "size": [say.size(each.size) for each in found],
                "id": [each.bundle_id for each in found],
            }
        ),
        {
            "customer": columns.name("Customer", width=155),
            "received": columns.when("Carried in"),
            "by": columns.text("By", width=150),
            "events": columns.count("Events"),
            "accepted": columns.count("Accepted"),
            "refused": columns.count("Refused"),
            "why": columns.text("Because", width=310),
            "duplicates": columns.count("Known before"),
            "written": columns.day("Written"),
            "size": columns.text("Size", width=80),
            "id": columns.text("Bundle id", width=280),
        },
        key="bundle-rows",
        alt="Bundles with customer, when and by whom each was carried in, and what became of its events.",
        height="content" if len(found) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _why(each: BundleReceipt) -> str | None:
    if each.finished_at is None:
        return "cut short: carry it in again"
    return "; ".join(dict.fromkeys(words.reason(one.code) for one in each.refusals)) or None
