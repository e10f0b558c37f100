"""Destinations: the kinds there are, what they can be told of, and what each needs to be known."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args
from uuid import UUID

from core.errors import InvalidInput
from core.notify.outbound import Answer, checked_url

Kind = Literal["webhook", "slack", "hubspot", "salesforce"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LABELS: Final[Mapping[Kind, str]] = {
    "webhook": "Webhook",
    "slack": "Slack",
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
}
# What can be told, and how it is said on screen.
EVENTS: Final[Mapping[str, str]] = {
    "upsell.found": "An upsell was found",
    "upsell.closed": "An upsell was won, lost or ignored, or its evidence has gone for a day",
    "health.band_changed": "A customer's health changed its band",
    "limit.crossed": "A customer crossed 80, 90 or 100% of a limit",
    "license.issued": "A license was issued",
    "license.tier_changed": "A license changed its tier",
    "license.renewed": "A license was renewed",
    "license.suspended": "A license was suspended",
    "license.resumed": "A license was resumed",
    "license.revoked": "A license was revoked",
    "license.reinstated": "A license was reinstated",
}
# Companies and deals are all that these keep.
CRM_EVENTS: Final = ("upsell.found", "upsell.closed", "health.band_changed")
TEST: Final = "test"
# What each kind is asked for beside name and address, and whether it must be given.
SECRETS: Final[Mapping[Kind, Mapping[str, bool]]] = {
    "webhook": {},
    "slack": {},
    "hubspot": {"token": True},
    "salesforce": {"clientId": True, "clientSecret": True, "refreshToken": False},
}
ADDRESSES: Final[Mapping[Kind, str]] = {"hubspot": "https://api.hubapi.com"}
LONGEST_NAME: Final = 80
LONGEST_SECRET: Final = 2_000
# For so long after a rotation both secrets sign.
OVERLAP: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Destination:
    """Where what happens is sent; `url` is what may be shown of its address."""

    id: UUID
    organization_id: UUID
    kind: Kind
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    disabled_reason: str | None
    made_by: str
    made_at: datetime
    failing_since: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True)
class Target:
    """A destination as its gateway needs it: the address itself, and the secrets in clear."""

    url: str
    secrets: Mapping[str, str]
    private: bool


@dataclass(frozen=True)
class Message:
    """What is sent: `id` stays the same however often it is tried, so that a receiver can tell."""

    id: UUID
    type: str
    at: datetime
    data: Mapping[str, Any]


class NotTaken(Exception):
    """The receiver answered, and did not take it; `permanent`: it never will."""

    def __init__(self, sentence: str, answer: Answer, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.answer, self.permanent = sentence, answer, permanent


def checked_name(name: str) -> str:
    """Return the name trimmed, or raise InvalidInput."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"Give the destination a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def checked_kind(kind: str) -> Kind:
    """Return the kind, or raise InvalidInput."""
    for known in KINDS:
        if kind == known:
            return known
    raise InvalidInput(f"Choose one of {', '.join(KINDS)}.", field="kind")


def checked_events(kind: Kind, events: Sequence[str]) -> list[str]:
    """Return what was chosen in the order of the catalogue, or raise InvalidInput."""
    offered = events_of(kind)
    unknown = sorted(set(events) - set(offered))
    if unknown:
        raise InvalidInput(
            f"{LABELS[kind]} cannot be told of {unknown[0][:60]}. Use {', '.join(offered)}.", field="events"
        )
    if not events:
        raise InvalidInput("Choose at least one thing to be told of.", field="events")
    return [event for event in offered if event in events]


def events_of(kind: Kind) -> tuple[str, ...]:
    """Return what a kind of destination can be told of."""
    return CRM_EVENTS if kind in {"hubspot", "salesforce"} else tuple(EVENTS)


def checked_secrets(kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that this kind is asked for, or raise InvalidInput for one that is missing or unknown."""
    asked = SECRETS[kind]
    kept = {name: value.strip() for name, value in given.items() if value.strip()}
    unknown = sorted(set(kept) - set(asked))
    if unknown:
        raise InvalidInput(f"{LABELS[kind]} needs no {unknown[0][:40]}.", field=unknown[0][:40])
    for name, needed in asked.items():
        if needed and name not in kept:
            raise InvalidInput(f"{LABELS[kind]} needs its {name}.", field=name)
    for name, value in kept.items():
        # It goes into a header.
        if len(value) > LONGEST_SECRET or not value.isascii() or not value.isprintable():
            raise InvalidInput(f"The {name} holds characters that none has; copy it once more.", field=name)
    return kept


def checked_address(kind: Kind, url: str, *, private: bool) -> str:
    """Return the address of a destination; HubSpot has only one."""
    return checked_url(url.strip() or ADDRESSES.get(kind, ""), private=private)


def shown(kind: Kind, url: str) -> str:
    """Return what may be shown of an address: Slack's is itself the key to a channel."""
    return f"{url.partition('://')[0]}://{url.split('/')[2]}/…" if kind == "slack" else url


def new_signing_secret() -> str:
    """Return a secret of a webhook, as Standard Webhooks writes one: `whsec_` and 32 bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
