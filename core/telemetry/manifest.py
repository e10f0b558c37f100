"""The manifest of an install's telemetry: what is collected, what for, how long it is kept, and what came last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.reads import license_by_install
from core.telemetry.arrivals import Payload
from core.telemetry.opt_out import OptOut, opt_out_of
from core.telemetry.retention import Retention, classes
from db.models.telemetry import ingest_quota, last_payload
from db.session import ReadSession

COUNTED_DAYS: Final = 30


@dataclass(frozen=True)
class Field:
    """One member of an event: what it says and what it is used for."""

    name: str
    meaning: str
    purpose: str
    required: bool = False


@dataclass(frozen=True)
class Manifest:
    """Everything that a customer can know of its install's telemetry; `accepted` and `refused` are of 30 days."""

    install_id: str
    opt_out: OptOut | None
    fields: tuple[Field, ...]
    never: tuple[str, ...]
    retention: tuple[Retention, ...]
    accepted: int
    refused: int
    last_payload: Payload | None


FIELDS: Final = (
    Field(
        "id",
        "Made by the install: the same id on the same UTC day is the same event.",
        "Counting each event once, however often it is sent.",
        required=True,
    ),
    Field("ts", "When it happened: RFC 3339, with its zone.", "Hours of use, trends, sessions.", required=True),
    Field(
        "type",
        "page_view, api_call, feature_used, error, login, heartbeat, or your own.",
        "Telling people's use from API use, and errors from both.",
        required=True,
    ),
    Field("feature", "What was used, such as pos.", "Which features are adopted, and which are refused."),
    Field(
        "user",
        "Who, as an HMAC made by the install; never a name or an address.",
        "How many people use it; who they are stays with you.",
    ),
    Field("session", "Stands for the user where none is known.", "Visits of people who are not named."),
    Field("status", "The answer's status, such as 200 or 500.", "Shares of errors, and features that were refused."),
    Field("ms", "Duration in milliseconds.", "How fast it answers."),
    Field("ua", "User agent.", "Browsers, systems and API clients in use."),
    Field("domain", "Where the install answered.", "How many domains it serves."),
    Field("version", "Version of the installed software.", "Which releases are in use, and which to support."),
    Field("tz", "IANA time zone, such as Europe/Lisbon.", "Working hours in the customer's own time."),
    Field("props", "Data of your own, at most 4,000 bytes as JSON.", "Kept with the raw event; nothing is computed."),
)
NEVER: Final = (
    "The address (IP) that a batch comes from is not stored.",
    "No names, e-mail addresses or passwords of your people: the client sends an HMAC whose key never leaves you.",
    "No contents of your customers' data: no bodies of requests, no rows, no files.",
)


def manifest(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    install_id: str,
    *,
    retention_days: int,
    now: datetime,
) -> Manifest:
    """Return the manifest; needs `telemetry:read` and sight of the install, by the vendor or the customer itself."""
    actor.require(Permission.TELEMETRY_READ)
    found = license_by_install(control, actor, install_id, now=now)
    c = ingest_quota.c
    since = now.astimezone(UTC).date() - timedelta(days=COUNTED_DAYS - 1)
    counted = select(func.sum(c.accepted).label("accepted"), func.sum(c.refused).label("refused"))
    row = telemetry.execute(counted.where(c.install_id == found.install_id, c.day >= since)).one()
    return Manifest(
        found.install_id,
        opt_out_of(control, found.install_id),
        FIELDS,
        NEVER,
        classes(retention_days),
        int(row.accepted or 0),
        int(row.refused or 0),
        _last_payload(telemetry, found.install_id),
    )


def meanings() -> Mapping[str, str]:
    """Return what each member of an event says, by its name."""
    return {field.name: field.meaning for field in FIELDS}


def _last_payload(telemetry: ReadSession, install_id: str) -> Payload | None:
    columns = [last_payload.c[name] for name in ("received_at", "kind", "size", "body")]
    row = telemetry.execute(select(*columns).where(last_payload.c.install_id == install_id)).one_or_none()
    return Payload(row.received_at, row.kind, row.size, bytes(row.body)) if row is not None else None
