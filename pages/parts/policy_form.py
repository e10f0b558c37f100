"""The policy of a license as a person sets it: every rule with its words, and the one to blame named in a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

import streamlit as st

from core.errors import InvalidInput
from core.licensing.policy import (
    HIGHEST,
    LONGEST_HEARTBEAT,
    LONGEST_INTERVAL,
    SHORTEST_HEARTBEAT,
    ExpiryStrategy,
    Overage,
    Policy,
    ceiling,
)
from core.licensing.reads import Tier
from pages.parts import format as say

AFTER_ITS_END: Final[dict[str, str]] = {
    "restrict": "it stops",
    "maintain": "what is installed goes on, nothing new is added",
    "allow": "everything goes on",
}
BEYOND: Final[dict[str, str]] = {
    "deny": "not one more than was sold",
    "1.25x": "up to a quarter more",
    "1.5x": "up to half as many more",
    "2x": "up to twice as many",
    "allow": "as many as they like",
}
LABELS: Final[dict[str, str]] = {
    "maxInstalls": "Installations",
    "maxSeats": "Seats",
    "domains": "Domains",
    "checkInInterval": "Check-in",
    "expiryStrategy": "After its end",
    "overage": "Overage",
    "entitlements": "Also entitled to",
    "versions": "Versions",
    "seatHeartbeatSeconds": "Seat heartbeat",
}
_BEATS: Final = "After its holder was last heard of. Holders ask again every third of it."
_BOUND: Final = "Only installations that were activated with a fingerprint are told “valid”."


def fields(held: Policy, tier: Tier, *, key: str) -> Policy:
    """The rules as they stand in the form, which begins with those `held`; checked where they are written."""
    left, right = st.columns(2)
    with left:
        installs = _number("Installations, at most", held.max_installs, f"{key}-installs", of_tier(tier))
        after = _choice("After its end", AFTER_ITS_END, held.expiry_strategy, f"{key}-after")
        check_in = _number("Check-in, every … days", held.check_in_days, f"{key}-check-in", "none", LONGEST_INTERVAL)
        versions = st.text_input(
            "Versions", held.versions or "", placeholder="any, or >=4.0, <5", key=f"{key}-versions"
        )
    with right:
        seats = _number("Seats, at most", held.max_seats, f"{key}-seats", "unlimited")
        overage = _choice("Overage", BEYOND, held.overage, f"{key}-overage", help=_overage_help())
        heartbeat = _heartbeat(held.seat_heartbeat_seconds, f"{key}-heartbeat")
        bound = st.toggle("Fingerprint required", held.fingerprint_required, help=_BOUND, key=f"{key}-fingerprint")
    domains = _lines("Domains, one a line", held.domains, f"{key}-domains", _domains_hint(tier))
    granted = _lines("Also entitled to, one a line", held.entitlements, f"{key}-entitlements", "nothing; or sso")
    return Policy(
        max_installs=installs,
        max_seats=seats,
        domains=domains,
        fingerprint_required=bound,
        check_in_days=check_in,
        expiry_strategy=cast(ExpiryStrategy, after),
        overage=cast(Overage, overage),
        entitlements=granted,
        versions=(versions or "").strip() or None,
        seat_heartbeat_seconds=heartbeat,
    )


@contextmanager
def named() -> Iterator[None]:
    """Put the label of the field that is to blame before the sentence of a refusal."""
    try:
        yield
    except InvalidInput as wrong:
        label = LABELS.get(wrong.field or "")
        if label is None:
            raise
        raise InvalidInput(f"{label}: {wrong.message}", code=wrong.code, field=wrong.field) from wrong


def of_tier(tier: Tier) -> str:
    """How many installations the tier itself allows, in words."""
    return f"{tier.label}'s own: {'unlimited' if tier.max_installs is None else say.integer(tier.max_installs)}"


def _number(label: str, held: int | None, key: str, without: str, most: int = HIGHEST) -> int | None:
    return st.number_input(label, 1, most, held, placeholder=without, key=key)


def _heartbeat(held: int, key: str) -> int:
    label = "A seat stays taken for … seconds"
    return int(st.number_input(label, SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT, held, help=_BEATS, key=key))


def _choice(label: str, words: dict[str, str], held: str, key: str, help: str = "") -> str:
    picked: str = st.selectbox(
        label, list(words), list(words).index(held), format_func=lambda each: words[each], help=help or None, key=key
    )
    return picked


def _lines(label: str, held: tuple[str, ...], key: str, hint: str) -> tuple[str, ...]:
    typed = st.text_area(label, "\n".join(held), height=90, placeholder=hint, key=key)
    return tuple(line.strip() for line in (typed or "").splitlines() if line.strip())


def _domains_hint(tier: Tier) -> str:
    most = "" if tier.max_domains is None else f"\n({tier.label} covers {say.integer(tier.max_domains)})"
    return f"any; or app.example.com{most}"


def _overage_help() -> str:
    """What an overage comes to, by the rule itself."""
    said = [f"{words}: {say.integer(ceiling(10, name))} of 10" for name, words in BEYOND.items() if ceiling(10, name)]
    return f"How many installations and seats may be in use beyond what was sold. {'; '.join(said)}."
