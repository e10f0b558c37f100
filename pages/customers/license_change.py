"""A change to a license from its page: written, with the cards of whom it touches brought up to date."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.cards import refresh_card
from core.licensing.acts import LONGEST_REASON
from core.licensing.reads import License
from pages.parts.load import change_both

Result = TypeVar("Result")
_WHY: Final = "Why? Kept in the audit trail."


def written(actor: Actor, held: License, write: Callable[..., Result], *given: Any, **named: Any) -> Result:
    """Return `write(session, actor, install_id, …, now=…)`, done together with the cards of who held and holds it."""
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        result = write(session, actor, held.install_id, *given, now=now, **named)
        # A result that names a customer names who holds it now.
        touched = {held.organization_id, getattr(result, "organization_id", held.organization_id)}
        for organization_id in sorted(touched):
            refresh_card(session, telemetry, organization_id, now=now)
    return result


def reason(key: str, *, hint: str = _WHY) -> str:
    """The reason that an act asks for."""
    return st.text_area("Reason", placeholder=hint, key=key, max_chars=LONGEST_REASON, height=90) or ""
