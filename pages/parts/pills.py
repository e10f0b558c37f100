"""Statuses, tiers, priorities and severities as colored words, alike in text and in tables."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import streamlit as st

from pages.parts import format as say

Kind = Literal["sending", "status", "tier", "priority", "severity", "verdict", "adoption", "band", "movement"]
Color = Literal["green", "orange", "red", "blue", "violet", "gray", "primary"]

# Green, orange and red mean good, needs care and bad; blue is a state that will pass; gray is over or unknown.
_WORDS: Final[Mapping[Kind, Mapping[str, tuple[str, Color]]]] = {
    "sending": {
        "sent": ("Sent", "green"),
        "delivered": ("Delivered", "green"),
        "waiting": ("Waiting", "blue"),
        "kept": ("Kept", "gray"),
        "failed": ("Failed", "red"),
        "on": ("On", "green"),
        "failing": ("Failing", "orange"),
        "off": ("Off", "gray"),
    },
    "status": {
        "active": ("Active", "green"),
        "trial": ("Trial", "blue"),
        "trialing": ("Trial", "blue"),
        "expiring": ("Expiring", "orange"),
        "past_due": ("Past due", "orange"),
        "overdue": ("Overdue", "orange"),
        "suspended": ("Suspended", "orange"),
        "expired": ("Expired", "red"),
        "revoked": ("Revoked", "red"),
        "inactive": ("Inactive", "gray"),
        "silent": ("Silent", "orange"),
        "churned": ("Churned", "gray"),
        "canceled": ("Canceled", "gray"),
        "not_started": ("Not started", "blue"),
        "invited": ("Invited", "blue"),
        "locked": ("Locked", "red"),
        "deactivated": ("Deactivated", "gray"),
        "draft": ("Draft", "gray"),
        "open": ("Open", "blue"),
        "paid": ("Paid", "green"),
        "void": ("Void", "gray"),
        "uncollectible": ("Given up", "red"),
    },
    "tier": {
        "enterprise": ("Enterprise", "primary"),
        "pro": ("Pro", "blue"),
        "basic": ("Basic", "violet"),
        "free": ("Free", "gray"),
    },
    "priority": {"high": ("High", "red"), "medium": ("Medium", "orange"), "low": ("Low", "gray")},
    "severity": {
        "critical": ("Critical", "red"),
        "high": ("High", "red"),
        "warning": ("Warning", "orange"),
        "medium": ("Medium", "orange"),
        "low": ("Low", "gray"),
        "info": ("Info", "blue"),
    },
    "verdict": {
        "pass": ("Pass", "green"),
        "partly": ("Partly", "orange"),
        "fail": ("Fail", "red"),
        "manual": ("Manual", "blue"),
        "no_data": ("No data", "gray"),
        "not_assessed": ("Not assessed", "gray"),
    },
    "movement": {
        "new": ("New", "green"),
        "expansion": ("Expansion", "green"),
        "reactivation": ("Reactivation", "blue"),
        "contraction": ("Contraction", "orange"),
        "churn": ("Churn", "red"),
        "transfer": ("Transfer", "gray"),
    },
    "adoption": {
        "habitual": ("Habitual", "green"),
        "adopted": ("Adopted", "green"),
        "tried": ("Tried", "blue"),
        "lapsed": ("Lapsed", "orange"),
        "never": ("Never", "gray"),
    },
    "band": {
        "excellent": ("Excellent", "green"),
        "good": ("Good", "green"),
        "fair": ("Fair", "orange"),
        "at risk": ("At risk", "red"),
    },
}


def word(kind: Kind, value: str) -> str:
    """The value as it is said on screen: "past_due" is "Past due"."""
    return _look(kind, value)[0]


def color(kind: Kind, value: str) -> Color:
    """The color that the value carries everywhere."""
    return _look(kind, value)[1]


def _look(kind: Kind, value: str) -> tuple[str, Color]:
    """Values we have no word for (custom tiers, other people's statuses) are shown as they are, in gray."""
    return _WORDS[kind].get(value.lower(), (value.replace("_", " ").capitalize(), "gray"))


def pill(kind: Kind, value: str) -> None:
    """One pill on its own."""
    said, shade = _look(kind, value)
    st.badge(say.plain(said), color=shade)


def inline(kind: Kind, value: str) -> str:
    """A pill as Markdown, for the middle of a line."""
    said, shade = _look(kind, value)
    return f":{shade}-badge[{say.plain(said)}]"


def cells(kind: Kind, values: Iterable[str | None]) -> list[list[str]]:
    """A table column of pills: each cell the list that `columns.pills` draws."""
    return [[] if value is None else [word(kind, value)] for value in values]


def options(kind: Kind) -> dict[str, Color]:
    """Each word of a kind with its color."""
    return dict(_WORDS[kind].values())
