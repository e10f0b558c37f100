"""What telemetry is, told to those it is about: every field and its purpose, the last payload, where and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Field:
    """One field that may be sent, and what for."""

    name: str
    purpose: str


FIELDS: Final = (
    Field("id", "Random; an event that is sent twice counts once by it."),
    Field("ts", "When it happened, in UTC."),
    Field("type", "What kind of thing happened, such as feature_used or api_call."),
    Field("feature", "Which part of the software was used; shows what is worth improving and what nobody needs."),
    Field("user", "A keyed hash (HMAC-SHA256) of who acted; its key never leaves this installation. Counts people."),
    Field("session", "A keyed hash of the session, in the same way. Counts visits."),
    Field("status", "The status of an API call; shows what fails."),
    Field("ms", "How long it took, in milliseconds; shows what is slow."),
    Field("ua", "The user agent; shows which browsers and tools must work."),
    Field("domain", "The host name the installation answers under."),
    Field("version", "The installed version; shows who needs which fix."),
    Field("tz", "The time zone of the installation; lets hours of use be read as people live them."),
    Field("props", "Data that the software adds to an event of its own."),
    Field("installId", "Which installation sends; it is no secret and stands in every batch."),
)
HOW_TO_STOP: Final = (
    "Set CALOS_TELEMETRY=0 (or DO_NOT_TRACK=1). Then nothing is sent, not even that it was switched off."
)


@dataclass(frozen=True)
class Manifest:
    """`last_payload` is, byte for byte, what was packed and sent last; None if nothing was sent yet."""

    enabled: bool
    sent_to: str | None
    sent_when: str
    last_payload: bytes | None
    last_sent_at: str | None
    waiting: int
    fields: tuple[Field, ...] = FIELDS
    how_to_stop: str = HOW_TO_STOP

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, for a page that shows it; the payload is UTF-8."""
        payload = None if self.last_payload is None else self.last_payload.decode("utf-8")
        return {**asdict(self), "fields": [asdict(field) for field in self.fields], "last_payload": payload}
