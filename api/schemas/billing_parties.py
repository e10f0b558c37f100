"""Shapes of who sells and who is billed, on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Strict
from core.billing.invoice_document import BankDetails
from core.billing.invoices.addresses import LONGEST, MOST_LINES, Address
from core.billing.invoices.profiles import BillingProfile
from core.billing.invoices.sellers import MOST_NET_DAYS, NewSeller, Seller

Short = Annotated[str, Field(max_length=LONGEST)]
NetDays = Annotated[int, Field(ge=0, le=MOST_NET_DAYS)]


class AddressShape(Strict):
    """A legal name and address; `country` is ISO 3166, two letters."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    lines: Annotated[tuple[Short, ...], Field(max_length=MOST_LINES, strict=False)] = ()
    postcode: Short = ""
    city: Short = ""
    country: Annotated[str, Field(max_length=2)] = ""
    vat_id: Short | None = None
    email: Short | None = None

    def address(self) -> Address:
        """Return it as the core takes it."""
        place = (self.lines, self.postcode, self.city, self.country, self.vat_id, self.email)
        return Address(self.name, *place)

    @classmethod
    def of(cls, one: Address) -> "AddressShape":
        """Return the shape of an address."""
        return cls(**vars(one))


class BankShape(Strict):
    """Where to pay to: IBAN and BIC, or an account number and what routes to it."""

    holder: Short
    bank: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    iban: Short | None = None
    bic: Short | None = None
    account: Short | None = None
    routing: Short | None = None


class SellerBody(Strict):
    """A legal entity that sells; `prefix` begins its numbers."""

    address: AddressShape
    prefix: Annotated[str, Field(min_length=1, max_length=20)]
    net_days: NetDays = 30
    paper: Literal["a4", "letter"] = "a4"
    registration: Short | None = None
    bank: BankShape | None = None
    footer: Annotated[str, Field(max_length=1000)] = ""

    def seller(self) -> NewSeller:
        """Return it as the core takes it."""
        bank = BankDetails(**vars(self.bank)) if self.bank else None
        terms = (self.prefix, self.net_days, self.paper, self.registration, bank, self.footer)
        return NewSeller(self.address.address(), *terms)


class SellerRow(Answer):
    """A legal entity as it stands."""

    id: UUID
    address: AddressShape
    prefix: str
    net_days: int
    paper: str
    registration: str | None
    bank: BankShape | None
    footer: str

    @classmethod
    def of(cls, one: Seller) -> "SellerRow":
        """Return the row of a seller."""
        bank = BankShape(**vars(one.bank)) if one.bank else None
        return cls.model_validate({**vars(one), "address": AddressShape.of(one.address), "bank": bank})


class SellerList(Answer):
    """Who sells, the oldest first: it sells to whoever has no other."""

    sellers: list[SellerRow]


class ProfileBody(Strict):
    """How a customer is billed; what is null is as the seller and the subscriptions say."""

    address: AddressShape
    net_days: NetDays | None = None
    purchase_order: Short | None = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    seller_id: Annotated[UUID, Field(strict=False)] | None = None
    dunning_paused: bool = False

    def profile(self, organization_id: UUID) -> BillingProfile:
        """Return it as the core takes it."""
        terms = (self.net_days, self.purchase_order, self.currency, self.seller_id, self.dunning_paused)
        return BillingProfile(organization_id, self.address.address(), *terms)


class ProfileRow(Answer):
    """How a customer is billed; `own` is false where all of it is taken from the customer's record."""

    organization_id: UUID
    address: AddressShape
    net_days: int | None
    purchase_order: str | None
    currency: str | None
    seller_id: UUID | None
    dunning_paused: bool
    own: bool

    @classmethod
    def of(cls, one: BillingProfile) -> "ProfileRow":
        """Return the row of a profile."""
        return cls.model_validate({**vars(one), "address": AddressShape.of(one.address)})
