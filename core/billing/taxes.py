"""Which tax a sale of software bears: value added tax of the European Union by seller, buyer and VAT id."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from core.billing.invoice_document import TaxCategory
from core.errors import InvalidInput

# Northern Ireland (XI) belongs to the union for goods alone, and software is none.
EU: Final = frozenset(code.upper() for code in eu_vat.MEMBER_STATES) - {"XI"}
REVERSE_CHARGE: Final = "Reverse charge: the recipient accounts for VAT (Article 196 of Directive 2006/112/EC)."
OUTSIDE: Final = "Not subject to VAT of the European Union: supplied to a customer outside of it."
NOT_TAXED: Final = "No tax is charged: the seller is not registered for tax in this country."


@dataclass(frozen=True)
class TaxTreatment:
    """`rate` in percent; `category` as EN 16931 names it; `note` is the reason in law where no tax is charged."""

    rate: Decimal
    category: TaxCategory
    note: str | None = None


def tax_for(
    seller_country: str, buyer_country: str, buyer_vat_id: str | None, rates: Mapping[str, Decimal]
) -> TaxTreatment:
    """Return the tax on software as a service; countries are ISO 3166 codes, `rates` the standard ones by country.

    Domestic: the seller's rate. From one member state to another: with a VAT id the reverse charge (Articles 44 and
    196), without one the rate of the customer's country (Article 58, declared by the one-stop shop). From the union to
    elsewhere: none. Sellers elsewhere charge what `rates` say at home, and nothing abroad. Raises InvalidInput for a
    country that must be charged and has no rate, and for a VAT id that is none.
    """
    seller, buyer = _country(seller_country), _country(buyer_country)
    if seller == buyer:
        known = rates.get(buyer)
        if known is None and seller in EU:
            raise _no_rate(buyer)
        return TaxTreatment(Decimal(0), "O", NOT_TAXED) if known is None else _standard(known)
    if seller not in EU:
        return TaxTreatment(Decimal(0), "O", NOT_TAXED)
    if buyer not in EU:
        return TaxTreatment(Decimal(0), "G", OUTSIDE)
    if buyer_vat_id and buyer_vat_id.strip():
        vat_id(buyer_vat_id, buyer)
        return TaxTreatment(Decimal(0), "AE", REVERSE_CHARGE)
    if buyer not in rates:
        raise _no_rate(buyer)
    return _standard(rates[buyer])


def vat_id(typed: str, country: str | None = None) -> str:
    """Return a VAT id of a member state as it is written on invoices; InvalidInput unless its digits check.

    Checks the form and the check digits, not whether the id is registered: that needs the Commission's VIES. `country`
    is the customer's; its ids begin with its code (Greece's with EL).
    """
    compact = "".join(typed.split()).replace("-", "").replace(".", "").upper()
    prefix = {"GR": "EL"}.get(compact[:2], compact[:2])
    made = prefix + compact[2:]
    if country is not None and prefix != _prefix(country):
        raise InvalidInput(
            f"A VAT id of a customer in {country} begins with {_prefix(country)}, not with “{compact[:2]}”.",
            field="vatId",
            code="vat_id_country",
        )
    try:
        checked: str = eu_vat.validate(made)
    except ValidationError:
        raise InvalidInput(
            f"“{typed.strip()}” is no valid VAT id: {_form(prefix)}. Ask the customer, or leave it empty.",
            field="vatId",
            code="vat_id_invalid",
        ) from None
    return checked


def _form(prefix: str) -> str:
    if prefix not in EU | {"EL"}:
        return "it begins with the two letters of a member state, such as DE"
    return "its digits don't check, so one of them is mistyped or missing"


def _prefix(country: str) -> str:
    return "EL" if country.upper() == "GR" else country.upper()


def _country(code: str) -> str:
    made = code.strip().upper()
    made = {"EL": "GR"}.get(made, made)
    if len(made) != 2 or not (made.isascii() and made.isalpha()):
        raise InvalidInput(f"“{code}” is no ISO 3166 country code. Give one such as DE or US.", field="country")
    return made


def _standard(rate: Decimal) -> TaxTreatment:
    return TaxTreatment(rate, "S") if rate else TaxTreatment(rate, "Z")


def _no_rate(country: str) -> InvalidInput:
    return InvalidInput(
        f"No tax rate is known for {country}. Record its standard rate before you bill there.",
        field="country",
        code="no_tax_rate",
    )
