"""The bundles of Apex Clinics, which has no connection: written with its secret's digest, carried in by hand."""

import gzip
import hashlib
import io
import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from core.access.actor import Actor
from core.databases import Databases
from core.demo.behavior import events
from core.demo.customers import DemoCustomer
from core.demo.people import acting
from core.licensing.file_register import holder_of
from core.signing import canonical
from core.telemetry.bundle_receipts import bundles_received
from core.telemetry.bundles import mac_of
from core.telemetry.carrying import take_bundle
from core.telemetry.events import RETENTION_DAYS
from db.session import SYSTEM

# Each with the days ago from which and to which it tells; carried in on the day after.
SPANS: Final = ((83, 57), (56, 29), (28, 3))


def carry(databases: Databases, actor: Actor, customer: DemoCustomer, install_id: str, *, now: datetime) -> None:
    """Let Mia have carried each bundle in once; where there is any, nothing is done."""
    with databases.telemetry.read(SYSTEM) as telemetry:
        if bundles_received(telemetry, actor, [install_id]):
            return
    with databases.control.read(SYSTEM) as control:
        mia = acting(control, actor, "support", now=now)
        holder = holder_of(control, install_id)
    made = events(customer.name, customer.behavior, now, SPANS[0][0] + 1)
    for first, last in SPANS:
        at = now - timedelta(days=last - 1)
        days = {(now - timedelta(days=ago)).date().isoformat() for ago in range(last, first + 1)}
        lines: list[Any] = [event for event in made if event["ts"][:10] in days]
        packed = _bundle(install_id, holder.secret_digest if holder else b"", lines, at)
        take_bundle(databases, mia, io.BytesIO(packed), size=len(packed), retention_days=RETENTION_DAYS, now=at)


def _bundle(install_id: str, digest: bytes, lines: list[Any], at: datetime) -> bytes:
    written = [json.dumps(each, ensure_ascii=False) for each in lines]
    if written:
        # A disk that was pulled out while it wrote, and an event of a clock that began anew.
        written += [written[-1][: len(written[-1]) // 2], json.dumps({**lines[0], "ts": "1970-01-01T00:00:11Z"})]
    content = "".join(f"{line}\n" for line in written).encode()
    header = {
        "calosBundle": 1,
        "installId": install_id,
        "bundleId": str(uuid5(NAMESPACE_URL, f"{install_id}:{at:%Y%m%d}")),
        "createdAt": (at - timedelta(hours=20)).isoformat(timespec="milliseconds"),
        "events": len(written),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    header["mac"] = mac_of(canonical(header), digest)
    return gzip.compress(canonical(header) + b"\n" + content)
