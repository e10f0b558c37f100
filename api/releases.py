"""Releases over HTTP: what came out when and how long it is supported, read by anybody signed in, recorded by us."""

from fastapi import APIRouter

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.schemas.releases import RecordedRelease, RecordRelease, Releases
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.licensing.releases import SUITE, record_release, releases

router = APIRouter(prefix="/releases", tags=["Licenses"], route_class=StrictRoute)


@router.get("", summary="Releases, newest first")
def list_releases(actor: CurrentActor, session: Reading, product: str = SUITE) -> Releases:
    """Return the releases of a product with the end of their support, null where none is announced."""
    actor.require(Permission.CUSTOMER_READ)
    if "\x00" in product:
        raise InvalidInput("A product's name contains no NUL character.", field="product")
    return Releases(releases=[RecordedRelease.model_validate(each) for each in releases(session, product=product)])


@router.post("", status_code=201, summary="Record a release")
def add_release(actor: CurrentActor, session: Writing, now: Now, body: RecordRelease) -> RecordedRelease:
    """Record a release, or correct what is known of one under its version. Sent again it changes nothing."""
    made = record_release(
        session,
        actor,
        body.version,
        released_at=body.released_at,
        supported_until=body.supported_until,
        notes=body.notes,
        product=body.product,
        now=now,
    )
    return RecordedRelease.model_validate(made)
