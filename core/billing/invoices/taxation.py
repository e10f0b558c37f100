"""How a customer's invoice is taxed: by the seller's country, the buyer's, its VAT id and the rates of the day."""

from collections.abc import Mapping
from decimal import Decimal

from core.billing.invoices.profiles import BillingProfile
from core.billing.invoices.sellers import Seller
from core.billing.taxes import TaxTreatment, tax_for
from core.errors import InvalidInput

TaxRates = Mapping[str, Decimal]


def treatment_of(seller: Seller, profile: BillingProfile, rates: TaxRates) -> TaxTreatment:
    """Return the tax on what a seller sells to a customer; InvalidInput where the customer's country is not known."""
    if not profile.address.country:
        raise InvalidInput(
            f"Nobody knows in which country {profile.address.name} is. Add it to the customer's billing profile: the "
            "tax follows from it.",
            field="country",
            code="no_country",
        )
    return tax_for(seller.address.country, profile.address.country, profile.address.vat_id, rates)
