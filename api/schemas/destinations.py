"""Destinations and their deliveries on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Strict
from core.notify.deliveries import State
from core.notify.destination_writes import LONGEST_REASON
from core.notify.destinations import LONGEST_NAME, LONGEST_SECRET, Kind

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Url = Annotated[
    str, Field(max_length=2_000, description="https://…; HubSpot needs none. Slack's is never shown again.")
]
Events = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(min_length=1, max_length=30, description="docs/notifications.md lists them."),
]
Secret = Annotated[str, Field(min_length=1, max_length=LONGEST_SECRET)]


class Secrets(Strict):
    """What HubSpot (token) or Salesforce (the others) is reached with; never shown again."""

    token: Secret | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None

    def given(self) -> dict[str, str]:
        """Return those that were sent, by their names on the wire."""
        return self.model_dump(by_alias=True, exclude_none=True)


class AddDestination(Strict):
    """A destination to be told of what happens from now on."""

    kind: Kind
    name: Name
    events: Events
    url: Url = ""
    secrets: Secrets | None = None


class ChangeDestination(Strict):
    """What is to change; what is left away stays. Switching on or off (`enabled`) asks for a `reason`."""

    name: Name | None = None
    url: Url | None = None
    events: Events | None = None
    secrets: Secrets | None = None
    enabled: bool | None = None
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class RemoveDestination(Strict):
    """Why a destination is removed."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class DestinationRow(Answer):
    """A destination; `disabledReason` says why it is off, `failingSince` since when it has taken nothing."""

    id: UUID
    kind: Kind
    name: str
    url: str
    events: list[str]
    enabled: bool
    disabled_reason: str | None
    made_by: str
    made_at: datetime
    failing_since: datetime | None
    delivered_at: datetime | None


class DestinationList(Answer):
    """Every destination, by name."""

    destinations: list[DestinationRow]


class AddedDestination(Answer):
    """The destination that was added; a webhook's signing secret is shown this once."""

    id: UUID
    signing_secret: str | None


class RotatedSecret(Answer):
    """The new signing secret, shown this once; for a day the old one signs, too."""

    signing_secret: str


class Removed(Answer):
    """What was removed."""

    id: UUID


class QueuedDelivery(Answer):
    """A delivery that is on its way."""

    id: UUID


class QueuedUpsells(Answer):
    """How many open upsells are on their way that this destination had not heard of."""

    sent: int


class AttemptRow(Answer):
    """One try: the answer's status and beginning, or why there was none."""

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    excerpt: str
    error: str | None


class DeliveryRow(Answer):
    """One thing on its way to one destination; `id` is the `webhook-id` that the receiver sees."""

    id: UUID
    type: str
    state: State
    attempts: int
    status: int | None
    error: str | None
    made_at: datetime
    next_at: datetime | None
    finished_at: datetime | None
    body: dict[str, Any]
    log: list[AttemptRow]


class DeliveryPage(Answer):
    """Deliveries, newest first; `nextBefore` is the `before` of the next page, or null at the end."""

    deliveries: list[DeliveryRow]
    next_before: UUID | None
