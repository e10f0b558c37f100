"""What the screen of telemetry reads from both planes at once, with the names that the telemetry plane doesn't know."""

from datetime import datetime

from core.access.actor import Actor
from core.licensing.in_the_field import Holder, holders
from core.telemetry.bundle_receipts import BundleReceipt, bundles_received
from core.telemetry.delivery import Delivery, DeliveryPage, Trouble, deliveries, delivery
from db.session import ReadSession

Named = dict[str, Holder]


def over_all(_control: ReadSession, telemetry: ReadSession, actor: Actor, *, now: datetime) -> Delivery:
    """How everything arrives."""
    return delivery(telemetry, actor, now=now)


def by_install(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    trouble: Trouble | None,
    cursor: str | None,
    limit: int,
) -> tuple[DeliveryPage, Named]:
    """How it arrives from each install, with whose it is."""
    page = deliveries(telemetry, actor, now=now, trouble=trouble, cursor=cursor, limit=limit)
    return page, holders(control, actor, [each.install_id for each in page.items])


def bundles(
    control: ReadSession, telemetry: ReadSession, actor: Actor, install_id: str | None = None
) -> tuple[tuple[BundleReceipt, ...], Named]:
    """Bundles, the newest first, with whose they are."""
    found = bundles_received(telemetry, actor, [install_id] if install_id else None)
    return found, holders(control, actor, [each.install_id for each in found])
