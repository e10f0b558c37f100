"""Usage as installs send it: each record checked field by field, kept once, or refused with its index and a reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.telemetry.events import FURTHEST_AHEAD, RETENTION_DAYS, Receipt, Refusal
from core.usage.meters import METERS, REPORTED
from core.usage.records import UsageRecord, record_usage
from db.session import WriteSession

FIELDS: Final = ("id", "meter", "amount", "ts")
LONGEST_ID: Final = 64
# A petabyte, or as many calls, in one report: whatever is more is a mistake of the sender.
MOST_AMOUNT: Final = 10**15

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class _Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch after the check: records to keep, and refusals by index."""

    records: list[UsageRecord]
    refused: tuple[Refusal, ...]


def take(session: WriteSession, install_id: str, sent: Iterable[object], *, now: datetime) -> Receipt:
    """Check and keep a batch; the same id on the same UTC day counts once, whenever it is sent."""
    checked = check(sent, now=now)
    kept = record_usage(session, install_id, checked.records, now=now) if checked.records else 0
    return Receipt(kept, len(checked.records) - kept, checked.refused)


def check(sent: Iterable[object], *, now: datetime) -> Checked:
    """Check records as they came from JSON; each is taken or refused, none raises."""
    records: list[UsageRecord] = []
    refused: list[Refusal] = []
    for index, record in enumerate(sent):
        try:
            records.append(_record(record, now))
        except _Refused as reason:
            refused.append(Refusal(index, reason.code, reason.detail))
    return Checked(records, tuple(refused))


def _record(record: object, now: datetime) -> UsageRecord:
    if not isinstance(record, dict):
        raise _Refused("not_an_object", "A record is a JSON object.")
    for name in record:
        if name not in FIELDS:
            raise _Refused("unknown_field", f"There is no field “{str(name)[:80]}”; a record has {', '.join(FIELDS)}.")
    for name in FIELDS:
        if record.get(name) is None:
            raise _Refused("missing_field", f"Give the record its {name}.")
    return UsageRecord(_id(record["id"]), _meter(record["meter"]), _amount(record["amount"]), _at(record["ts"], now))


def _id(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID or not value.isprintable():
        raise _Refused("invalid_id", f"id is a text of 1 to {LONGEST_ID} printable characters.")
    return value


def _meter(value: Any) -> str:
    if not isinstance(value, str) or value not in METERS:
        raise _Refused("unknown_meter", f"There is no meter “{str(value)[:80]}”. Use one of: {', '.join(REPORTED)}.")
    if value not in REPORTED:
        raise _Refused("derived_meter", "Report calls as api_calls_day; hours and minutes follow from their ts.")
    return value


def _amount(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_AMOUNT:
        raise _Refused("out_of_range", f"amount is a whole number from 0 to {MOST_AMOUNT:,}.")
    return value


def _at(value: Any, now: datetime) -> datetime:
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise _Refused("invalid_time", "ts is an RFC 3339 time with its zone, such as 2026-01-31T12:00:00Z.")
    try:
        at = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Refused("invalid_time", f"There is no such time as {value}.") from None
    if at < now - timedelta(days=RETENTION_DAYS):
        raise _Refused("too_old", f"ts lies more than {RETENTION_DAYS} days back, beyond what is kept.")
    if at > now + FURTHEST_AHEAD:
        raise _Refused("in_the_future", "ts lies more than 24 hours ahead of our clock; set the clock that wrote it.")
    return at
