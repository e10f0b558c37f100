"""Telemetry on the wire: the batch an install sends, the receipt it gets, and raw events as support reads them."""

from datetime import datetime
from typing import Any

from api.depends import Answer
from core.telemetry.events import HIGHEST_STATUS, LARGEST_PROPS, LONGEST_MS, REQUIRED, TEXTS

_MEANINGS = {
    "id": "Made by the install, never reused: the same id on the same UTC day is the same event.",
    "type": "page_view, api_call, feature_used, error, login, heartbeat, or a type of your own.",
    "feature": "What was used, such as pos.",
    "user": "Who, as an HMAC made by the install; never a name or an address.",
    "session": "Stands for the user where none is known.",
    "ua": "User agent.",
    "domain": "Where the install answered.",
    "version": "Version of the installed software.",
    "tz": "IANA time zone, such as Europe/Lisbon.",
}


def _event_schema() -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: {"type": ["string", "null"], "maxLength": longest, "description": _MEANINGS[name]}
        for name, (_, longest) in TEXTS.items()
    }
    for name in ("id", "type"):
        properties[name] |= {"type": "string", "minLength": 1}
    properties["ts"] = {"type": "string", "format": "date-time", "description": "RFC 3339, with its zone."}
    properties["status"] = {"type": ["integer", "null"], "minimum": 0, "maximum": HIGHEST_STATUS}
    properties["ms"] = {"type": ["number", "null"], "minimum": 0, "maximum": LONGEST_MS, "description": "Duration."}
    properties["props"] = {
        "type": ["object", "null"],
        "description": f"Data of your own, at most {LARGEST_PROPS:,} bytes as JSON.",
    }
    return {"type": "object", "additionalProperties": False, "required": list(REQUIRED), "properties": properties}


EVENT_SCHEMA = _event_schema()


def batch_body(most_events: int) -> dict[str, Any]:
    """Return the OpenAPI description of the request body, read by the route itself."""
    # Any JSON may stand in `events`: what is no event is refused by its index, and the rest is taken.
    batch = {
        "type": "object",
        "additionalProperties": False,
        "required": ["events"],
        "properties": {
            "installId": {"type": ["string", "null"], "description": "If given, it must be the secret's own install."},
            "events": {
                "type": "array",
                "maxItems": most_events,
                "items": {
                    "description": "An event; anything else is refused by its index.",
                    "anyOf": [EVENT_SCHEMA, {}],
                },
            },
        },
    }
    lines = {"type": "string", "description": "One event a line; an unreadable line is refused by its index."}
    content = {"application/json": {"schema": batch}, "application/x-ndjson": {"schema": lines}}
    return {"required": True, "content": content}


class RefusedEvent(Answer):
    """Why one event was not taken."""

    index: int
    code: str
    detail: str


class IngestReceipt(Answer):
    """What became of a batch; accepted events are durable."""

    accepted: int
    duplicate: int
    refused: list[RefusedEvent]


class RawEvent(Answer):
    """One event as it was kept."""

    event_id: str
    ts: datetime
    received_at: datetime
    type: str
    feature: str | None
    actor: str | None
    session: str | None
    status: int | None
    ms: int | None
    agent: str | None
    domain: str | None
    version: str | None
    zone: str | None
    props: dict[str, Any] | None


class RawEvents(Answer):
    """Events, newest first, and the cursor of those before them."""

    events: list[RawEvent]
    next_cursor: str | None
