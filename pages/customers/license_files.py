"""The license files that are out: for which installation, until when, made by whom, each to be downloaded again."""

from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.file_register import MOST, IssuedFile, files_of
from core.licensing.reads import License
from pages.customers import license_answer, license_file_making
from pages.customers.license_file_making import address
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_WAYS: Final = {"person": "made here", "install": "asked by secret", "request": "activation request"}
_IN_SIGHT: Final = 8


def show(actor: Actor, held: License) -> None:
    """Draw the card; whoever may makes one, or answers an activation request."""
    found = load(files_of, actor, held.install_id, now=minute())
    place = card("files", "License files", "They hold without a connection", height="content")
    with place.body:
        if found:
            _table(held, found, clock.now())
        else:
            st.caption(
                "None is out. An installation without a connection needs one: make it here, or answer the activation "
                "request that its machine wrote."
            )
    if actor.may(Permission.LICENSE_CREATE):
        with place.right:
            license_answer.button(actor, held)
            license_file_making.button(actor, held)


def _table(held: License, found: tuple[IssuedFile, ...], now: datetime) -> None:
    columns.table(
        pd.DataFrame(
            {
                "for": [each.fingerprint or "any installation" for each in found],
                "until": [_until(each, now) for each in found],
                "grace": [say.count(each.grace_days, "day") if each.grace_days else "none" for each in found],
                "sealed": ["yes" if each.encrypted else "no" for each in found],
                "made": [each.made_at for each in found],
                "by": [each.made_by for each in found],
                "way": [_WAYS[each.way] for each in found],
                "file": [address(held, each) for each in found],
            }
        ),
        {
            "for": columns.name("For", width=150),
            "until": columns.text("Holds until", width=175),
            "grace": columns.text("Grace", width=75),
            "sealed": columns.text("Encrypted", width=85),
            "made": columns.when("Made"),
            "by": columns.text("By", width=140),
            "way": columns.text("Way", width=135),
            "file": st.column_config.LinkColumn("File", display_text="Download", width=95),
        },
        key="files",
        alt="License files with the installation, until when, grace, encryption, when, by whom, and a download.",
        height="content" if len(found) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )
    whole = f"The newest {say.integer(MOST)}. " if len(found) == MOST else ""
    st.markdown(f"{whole}[Download the newest]({address(held, found[0])})")


def _until(each: IssuedFile, now: datetime) -> str:
    if each.file_expires_at is None:
        return "no end"
    left = "over" if each.file_expires_at <= now else say.relative(each.file_expires_at, now)
    return f"{say.day(each.file_expires_at)}, {left}"
