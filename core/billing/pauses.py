"""Pauses: what may be paused and resumed, and which phase it is in then; pure."""

from core.billing.reads import Phase, Subscription
from core.errors import Conflict


def paused(current: Subscription) -> Phase:
    """Return the phase of a subscription that is paused now; Conflict where it is paused or in a trial."""
    if current.phase == "paused":
        raise Conflict("This subscription is paused already.", code="already_paused")
    if current.phase == "trial":
        raise Conflict("A trial costs nothing, so there is nothing to pause. Cancel it or let it end.", code="in_trial")
    return "paused"


def resumed(current: Subscription) -> Phase:
    """Return the phase of a subscription whose pause ends now; Conflict where it is not paused."""
    if current.phase != "paused":
        raise Conflict("This subscription is not paused.", code="not_paused")
    return "active"
