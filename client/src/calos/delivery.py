"""One batch over the wire: its exact bytes, and what the answer means for it."""

from __future__ import annotations

import gzip
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from .clock import system_clock
from .door import JSON, credential, refused
from .errors import Unreachable
from .transport import Answer, Transport

TIMEOUT_SECONDS: Final = 20.0
# A secret that is refused will be for a while; what waits is kept.
REFUSED_SECRET_SECONDS: Final = 3_600.0
REASONS_KEPT: Final = 100
# The customer chose, at the vendor's, that nothing of this installation is taken.
UNWANTED: Final = "telemetry_off"
# The whole batch is at fault, by its answer: it is tried so often, and then given up, lest it block all others.
UNREADABLE: Final = frozenset({400, 413, 415, 422})


@dataclass(frozen=True)
class Refusal:
    """Why an event was not taken, in the vendor's words."""

    id: str
    code: str
    detail: str


@dataclass(frozen=True)
class Destination:
    """Where batches go, as whom, under which name the lines stand in the envelope, and whether it is gzipped."""

    transport: Transport
    install_id: str
    secret: str | None
    path: str
    member: str
    packed: bool = True

    def payload(self, lines: list[bytes]) -> bytes:
        """Return the exact bytes that are packed and sent."""
        head = json.dumps({"installId": self.install_id})[:-1].encode()
        return head + f', "{self.member}": ['.encode() + b",\n".join(lines) + b"]}"


@dataclass
class Record:
    """What became of batches: the last payload and when it was sent, counts, and why things were refused.

    `unwanted`: the customer has told the vendor to take nothing.
    """

    last_payload: bytes | None = None
    last_sent_at: str | None = None
    accepted: int = 0
    duplicate: int = 0
    unwanted: bool = False
    refused: deque[Refusal] = field(default_factory=lambda: deque(maxlen=REASONS_KEPT))


def deliver(to: Destination, lines: list[bytes], record: Record, *, timeout: float = TIMEOUT_SECONDS) -> None:
    """Send a batch. Returns once it needs no resending (refusals are on record); Unreachable if it does.

    A batch that is too large for somebody on the way is sent in halves.
    """
    payload = to.payload(lines)
    headers = {"Content-Type": JSON, **credential(to.secret)}
    body = payload
    if to.packed:
        headers["Content-Encoding"], body = "gzip", gzip.compress(payload, mtime=0)
    record.last_payload, record.last_sent_at = payload, system_clock().isoformat(timespec="seconds")
    answer = to.transport.request("POST", to.path, body=body, headers=headers, timeout=min(timeout, TIMEOUT_SECONDS))
    if answer.status == 413 and len(lines) > 1:
        middle = len(lines) // 2
        deliver(to, lines[:middle], record, timeout=timeout)
        deliver(to, lines[middle:], record, timeout=timeout)
        return
    if answer.status != 200:
        wrong = _not_taken(answer, to)
        record.unwanted = wrong.code == UNWANTED
        raise wrong
    _read_receipt(answer.body, lines, record)


def give_up(lines: list[bytes], wrong: Unreachable, record: Record) -> None:
    """Note that a batch was given up, and why."""
    for line in lines:
        record.refused.append(Refusal(_id(line), f"http_{wrong.status}", str(wrong)))


def _not_taken(answer: Answer, to: Destination) -> Unreachable:
    wrong = refused(answer, to.transport.url)
    if answer.status in {401, 403} and wrong.retry_after is None:
        wrong.retry_after = REFUSED_SECRET_SECONDS
    return wrong


def _read_receipt(body: bytes, lines: list[bytes], record: Record) -> None:
    """Believe a receipt only if it accounts for every line: a portal's page is a 200 as well."""
    said = _parsed(body)
    accepted, duplicate, listed = said.get("accepted"), said.get("duplicate"), said.get("refused")
    if type(accepted) is not int or type(duplicate) is not int or not isinstance(listed, list):
        raise Unreachable("What answers is not the vendor: it gives no receipt.", status=200)
    if accepted + duplicate + len(listed) != len(lines):
        raise Unreachable("The receipt does not account for every event.", status=200)
    record.accepted += accepted
    record.duplicate += duplicate
    for one in listed:
        index = one.get("index") if isinstance(one, dict) else None
        if type(index) is int and 0 <= index < len(lines):
            refusal = Refusal(_id(lines[index]), str(one.get("code", "")), str(one.get("detail", "")))
            record.refused.append(refusal)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _id(line: bytes) -> str:
    return str(json.loads(line).get("id", ""))
