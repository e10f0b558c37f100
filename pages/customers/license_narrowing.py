"""What the list of licenses is narrowed to: a text, a status, a tier, all in the address."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.access.actor import Actor
from core.licensing.status import Status
from pages.parts import filters, pills, terms


@dataclass(frozen=True)
class Chosen:
    """The filters as they stand; `text` is the beginning of a word."""

    text: str = ""
    status: Status | None = None
    tier: str | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but all licenses is asked for."""
        return self != Chosen()

    def as_read(self) -> dict[str, Any]:
        """The arguments of the read."""
        return {"text": self.text, "status": self.status, "tier_id": self.tier}

    def as_report(self, need: str | None) -> dict[str, str | None]:
        """The same for the report of licenses, which can be of those with one need."""
        status = self.status.value if self.status else None
        return {"text": self.text or None, "status": status, "tier": self.tier, "need": need}


def controls(actor: Actor, text: str) -> Chosen:
    """The chips beside the search."""
    known = list(terms.by_id(actor))
    with st.container(horizontal=True, vertical_alignment="center", key="license-filters"):
        status = filters.at_most_one("Status", list(reversed(Status)), key="status", show=_word)
        tier = filters.at_most_one("Tier", known, key="tier", show=lambda each: pills.word("tier", each))
    return Chosen(text, status, tier)


def _word(each: Status) -> str:
    return pills.word("status", each.value)
