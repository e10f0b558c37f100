"""Destinations over HTTP: added, changed, tested and removed, with the log of what each was sent."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.destinations import (
    AddDestination,
    AddedDestination,
    ChangeDestination,
    DeliveryPage,
    DeliveryRow,
    DestinationList,
    DestinationRow,
    QueuedDelivery,
    QueuedUpsells,
    Removed,
    RemoveDestination,
    RotatedSecret,
)
from core.accounts.happenings import send_open_upsells
from core.notify import destination_writes as writes
from core.notify.deliveries import MOST, State, deliveries, redeliver, send_test

router = APIRouter(prefix="/destinations", tags=["Destinations"], route_class=StrictRoute)
DestinationId = Annotated[UUID, Path(alias="destinationId")]
DeliveryId = Annotated[UUID, Path(alias="deliveryId")]


@router.get("", summary="List destinations")
def list_destinations(actor: CurrentActor, session: Reading) -> DestinationList:
    """Return where what happens is sent; secrets are never among it."""
    found = writes.destinations(session, actor)
    return DestinationList(destinations=[DestinationRow.model_validate(one) for one in found])


@router.post("", status_code=201, summary="Add a destination")
def add(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: AddDestination) -> AddedDestination:
    """Add a destination, switched on. A webhook's signing secret is in the answer, and shown this once."""

    def work() -> AddedDestination:
        made, secret = writes.add_destination(
            session,
            actor,
            kind=body.kind,
            name=body.name,
            url=body.url,
            events=body.events,
            secrets=body.secrets.given() if body.secrets else None,
            now=now,
        )
        return AddedDestination(id=made, signing_secret=secret)

    return once(AddedDestination, work)


@router.patch("/{destinationId}", summary="Change a destination, or switch it on or off")
def change(
    actor: CurrentActor, session: Writing, now: Now, destination_id: DestinationId, body: ChangeDestination
) -> DestinationRow:
    """Change what is given; what is left away stays."""
    writes.change_destination(
        session,
        actor,
        destination_id,
        name=body.name,
        url=body.url,
        events=body.events,
        secrets=body.secrets.given() if body.secrets else None,
        now=now,
    )
    if body.enabled is not None:
        writes.switch(session, actor, destination_id, enabled=body.enabled, reason=body.reason, now=now)
    return DestinationRow.model_validate(writes.destination_by_id(session, actor, destination_id))


@router.delete("/{destinationId}", summary="Remove a destination")
def remove(
    actor: CurrentActor, session: Writing, now: Now, destination_id: DestinationId, body: RemoveDestination
) -> Removed:
    """Remove a destination with its secrets and its log."""
    writes.remove_destination(session, actor, destination_id, reason=body.reason, now=now)
    return Removed(id=destination_id)


@router.post("/{destinationId}/test", status_code=201, summary="Send a test")
def test(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, destination_id: DestinationId
) -> QueuedDelivery:
    """Send a message that says it is a test; a CRM is looked at instead. What came of it stands in the log."""
    return once(QueuedDelivery, lambda: QueuedDelivery(id=send_test(session, actor, destination_id, now=now)))


@router.post("/{destinationId}/rotate", status_code=201, summary="Give a webhook another signing secret")
def rotate(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, destination_id: DestinationId
) -> RotatedSecret:
    """Return the new secret, this once; for a day messages are signed with both."""

    def work() -> RotatedSecret:
        return RotatedSecret(signing_secret=writes.rotate_secret(session, actor, destination_id, now=now))

    return once(RotatedSecret, work)


@router.post("/{destinationId}/upsells", status_code=201, summary="Send every open upsell")
def fill(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, destination_id: DestinationId
) -> QueuedUpsells:
    """Send the open upsells that this destination has not heard of: how a CRM is filled at first."""
    return once(QueuedUpsells, lambda: QueuedUpsells(sent=send_open_upsells(session, actor, destination_id, now=now)))


@router.get("/{destinationId}/deliveries", summary="What a destination was sent")
def log(
    actor: CurrentActor,
    session: Reading,
    destination_id: DestinationId,
    state: State | None = None,
    before: Annotated[UUID | None, Query(description="The `nextBefore` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> DeliveryPage:
    """Return deliveries, newest first, each with every try."""
    found = deliveries(session, actor, destination_id, state=state, before=before, limit=limit)
    more = found[-1].id if len(found) == limit else None
    return DeliveryPage(deliveries=[DeliveryRow.model_validate(one) for one in found], next_before=more)


@router.post("/deliveries/{deliveryId}/redeliver", status_code=201, summary="Send a delivery once more")
def send_once_more(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, delivery_id: DeliveryId
) -> QueuedDelivery:
    """Send what has failed or was delivered once more, under its old id; 409 while it is on its way."""

    def work() -> QueuedDelivery:
        redeliver(session, actor, delivery_id, now=now)
        return QueuedDelivery(id=delivery_id)

    return once(QueuedDelivery, work)
