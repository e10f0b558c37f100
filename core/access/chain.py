"""How audit entries are chained: each hash covers the entry, its place and, through its predecessor, all before it."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785

# What the first entry of a chain points to.
START: Final = bytes(32)
# The largest whole number that every reader of JSON takes for the same (RFC 8785, 3.2.2.3).
LARGEST_EXACT: Final = 2**53 - 1

# Columns of an entry by their names under the hash; the place is added beside them.
COVERED: Final = {
    "id": "id",
    "organization_id": "organizationId",
    "at": "at",
    "actor_kind": "actorKind",
    "actor_id": "actorId",
    "actor_label": "actorLabel",
    "action": "action",
    "target_kind": "targetKind",
    "target_id": "targetId",
    "reason": "reason",
    "before": "before",
    "after": "after",
    "address": "address",
    "request_id": "requestId",
}


def link(previous: bytes, entry: Mapping[str, Any], sequence: int) -> bytes:
    """Return SHA-256 of the predecessor's hash (32 bytes) followed by the entry's canonical JSON with its place.

    `entry` has the keys of COVERED. Canonical is RFC 8785; times are UTC with microseconds, ids their usual text,
    whole numbers beyond 2^53 text as well.
    """
    document = {name: _plain(entry[column]) for column, name in COVERED.items()}
    return hashlib.sha256(previous + rfc8785.dumps({**document, "sequence": sequence})).digest()


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            return value if abs(value) <= LARGEST_EXACT else str(value)
        case Mapping():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case _:
            return str(value)
