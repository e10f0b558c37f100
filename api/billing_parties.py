"""Who sells and who is billed, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.billing_parties import ProfileBody, ProfileRow, SellerBody, SellerList, SellerRow
from core.billing.invoices import profiles
from core.billing.invoices.sellers import add_seller, change_seller, sellers

router = APIRouter(tags=["Invoices"], route_class=StrictRoute)
CustomerId = Annotated[UUID, Path(alias="customerId", description="An organization id.")]


@router.get("/sellers", summary="The vendor's legal entities")
def list_sellers(actor: CurrentActor, session: Reading) -> SellerList:
    """Return who sells, the oldest first."""
    return SellerList(sellers=[SellerRow.of(one) for one in sellers(session, actor)])


@router.post("/sellers", status_code=201, summary="Add a legal entity that sells")
def add(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: SellerBody) -> SellerRow:
    """Add a legal entity with bank details and numbers of its own; 409 where its prefix is another's."""
    return once(SellerRow, lambda: SellerRow.of(add_seller(session, actor, body.seller(), now=now)))


@router.put("/sellers/{sellerId}", summary="Change a legal entity")
def change(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    seller_id: Annotated[UUID, Path(alias="sellerId")],
    body: SellerBody,
) -> SellerRow:
    """Change it from the next invoice on; those that are out keep what they say."""
    return SellerRow.of(change_seller(session, actor, seller_id, body.seller(), now=now))


@router.get("/billing-profiles/{customerId}", summary="How a customer is billed")
def profile(actor: CurrentActor, session: Reading, customer_id: CustomerId) -> ProfileRow:
    """Return legal name, address and terms; a customer's people get their own."""
    return ProfileRow.of(profiles.profile_of(session, actor, customer_id))


@router.put("/billing-profiles/{customerId}", summary="Bill a customer otherwise")
def change_profile(
    actor: CurrentActor, session: Writing, now: Now, customer_id: CustomerId, body: ProfileBody
) -> ProfileRow:
    """Bill a customer so from the next draft on."""
    return ProfileRow.of(profiles.change_profile(session, actor, body.profile(customer_id), now=now))
