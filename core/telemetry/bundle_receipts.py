"""Bundles received, each with how far it was taken and what became of it: a second upload gets the first answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict
from core.telemetry.arrivals import LARGEST_KEPT
from core.telemetry.bundles import Header
from core.telemetry.events import Receipt
from db.models.telemetry import bundle, last_payload
from db.session import ReadSession, WriteSession

MOST_REFUSALS: Final = 200
MOST: Final = 200
LINES: Final = "application/x-ndjson"


@dataclass(frozen=True)
class LineRefused:
    """Why the event of a line was not taken; lines are counted from 0 after the header."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True)
class BundleReceipt:
    """What became of a bundle: counts of its lines, and the first 200 refusals. `finished_at` is None on the way."""

    install_id: str
    bundle_id: str
    created_at: datetime
    received_at: datetime
    finished_at: datetime | None
    carried_by: str
    sha256: str
    size: int
    events: int
    taken: int
    accepted: int
    duplicates: int
    refused: int
    refusals: tuple[LineRefused, ...]


def bundle_receipt(session: ReadSession, install_id: str, bundle_id: str) -> BundleReceipt | None:
    """Return what is known of a bundle, or None where it never came."""
    row = session.execute(_COLUMNS.where(*_same(install_id, bundle_id))).mappings().one_or_none()
    return _receipt(row) if row is not None else None


def bundles_received(
    session: ReadSession, actor: Actor, install_ids: Sequence[str] | None = None
) -> tuple[BundleReceipt, ...]:
    """Return the newest bundles, at most 200, of the given installs or of all that the session sees.

    Needs `telemetry:read`.
    """
    actor.require(Permission.TELEMETRY_READ)
    statement = _COLUMNS.order_by(bundle.c.received_at.desc(), bundle.c.bundle_id).limit(MOST)
    if install_ids is not None:
        statement = statement.where(bundle.c.install_id.in_(install_ids))
    return tuple(_receipt(row) for row in session.execute(statement).mappings())


def begin(session: WriteSession, header: Header, *, size: int, head: bytes, carried_by: str, now: datetime) -> None:
    """Enter a bundle unless it is there, and keep the beginning of its events as the install's last payload.

    Conflict where another bundle came under its id, be it a moment ago.
    """
    values = {
        "created_at": header.created_at,
        "received_at": now,
        "carried_by": carried_by,
        "sha256": header.sha256,
        "size": size,
        "events": header.events,
        "refusals": [],
    }
    entered = insert(bundle).values(install_id=header.install_id, bundle_id=header.bundle_id, **values)
    session.execute(entered.on_conflict_do_nothing())
    require_same(bundle_receipt(session, header.install_id, header.bundle_id), header)
    payload = {"received_at": now, "kind": LINES, "size": size, "body": head[:LARGEST_KEPT]}
    statement = insert(last_payload).values(install_id=header.install_id, **payload)
    session.execute(statement.on_conflict_do_update(index_elements=["install_id"], set_=payload))


def require_same(known: BundleReceipt | None, header: Header) -> None:
    """Raise Conflict unless what is known under this id, if anything, is this bundle."""
    if known is not None and known.sha256 != header.sha256:
        raise Conflict(
            "Another bundle with this bundleId was taken before. Give each bundle an id of its own.",
            code="bundle_id_used",
        )


def lines_taken(session: WriteSession, header: Header) -> int:
    """Return how many lines were dealt with, holding the bundle, so that two uploads at once take turns."""
    mine = select(bundle.c.taken).where(*_same(header.install_id, header.bundle_id)).with_for_update()
    taken: int = session.execute(mine).scalar_one()
    return taken


def note_lines(session: WriteSession, header: Header, receipt: Receipt, *, taken: int) -> None:
    """Add what became of the lines up to `taken`."""
    c = bundle.c
    kept = session.execute(select(c.refusals).where(*_same(header.install_id, header.bundle_id))).scalar_one()
    fresh = [asdict(each) for each in receipt.refused[: MOST_REFUSALS - len(kept)]]
    session.execute(
        update(bundle)
        .where(*_same(header.install_id, header.bundle_id))
        .values(
            taken=taken,
            accepted=c.accepted + receipt.accepted,
            duplicates=c.duplicates + receipt.duplicate,
            refused=c.refused + len(receipt.refused),
            refusals=[*kept, *fresh],
        )
    )


def finish(session: WriteSession, header: Header, *, now: datetime) -> BundleReceipt:
    """Note that every line was dealt with, unless another upload of the same bundle did, and return the receipt."""
    mine = update(bundle).where(*_same(header.install_id, header.bundle_id), bundle.c.finished_at.is_(None))
    session.execute(mine.values(finished_at=now))
    return _receipt(session.execute(_COLUMNS.where(*_same(header.install_id, header.bundle_id))).mappings().one())


_COLUMNS: Final = select(*(bundle.c[name] for name in BundleReceipt.__dataclass_fields__))


def _same(install_id: str, bundle_id: str) -> tuple[Any, Any]:
    return bundle.c.install_id == install_id, bundle.c.bundle_id == bundle_id


def _receipt(row: Any) -> BundleReceipt:
    return BundleReceipt(**{**row, "refusals": tuple(LineRefused(**each) for each in row["refusals"])})
