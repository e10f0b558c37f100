"""Taking a bundle that somebody carried in: proved first, then some thousand events at a time, each batch committed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import BinaryIO, Final

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.licensing.file_register import holder_of
from core.licensing.reads import License, license_by_install
from core.licensing.status import Status
from core.telemetry import bundle_receipts as receipts
from core.telemetry import bundles
from core.telemetry.arrivals import LARGEST_KEPT
from core.telemetry.bundle_receipts import BundleReceipt
from core.telemetry.bundles import Header
from core.telemetry.events import Receipt
from core.telemetry.opt_out import opt_out_of
from core.telemetry.writes import ingest
from db.session import ReadSession, Tenancy

AT_ONCE: Final = 5_000
# What travels by hand comes late by nature: it counts as late nowhere.
NEVER_LATE: Final = timedelta(days=10_000)


def take_bundle(
    databases: Databases, actor: Actor, packed: BinaryIO, *, size: int, retention_days: int, now: datetime
) -> BundleReceipt:
    """Take a bundle and return what became of its events; needs `telemetry:read`, of the vendor or the customer.

    The same bundle again gets the first answer, and one that was cut short goes on where it stopped; events are
    anyway known by their ids. Raises InvalidInput for a file that is none, was changed, or is not of this install.
    """
    actor.require(Permission.TELEMETRY_READ)
    if size > bundles.LARGEST_PACKED:
        raise InvalidInput(
            f"A bundle has at most {bundles.LARGEST_PACKED:,} bytes; write several smaller ones.", code="too_large"
        )
    header = bundles.read_header(packed)
    with databases.control.read(actor.tenancy()) as control:
        found = _admitted(control, actor, header, now)
    tenancy = replace(actor.tenancy(), installs=(header.install_id,))
    known = _known(databases, tenancy, header)
    if known is not None and known.finished_at is not None:
        return known
    bundles.check_content(packed, header)
    if known is None:
        _audit(databases, actor, found, header, now)
    with databases.telemetry.write(tenancy) as telemetry:
        head = bundles.beginning(packed, LARGEST_KEPT)
        receipts.begin(telemetry, header, size=size, head=head, carried_by=actor.label, now=now)
    for first, lines in _batches(packed):
        _take(databases, tenancy, header, first, lines, retention_days, now)
    with databases.telemetry.write(tenancy) as telemetry:
        return receipts.finish(telemetry, header, now=now)


def _admitted(control: ReadSession, actor: Actor, header: Header, now: datetime) -> License:
    """Return the license whose secret the bundle was written with, or raise why it is not taken."""
    found = license_by_install(control, actor, header.install_id, now=now)
    holder = holder_of(control, header.install_id)
    if holder is None or not bundles.proved(header, holder.secret_digest):
        raise InvalidInput(
            "This bundle was not written with the secret of its install. Check CALOS_INSTALL_SECRET there, and write "
            "it again.",
            code="wrong_mac",
        )
    if found.status is Status.REVOKED:
        raise NotPermitted("This license was revoked, so its telemetry is not taken.", code="license_revoked")
    if opt_out_of(control, header.install_id) is not None:
        raise NotPermitted("This customer has chosen to send no telemetry, so none is taken.", code="telemetry_off")
    return found


def _known(databases: Databases, tenancy: Tenancy, header: Header) -> BundleReceipt | None:
    with databases.telemetry.read(tenancy) as telemetry:
        known = receipts.bundle_receipt(telemetry, header.install_id, header.bundle_id)
    receipts.require_same(known, header)
    return known


def _batches(packed: BinaryIO) -> Iterator[tuple[int, list[object]]]:
    lines, first = bundles.events(packed), 0
    while batch := list(islice(lines, AT_ONCE)):
        yield first, batch
        first += len(batch)


def _take(
    databases: Databases,
    tenancy: Tenancy,
    header: Header,
    first: int,
    lines: list[object],
    retention_days: int,
    now: datetime,
) -> None:
    """Write the lines from number `first` on that no upload has dealt with, and how far that is, in one transaction."""
    end = first + len(lines)
    with databases.telemetry.write(tenancy) as telemetry:
        before = receipts.lines_taken(telemetry, header)
        if before >= end:
            return
        start = max(first, before)
        made = ingest(
            telemetry,
            header.install_id,
            lines[start - first :],
            now=now,
            retention_days=retention_days,
            late=NEVER_LATE,
        )
        refused = tuple(replace(each, index=start + each.index) for each in made.refused)
        receipts.note_lines(telemetry, header, Receipt(made.accepted, made.duplicate, refused), taken=end)


def _audit(databases: Databases, actor: Actor, found: License, header: Header, now: datetime) -> None:
    """Tell who brought it before any of it is taken: what became of it stands in its receipt."""
    after = {"bundleId": header.bundle_id, "sha256": header.sha256, "events": header.events}
    target = ("license", found.install_id)
    with databases.control.write(actor.tenancy()) as control:
        audit.record(
            control,
            actor,
            "telemetry.bundle_taken",
            target,
            now=now,
            organization_id=found.organization_id,
            after=after,
        )
