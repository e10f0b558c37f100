"""Telemetry on the wire: the batch an install sends, the receipt it gets, and raw events as support reads them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.depends import Answer, Strict
from core.telemetry.bundle_receipts import BundleReceipt
from core.telemetry.events import HIGHEST_STATUS, LARGEST_PROPS, LONGEST_MS, REQUIRED, TEXTS
from core.telemetry.manifest import Manifest, meanings
from core.telemetry.opt_out import LONGEST_REASON

_MEANINGS = meanings()


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


class RefusedLine(RefusedEvent):
    """Why the event of one line of a bundle was not taken; lines are counted from 0 after the header."""


class Bundle(Answer):
    """What became of a bundle; `refusals` are the first 200 of the `refused`."""

    install_id: str
    bundle_id: str
    created_at: datetime
    received_at: datetime
    finished_at: datetime | None
    events: int
    accepted: int
    duplicate: int
    refused: int
    refusals: list[RefusedLine]

    @classmethod
    def of(cls, one: BundleReceipt) -> "Bundle":
        """Return it as it is sent."""
        refusals = [RefusedLine.model_validate(each) for each in one.refusals]
        same = {name: getattr(one, name) for name in cls.model_fields if name not in {"duplicate", "refusals"}}
        return cls(**same, duplicate=one.duplicates, refusals=refusals)


class Why(Strict):
    """The reason for an act, kept in the audit trail."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Choice(Answer):
    """Whether telemetry of an install is taken, and since when it is not."""

    install_id: str
    taken: bool
    since: datetime | None = None
    by: str | None = None
    reason: str | None = None


class CollectedField(Answer):
    """One member of an event, and what it is used for."""

    name: str
    meaning: str
    purpose: str
    required: bool


class KeptClass(Answer):
    """For how many days a class of data is kept; null: as long as the customer is one."""

    id: str
    label: str
    holds: str
    days: int | None
    ends: str


class LastPayload(Answer):
    """The last batch as it was received, unpacked; of a large one the first 64 KB. `size` is that of the whole."""

    received_at: datetime
    content_type: str
    size: int
    truncated: bool
    body: str


class TelemetryManifest(Answer):
    """What is collected of an install, what for, for how long, and exactly what came last."""

    install_id: str
    choice: Choice
    fields: list[CollectedField]
    never: list[str]
    retention: list[KeptClass]
    accepted_30_days: int
    refused_30_days: int
    last_payload: LastPayload | None

    @classmethod
    def of(cls, one: Manifest) -> "TelemetryManifest":
        """Return it as it is sent."""
        last, out = one.last_payload, one.opt_out
        return cls(
            install_id=one.install_id,
            choice=Choice(
                install_id=one.install_id,
                taken=out is None,
                since=out.since if out else None,
                by=out.by if out else None,
                reason=out.reason if out else None,
            ),
            fields=[CollectedField.model_validate(each) for each in one.fields],
            never=list(one.never),
            retention=[KeptClass.model_validate(each) for each in one.retention],
            accepted_30_days=one.accepted,
            refused_30_days=one.refused,
            last_payload=LastPayload(
                received_at=last.received_at,
                content_type=last.kind,
                size=last.size,
                truncated=len(last.body) < last.size,
                body=last.text,
            )
            if last
            else None,
        )
