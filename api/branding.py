"""Brands over HTTP: served to installs and browsers, and changed by the vendor's people."""

import base64
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.depends import Answer, AtDoor, CurrentActor, Now, Strict, StrictRoute, Writing
from api.looks import logo_address
from api.once import Idempotent
from core.config import settings
from core.errors import InvalidInput, NotFound
from core.licensing.branding import brand_of_install
from core.licensing.reads import license_by_install
from core.organizations import logos, reads, writes
from core.organizations.brands import HOUSE_COLOR, HOUSE_NAME, BrandDraft

router = APIRouter(tags=["Branding"], route_class=StrictRoute)

InstallId = Annotated[str, Path(alias="installId", min_length=1, max_length=80)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
# A picture opened by itself is still a document, of our own origin: it may do nothing.
HARMLESS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class InstallBrand(Answer):
    """How the software at an install looks to its people; without a brand of its own, the vendor's."""

    install_id: str
    name: str
    primary_color: str
    logo_url: str | None = Field(description="Relative to this server; a PNG or an SVG made harmless.")
    support_email: str | None
    support_url: str | None
    from_name: str


class SetBrand(Strict):
    """A brand in full: what is left out is taken away, but for the logo."""

    name: str = Field(max_length=200)
    primary_color: str = Field(max_length=20)
    support_email: str | None = Field(None, max_length=320)
    support_url: str | None = Field(None, max_length=500)
    from_name: str | None = Field(None, max_length=200)
    logo: str | None = Field(None, max_length=2 * logos.LARGEST, description="A PNG, JPEG, WebP or SVG in base64.")
    remove_logo: bool = False


class OwnBrandAnswer(Answer):
    """What a customer has of its own of a brand; null is the vendor's."""

    display_name: str
    primary_color: str | None
    support_email: str | None
    support_url: str | None
    from_name: str | None
    logo_url: str | None
    domains: list[str]


class AddDomain(Strict):
    """A host name."""

    host: str = Field(min_length=1, max_length=253)


class DomainList(Answer):
    """The host names that show the customer's brand."""

    domains: list[str]


@router.get("/branding/{installId}", summary="The brand of an install")
def install_brand(session: AtDoor, response: Response, install_id: InstallId) -> InstallBrand:
    """Return name, colors, logo and support of the customer that the install is of. Needs no credential."""
    found = brand_of_install(session, install_id)
    response.headers["Cache-Control"] = "public, max-age=300"
    if found is None:
        return InstallBrand(
            install_id=install_id,
            name=HOUSE_NAME,
            primary_color=HOUSE_COLOR,
            logo_url=None,
            support_email=settings().support_email,
            support_url=None,
            from_name=HOUSE_NAME,
        )
    return InstallBrand(
        install_id=install_id,
        name=found.name,
        primary_color=found.primary_color,
        logo_url=logo_address(found.logo),
        support_email=found.support_email or settings().support_email,
        support_url=found.support_url,
        from_name=found.from_name,
    )


@router.get(
    "/logos/{digest}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, logos.SVG: {}}, "description": "The picture"}},
    summary="A logo",
)
def logo(session: AtDoor, digest: Digest) -> Response:
    """Return a logo by its digest; it never changes. Needs no credential."""
    found = reads.logo_by_digest(session, digest)
    if found is None:
        raise NotFound("There is no such logo; the brand has another one by now.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": HARMLESS}
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.put("/enterprise/customer/{installId}/branding", summary="Give a customer a brand")
def set_brand(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: SetBrand
) -> OwnBrandAnswer:
    """Set the customer's brand. The logo stays unless one is sent, or `removeLogo` says that it goes."""

    def work() -> OwnBrandAnswer:
        found = license_by_install(session, actor, install_id, now=now)
        draft = BrandDraft(body.name, body.primary_color, body.support_email, body.support_url, body.from_name)
        picture = _bytes(body.logo) if body.logo is not None else None
        writes.set_brand(
            session, actor, found.organization_id, draft, now=now, picture=picture, without_logo=body.remove_logo
        )
        own = reads.own_brand(session, actor, found.organization_id)
        return OwnBrandAnswer(
            display_name=own.display_name,
            primary_color=own.primary_color,
            support_email=own.support_email,
            support_url=own.support_url,
            from_name=own.from_name,
            logo_url=logo_address(own.logo),
            domains=list(own.domains),
        )

    return once(OwnBrandAnswer, work)


@router.post("/enterprise/customer/{installId}/domains", status_code=201, summary="Add a host name")
def add_domain(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: AddDomain
) -> DomainList:
    """Let a host name that points to this server show the customer's brand. 409 where it is taken."""

    def work() -> DomainList:
        found = license_by_install(session, actor, install_id, now=now)
        writes.add_domain(session, actor, found.organization_id, body.host, now=now)
        return DomainList(domains=reads.domains(session, actor, found.organization_id))

    return once(DomainList, work)


@router.post("/enterprise/customer/{installId}/domains/remove", summary="Take a host name away")
def remove_domain(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: AddDomain
) -> DomainList:
    """Let a host name show the vendor's brand again. 404 where it is not the customer's."""

    def work() -> DomainList:
        found = license_by_install(session, actor, install_id, now=now)
        writes.remove_domain(session, actor, found.organization_id, body.host, now=now)
        return DomainList(domains=reads.domains(session, actor, found.organization_id))

    return once(DomainList, work)


def _bytes(sent: str) -> bytes:
    try:
        return base64.b64decode(sent, validate=True)
    except ValueError as wrong:
        raise InvalidInput("The logo is not base64.", field="logo") from wrong
