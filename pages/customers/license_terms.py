"""What a license says: its terms, and every rule of its policy with what holds where none is set."""

from typing import Final

import streamlit as st

from core.licensing.policy import ceiling
from core.licensing.reads import License, Tier
from pages.parts import format as say
from pages.parts import policy_form
from pages.parts.cards import card

_TIERS_TERM: Final = {"trial": "Trial", "paid": "Paid", "free": "Free"}


def show(held: License, tier: Tier) -> None:
    """Draw both cards."""
    with card("terms", "Terms", height="content").body:
        _table(_terms(held))
    with card("policy", "Policy", "What it allows beyond its tier", height="content").body:
        _table(_rules(held, tier))


def _table(lines: dict[str, str]) -> None:
    st.table({label: say.plain(value) for label, value in lines.items() if value}, border="horizontal")


def _terms(held: License) -> dict[str, str]:
    period = f", {held.billing_period}" if held.billing_period else ""
    return {
        "Term": f"{_TIERS_TERM.get(held.term, held.term)}{period}",
        "Issued": say.day(held.issued_at),
        "Begins": say.day(held.starts_at) if held.starts_at != held.issued_at else "",
        "Ends": say.day(held.expires_at) if held.expires_at else "no end",
        "Converted": say.day(held.converted_at) if held.converted_at else "",
        "First verified": say.day(held.first_verified_at) if held.first_verified_at else "not yet",
        "Last check-in": say.day(held.last_check_in_at) if held.last_check_in_at else "none yet",
        "Notes": held.notes,
    }


def _rules(held: License, tier: Tier) -> dict[str, str]:
    installs = held.max_installs if held.max_installs is not None else tier.max_installs
    own = "" if held.max_installs is not None else f" ({tier.label}'s own)"
    return {
        "Installations": _at_most(installs, held.overage) + own,
        "Seats": _at_most(held.max_seats, held.overage),
        "Overage": policy_form.BEYOND.get(held.overage, held.overage),
        "Seat heartbeat": f"a seat stays taken for {say.count(held.seat_heartbeat_seconds, 'second')}",
        "Domains": ", ".join(held.domains) or "any",
        "Fingerprint": "required" if held.fingerprint_required else "not required",
        "Check-in": f"every {say.count(held.check_in_days, 'day')}" if held.check_in_days else "not asked for",
        "After its end": policy_form.AFTER_ITS_END.get(held.expiry_strategy, held.expiry_strategy),
        "Versions": held.versions or "any",
        "Also entitled to": ", ".join(held.entitlements) or "nothing beyond its tier",
    }


def _at_most(highest: int | None, overage: str) -> str:
    """How many were sold, and how many may be in use where that is more."""
    if highest is None:
        return "unlimited"
    bound = ceiling(highest, overage)
    beyond = "any" if bound is None else say.integer(bound)
    return f"at most {say.integer(highest)}" + ("" if bound == highest else f", {beyond} with the overage")
