"""What the timeline says of an audit entry or a movement: one sentence of the business each."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from core.money import Money

Values = Mapping[str, Any]
Labels = Mapping[str, str]

_MOVEMENTS: Final = {
    "new": "New business",
    "expansion": "Expansion",
    "contraction": "Contraction",
    "churn": "Churn",
    "reactivation": "Reactivation",
    "transfer": "Transfer",
}


def movement_title(kind: str, change: Money) -> str:
    """Return the kind and the change a month, with its sign."""
    if kind == "transfer":
        return "Moved to another tier at the same price"
    sign = "+" if change.minor > 0 else "−"
    return f"{_MOVEMENTS[kind]}: {sign}{-change if change.minor < 0 else change} a month"


def movement_detail(tier_id: str, from_tier_id: str | None, labels: Labels) -> str:
    """Return the tier, or the two it went between."""
    tier = labels.get(tier_id, tier_id)
    return f"{labels.get(from_tier_id, from_tier_id)} → {tier}" if from_tier_id else tier


def ticket_opened(subject: str, said: Values) -> tuple[str, str]:
    """Return title and detail of a ticket that came in."""
    urgency = [str(said["priority"]), "escalated" if said.get("escalated") else ""]
    return _ticket(subject, said, "opened"), ", ".join(word for word in urgency if word)


def ticket_closed(subject: str, said: Values) -> tuple[str, str]:
    """Return title and detail of a ticket that was closed."""
    return _ticket(subject, said, "closed"), f"rated {said['satisfaction']} of 5" if said.get("satisfaction") else ""


def said_to_leave(why: str, said: Values) -> tuple[str, str]:
    """Return title and detail of what a customer said when they left or came back."""
    title = f"Came back: {why}" if said.get("again") else f"Said to leave: {why}"
    return title.replace("_", " "), str(said.get("feedback") or "")


def _ticket(subject: str, said: Values, verb: str) -> str:
    return f"Ticket {said['reference']} {verb}" + (f": {subject}" if subject else "")


def entry_title(action: str, before: Values, after: Values, labels: Labels) -> str:
    """Return the sentence of an audit entry; of an action nobody has written one for, its words."""
    if action in _SENTENCES:
        return _SENTENCES[action](before, after, labels)
    resource, _, verb = action.partition(".")
    return f"{resource} {verb}".replace("_", " ").capitalize()


def _issued(_before: Values, after: Values, labels: Labels) -> str:
    tier = labels.get(after.get("tier_id", ""), "A")
    if after.get("term") == "trial":
        return f"{tier} trial issued, until {_day(after.get('expires_at'))}"
    return f"{tier} license issued" + (f", billed {after['billing_period']}" if after.get("billing_period") else "")


def _tier_changed(before: Values, after: Values, labels: Labels) -> str:
    old, new = (labels.get(str(values.get("tier_id")), "") for values in (before, after))
    if before.get("term") == "trial" and after.get("term") == "paid":
        return f"Trial converted to {new}, billed {after.get('billing_period')}"
    if old == new:
        return f"Billing changed from {before.get('billing_period')} to {after.get('billing_period')}"
    return f"Tier changed from {old} to {new}"


def _renewed(_before: Values, after: Values, _labels: Labels) -> str:
    end = after.get("expires_at")
    return f"License renewed until {_day(end)}" if end else "License renewed without an end"


def _closed(_before: Values, after: Values, _labels: Labels) -> str:
    return f"Opportunity {after.get('state', 'closed')}"


def _assigned(_before: Values, after: Values, _labels: Labels) -> str:
    return f"Opportunity given to {after['assigned_to']}" if after.get("assigned_to") else "Opportunity given to nobody"


def _snoozed(_before: Values, after: Values, _labels: Labels) -> str:
    until = after.get("snoozed_until")
    return f"Opportunity snoozed until {_day(until)}" if until else "Opportunity taken up again"


def _person(verb: str) -> Callable[[Values, Values, Labels], str]:
    return lambda _before, after, _labels: f"{after.get('email', 'Somebody')} {verb}"


def _role_changed(before: Values, after: Values, _labels: Labels) -> str:
    return f"Role changed from {before.get('role')} to {after.get('role')}"


def _organization(_before: Values, after: Values, _labels: Labels) -> str:
    return f"{after.get('name', 'Customer')} became a customer record"


def _domain(_before: Values, after: Values, _labels: Labels) -> str:
    return f"Domain {after.get('host', '')} added"


def _plainly(sentence: str) -> Callable[[Values, Values, Labels], str]:
    return lambda _before, _after, _labels: sentence


_SENTENCES: Final[dict[str, Callable[[Values, Values, Labels], str]]] = {
    "license.issued": _issued,
    "license.tier_changed": _tier_changed,
    "license.revoked": _plainly("License revoked"),
    "license.suspended": _plainly("License suspended"),
    "license.resumed": _plainly("License resumed"),
    "license.reinstated": _plainly("License reinstated"),
    "license.renewed": _renewed,
    "license.policy_changed": _plainly("Policy of the license changed"),
    "license.transferred_away": _plainly("License transferred away"),
    "license.transferred": _plainly("License taken over from another customer"),
    "license.installation_retired": _plainly("Installation retired"),
    "license.seat_released": _plainly("Seat taken back"),
    "license.secret_rotated": _plainly("Install secret replaced"),
    "upsell.closed": _closed,
    "upsell.assigned": _assigned,
    "upsell.snoozed": _snoozed,
    "upsell.noted": _plainly("Note on an opportunity"),
    "person.created": _person("added"),
    "person.role_changed": _role_changed,
    "organization.created": _organization,
    "domain.added": _domain,
    "domain.removed": lambda before, _after, _labels: f"Domain {before.get('host', '')} taken away",
    "brand.set": lambda _before, after, _labels: f"Shown as {after.get('display_name', '')} from now on",
    "customer.note_written": _plainly("Note about the customer written"),
}


def _day(at: object) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d}" if isinstance(at, str) else "an open date"
