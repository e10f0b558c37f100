"""Events as Stripe sends them, signed, and as it sends them on a bad day: twice, out of order, late, or by a forger."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.billing.stripe.signature import signature_of
from tests.loopback_stripe.shapes import Json

SECRET = "whsec_loopback"


@dataclass(frozen=True)
class Message:
    """A body with its Stripe-Signature."""

    body: bytes
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        """As they are sent."""
        return {"Stripe-Signature": self.signature, "Content-Type": "application/json; charset=utf-8"}


def signed(event: Json, stamp: int, *secrets: str) -> Message:
    """Sign an event at `stamp`, by one secret or, while it is rotated, by several."""
    body = json.dumps(event, indent=2).encode()
    parts = [signature_of(body, secret, stamp) for secret in secrets or (SECRET,)]
    return Message(body, ",".join([parts[0], *(part.partition(",")[2] for part in parts[1:])]))


def messages(events: Iterable[Json], stamp: int) -> list[Message]:
    """Sign each event."""
    return [signed(one, stamp) for one in events]


def twice(sent: Sequence[Message]) -> list[Message]:
    """Each message, and all of them again."""
    return [*sent, *sent]


def backwards(sent: Sequence[Message]) -> list[Message]:
    """The last message first."""
    return list(reversed(sent))


def forged(sent: Message) -> Message:
    """The same message, signed by somebody who does not know the secret."""
    stamp, _, signature = sent.signature.partition(",v1=")
    return replace(sent, signature=f"{stamp},v1={'0' * len(signature)}")
