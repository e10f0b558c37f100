"""Telemetry for places without a connection: a file that proves whose events it holds, and is taken once."""

from __future__ import annotations

import gzip
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from .activation import mac_of
from .spool import Batch, Spool
from .storage import replace_file
from .wire import canonical, written

# The vendor takes 20 MB packed and 200 MB unpacked; less than half is left to chance.
LARGEST_UNPACKED: Final = 100_000_000
LARGEST_PACKED: Final = 19_000_000


@dataclass(frozen=True)
class Bundle:
    """What was written: where, under which id, how many events, and whether more wait."""

    path: Path
    bundle_id: str
    events: int
    more: bool


def unpacked(secret: str, header: dict[str, Any], events: Sequence[bytes]) -> bytes:
    """Return a bundle before it is packed; `header` is without `mac`."""
    body = b"".join(line + b"\n" for line in events)
    return canonical({**header, "mac": mac_of(secret, header)}) + b"\n" + body


def header_of(install_id: str, bundle_id: str, at: datetime, events: Sequence[bytes]) -> dict[str, Any]:
    """Return the header of a bundle, without `mac`."""
    digest = hashlib.sha256()
    for line in events:
        digest.update(line + b"\n")
    return {
        "calosBundle": 1,
        "installId": install_id,
        "bundleId": bundle_id,
        "createdAt": written(at),
        "events": len(events),
        "sha256": digest.hexdigest(),
    }


def export(
    spool: Spool, path: Path, install_id: str, secret: str, at: datetime, *, largest: int = LARGEST_UNPACKED
) -> Bundle:
    """Move what waits in a spool, `largest` bytes or so at most, into a file; it is forgotten once durable. OSError."""
    batches = _taken(spool, largest)
    try:
        while True:
            lines = [line for batch in batches for line in batch.lines]
            bundle_id = str(uuid.uuid4())
            packed = gzip.compress(unpacked(secret, header_of(install_id, bundle_id, at, lines), lines), mtime=0)
            if len(packed) <= LARGEST_PACKED or len(batches) == 1:
                break
            # Hardly compressible: leave the newer half for the next one.
            for batch in batches[len(batches) // 2 :]:
                spool.back(batch)
            del batches[len(batches) // 2 :]
        replace_file(path, packed)
    except OSError:
        for batch in batches:
            spool.back(batch)
        raise
    for batch in batches:
        spool.done(batch)
    return Bundle(path, bundle_id, len(lines), spool.pending() > 0)


def _taken(spool: Spool, largest: int) -> list[Batch]:
    batches: list[Batch] = []
    size = 0
    while size < largest and (batch := spool.take()) is not None:
        batches.append(batch)
        size += sum(len(line) + 1 for line in batch.lines)
    return batches
