"""What an event is: one fact sent by an install, checked field by field into a row, or refused with a reason."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

# Longest text of each field in characters, and the column it goes to. The bounds keep every key below the 2,704 bytes
# that an index entry may have, whatever script the text is written in.
TEXTS: Final[dict[str, tuple[str, int]]] = {
    "id": ("event_id", 64),
    "type": ("type", 64),
    "feature": ("feature", 80),
    "user": ("user", 128),
    "session": ("session", 128),
    "ua": ("agent", 512),
    "domain": ("domain", 253),
    "version": ("version", 64),
    "tz": ("zone", 64),
}
FIELDS: Final = frozenset({*TEXTS, "ts", "status", "ms", "props"})
REQUIRED: Final = ("id", "ts", "type")
KNOWN_TYPES: Final = ("page_view", "api_call", "feature_used", "error", "login", "heartbeat")
ANONYMOUS: Final = "session:"
HIGHEST_STATUS: Final = 999
LONGEST_MS: Final = 86_400_000
LARGEST_PROPS: Final = 4_000
RETENTION_DAYS: Final = 395
FURTHEST_AHEAD: Final = timedelta(hours=24)

# One event as the ingest statement takes it: column names to JSON values, columns without a value left out.
Row = dict[str, Any]

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# Written so already that PostgreSQL reads it as it stands, microseconds included.
_IN_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|\+00:00)", re.ASCII)
_TEXTS: Final = tuple((name, column, longest) for name, (column, longest) in TEXTS.items())


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the event at `index` of a batch was not taken: a stable code, and a sentence."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class NotJson:
    """A line of a batch that was no JSON at all, standing in the place of its event."""

    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch after the check: rows to write, and refusals by index."""

    rows: list[Row]
    refused: tuple[Refusal, ...]

    def reasons(self) -> Counter[str]:
        """Return how many events were refused, by code."""
        return Counter(refusal.code for refusal in self.refused)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: events accepted, events known before, and refusals with their reasons."""

    accepted: int
    duplicate: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The time that events may be of: `oldest` is the retention's edge, `newest` 24 h ahead of our clock."""

    oldest: datetime
    newest: datetime
    retention_days: int


class _Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def oldest_day(now: datetime, retention_days: int) -> date:
    """Return the first UTC day whose events are kept."""
    return (now.astimezone(UTC) - timedelta(days=retention_days)).date()


def check(events: Iterable[object], *, now: datetime, retention_days: int) -> Checked:
    """Check events as they came from JSON; each becomes a row or a refusal, none raises."""
    window = Window(now - timedelta(days=retention_days), now + FURTHEST_AHEAD, retention_days)
    rows: list[Row] = []
    refused: list[Refusal] = []
    for index, event in enumerate(events):
        try:
            rows.append(_row(event, window))
        except _Refused as reason:
            refused.append(Refusal(index, reason.code, reason.detail))
    return Checked(rows, tuple(refused))


def _row(event: object, window: Window) -> Row:
    """Return an event's row; this runs for each event there is, so it asks for nothing twice."""
    if type(event) is not dict:
        raise _no_object(event)
    _require_fields(event)
    row: Row = {}
    row["day"], row["ts"] = _instant(event["ts"], window)
    for name, column, longest in _TEXTS:
        value = event.get(name)
        if value is None or value == "":
            continue
        if type(value) is not str or len(value) > longest or not value.isprintable():
            _require_text(name, value, longest)
        row[column] = value
    _name_actor(row)
    if event.get("status") is not None:
        row["status"] = _status(event["status"])
    if event.get("ms") is not None:
        row["ms"] = _milliseconds(event["ms"])
    if event.get("props") is not None:
        row["props"] = _props(event["props"])
    return row


def _no_object(event: object) -> _Refused:
    if isinstance(event, NotJson):
        return _Refused("unreadable_json", event.detail)
    return _Refused("not_an_object", "An event is a JSON object.")


def _require_fields(event: dict[Any, Any]) -> None:
    if not event.keys() <= FIELDS:
        stranger = next(str(key) for key in event if key not in FIELDS)
        raise _Refused("unknown_field", f"There is no field “{stranger[:80]}”; put data of your own under props.")
    for name in REQUIRED:
        if not event.get(name):
            raise _Refused("missing_field", f"Give the event its {name}.")


def _require_text(name: str, value: object, longest: int) -> None:
    if not isinstance(value, str):
        raise _Refused("wrong_type", f"{name} is a string.")
    if len(value) > longest:
        raise _Refused("too_long", f"{name} has at most {longest} characters; this one has {len(value)}.")
    if not _storable(value):
        raise _Refused("unreadable_text", f"{name} holds a NUL character or half of a surrogate pair; take it out.")


def _storable(text: str) -> bool:
    """Whether PostgreSQL can keep the text: it has neither NUL nor lone surrogates."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _instant(value: object, window: Window) -> tuple[str, str]:
    """Return the UTC day and the instant, in ISO 8601."""
    if not isinstance(value, str):
        raise _no_time()
    in_utc = _IN_UTC.fullmatch(value)
    if not in_utc and not _RFC3339.fullmatch(value):
        raise _no_time()
    try:
        at = datetime.fromisoformat(value if in_utc else value.upper())
    except ValueError:
        raise _Refused("invalid_time", f"There is no such time as {value}.") from None
    if at < window.oldest:
        raise _Refused("too_old", f"ts lies more than {window.retention_days} days back, beyond what is kept.")
    if at > window.newest:
        raise _Refused("in_the_future", "ts lies more than 24 hours ahead of our clock; set the clock that wrote it.")
    if in_utc:
        return value[:10], value
    at = at.astimezone(UTC)
    return at.date().isoformat(), at.isoformat()


def _no_time() -> _Refused:
    return _Refused("invalid_time", "ts is an RFC 3339 time with its zone, such as 2026-01-31T12:00:00Z.")


def _name_actor(row: Row) -> None:
    """Name who acted: the user, else the session, else nobody."""
    user = row.pop("user", None)
    if user is not None:
        if user.startswith(ANONYMOUS):
            raise _Refused("reserved_user", f"user must not begin with “{ANONYMOUS}”; give that as session.")
        row["actor"] = user
    elif "session" in row:
        row["actor"] = ANONYMOUS + row["session"]
    if "domain" in row:
        row["domain"] = row["domain"].lower()


def _status(value: object) -> int:
    if type(value) is not int or not 0 <= value <= HIGHEST_STATUS:
        raise _Refused("out_of_range", f"status is a whole number from 0 to {HIGHEST_STATUS}.")
    return value


def _milliseconds(value: Any) -> int:
    if type(value) not in {int, float} or not math.isfinite(value) or not 0 <= value <= LONGEST_MS:
        raise _Refused("out_of_range", f"ms is a number of milliseconds from 0 to {LONGEST_MS:,} (a day).")
    whole: int = round(value)
    return whole


def _props(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Refused("wrong_type", "props is a JSON object.")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise _Refused("wrong_type", "props holds what JSON cannot say, such as NaN; take it out.") from None
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_PROPS:
        raise _Refused("too_long", f"props has at most {LARGEST_PROPS:,} bytes as JSON.")
    # The JSON text of a NUL is an escape; an escaped backslash before u0000 only looks like one and is refused with it.
    if "\\u0000" in text or not _storable(text):
        raise _Refused("unreadable_text", "props holds a NUL character or half of a surrogate pair; take it out.")
    return value
