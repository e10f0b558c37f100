"""What the customer list is narrowed to and ordered by: chips and boxes whose state lives in the address."""

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import CustomerFilter, Facets
from core.accounts.portfolio import LABELS
from pages.parts import filters, pills
from pages.parts import format as say

# What a chip stands for; its words are also what the address says, so a link stays readable.
VIEWS: Final[dict[str, dict[str, Any]]] = {
    "Active": {"status": "active"},
    "Trial": {"term": "trial"},
    "At risk": {"at_risk": True},
    "Near a limit": {"near_limit": True},
    "Expiring": {"status": "expiring"},
    "Expired": {"status": "expired"},
    "Inactive": {"status": "inactive"},
    "Suspended": {"status": "suspended"},
    "Revoked": {"status": "revoked"},
    "In force": {"live": True},
}
MINE: Final = "Mine"
TIERS: Final = ("enterprise", "pro", "basic", "free")
_SEGMENTS: Final = {"saas": "SaaS", "api": "API"}
_ORDERS: Final = {
    "mrr": "Highest MRR",
    "name": "Name",
    "health": "Worst health",
    "usage": "Most events",
    "limit": "Nearest a limit",
    "last_seen": "Last seen",
    "renewal": "Ends soonest",
}


@dataclass(frozen=True)
class Narrowed:
    """The filter as it stands, and the order."""

    filters: CustomerFilter
    sort: str


def controls(actor: Actor, text: str, counted: Facets) -> Narrowed:
    """The row of chips, and under it tier, segment and order."""
    view = filters.at_most_one("Show", [*VIEWS, MINE], key="show")
    with st.container(horizontal=True, vertical_alignment="center", key="narrowing"):
        tier = filters.at_most_one("Tier", TIERS, key="tier", show=lambda each: pills.word("tier", each))
        segment = filters.pick(
            "Segment",
            sorted(counted.segment),
            key="segment",
            show=segment_word,
            placeholder="All segments",
            width=170,
        )
        archetype = filters.pick(
            "Archetype", tuple(LABELS.values()), key="archetype", placeholder="All archetypes", width=170
        )
        sort = filters.order(_orders(actor))
    wanted: dict[str, Any] = {"owner": actor.label} if view == MINE else VIEWS.get(view or "", {})
    return Narrowed(CustomerFilter(tier=tier, segment=segment, text=text, archetype=archetype, **wanted), sort)


def segment_word(name: str) -> str:
    """A market segment as it is written."""
    return _SEGMENTS.get(name, say.phrase(name))


def _orders(actor: Actor) -> dict[str, str]:
    """Who may not see money has no order by it."""
    return {name: words for name, words in _ORDERS.items() if name != "mrr" or actor.may(Permission.FINANCE_READ)}
