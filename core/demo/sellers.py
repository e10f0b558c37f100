"""Who sells in the demo world, and to which addresses and VAT ids its customers are billed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zlib import crc32

from core.access.actor import Actor
from core.billing.invoice_document import BankDetails
from core.billing.invoices.addresses import Address
from core.billing.invoices.profiles import BillingProfile, change_profile
from core.billing.invoices.sellers import NewSeller, Seller, add_seller, sellers
from core.billing.taxes import vat_id
from core.demo.build import EURO, MONTH
from core.demo.customers import DemoCustomer
from core.errors import InvalidInput
from db.session import WriteSession

# Who pays by card gets two weeks, in which a declined card is tried again; who pays by wire gets a month.
CARD_DAYS: Final = 14
_VAT_DE: Final = "DE136695976"
_INC: Final = NewSeller(
    Address(
        "Calos Inc.", ("548 Market Street, Suite 410",), "94104", "San Francisco", "US", email="billing@calos.test"
    ),
    prefix="CALOS",
    paper="letter",
    registration="Delaware file number 7213904",
    bank=BankDetails("Calos Inc.", "First Harbor Bank, San Francisco", account="0004218793", routing="121000358"),
    footer="Questions about this invoice: billing@calos.test",
)
_EUROPE: Final = NewSeller(
    Address("Calos Europe GmbH", ("Torstraße 164",), "10115", "Berlin", "DE", _VAT_DE, "rechnung@calos.test"),
    prefix="CALOS-EU",
    registration="HRB 214739 B, Amtsgericht Charlottenburg",
    bank=BankDetails("Calos Europe GmbH", "Spreebank Berlin", iban="DE89370400440532013000", bic="COBADEFFXXX"),
    footer="Geschäftsführerin: Fiona Falk. Questions about this invoice: rechnung@calos.test",
)
PREFIXES: Final = (_INC.prefix, _EUROPE.prefix)
# Streets, a postcode and a city by country.
_PLACES: Final[Mapping[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]] = {
    "US": (("Main Street", "Lincoln Avenue", "Harbor Drive"), (("60607", "Chicago"), ("02110", "Boston"))),
    "DE": (("Lindenstraße", "Hafenstraße", "Am Markt"), (("20457", "Hamburg"), ("80331", "München"))),
    "FR": (("rue des Lilas", "avenue Foch", "quai Voltaire"), (("69002", "Lyon"), ("75007", "Paris"))),
    "GB": (("High Street", "Station Road", "Mill Lane"), (("M1 4BT", "Manchester"), ("EC2A 4NE", "London"))),
    "NL": (("Keizersgracht", "Havenweg", "Stationsplein"), (("1015 CJ", "Amsterdam"), ("3011 AA", "Rotterdam"))),
    "PT": (("Rua do Ouro", "Avenida da Liberdade"), (("1250-096", "Lisboa"), ("4000-322", "Porto"))),
    "FI": (("Mannerheimintie", "Aleksanterinkatu"), (("00100", "Helsinki"), ("33100", "Tampere"))),
    "JP": (("Marunouchi", "Kitahama"), (("100-0005", "Tokyo"), ("541-0041", "Osaka"))),
    "BR": (("Rua Augusta", "Avenida Paulista"), (("01310-100", "São Paulo"), ("20040-002", "Rio de Janeiro"))),
}
_FORMS: Final = {
    "US": "Inc.", "DE": "GmbH", "FR": "SAS", "GB": "Ltd", "NL": "B.V.", "PT": "Lda.", "FI": "Oy", "JP": "K.K.",
    "BR": "Ltda.",
}  # fmt: skip
_NAMED_BY_LAW: Final = frozenset({"Acme GmbH", "Wayne Foundation", "Demo Customer"})


def set_up(
    session: WriteSession, actor: Actor, whose: Sequence[tuple[DemoCustomer, UUID]], *, now: datetime
) -> tuple[Seller, ...]:
    """Add both legal entities, say how each customer is billed, and return who sells."""
    began = now - max(customer.months for customer, _ in whose) * MONTH
    known = {one.prefix: one for one in sellers(session, actor)}
    inc, europe = (known.get(new.prefix) or add_seller(session, actor, new, now=began) for new in (_INC, _EUROPE))
    for customer, organization_id in whose:
        seller = europe if customer.country in EURO else inc
        terms = CARD_DAYS if pays_by_card(customer) else None
        order = f"PO-{crc32(customer.name.encode()) % 90_000 + 10_000}" if customer.tier == "enterprise" else None
        profile = BillingProfile(organization_id, _address(customer), terms, order, seller_id=seller.id)
        change_profile(session, actor, profile, now=now - customer.months * MONTH)
    return inc, europe


def pays_by_card(customer: DemoCustomer) -> bool:
    """Return whether Stripe collects: from those on a small plan by the month."""
    tiers = {customer.tier, *(tier for _, tier, _ in customer.changes), *((customer.returned or (0, "basic"))[1:])}
    return tiers <= {"free", "basic"} and customer.period == "monthly"


def _address(customer: DemoCustomer) -> Address:
    seed = crc32(customer.name.encode())
    streets, cities = _PLACES[customer.country]
    street, (postcode, city) = streets[seed % len(streets)], cities[seed % len(cities)]
    number = seed % 140 + 1
    line = f"{number} {street}" if customer.country in {"US", "GB", "FR"} else f"{street} {number}"
    known = customer.name in _NAMED_BY_LAW
    name = customer.name if known else f"{customer.name} {_FORMS[customer.country]}"
    email = f"accounts@{customer.name.lower().replace(' & ', '-').replace(' ', '-')}.test"
    return Address(name, (line,), postcode, city, customer.country, _vat_id(customer), email)


def _vat_id(customer: DemoCustomer) -> str | None:
    """Return a VAT id whose digits check, for companies in the union; one shop in three is too small to have one."""
    seed = crc32(customer.name.encode())
    if customer.country not in EURO or (customer.tier in {"free", "basic"} and seed % 3 == 0):
        return None
    for number in range(seed % 80_000_000 + 10_000_000, 100_000_000):
        typed = {
            "DE": f"DE{number}{seed % 10}",
            "FR": f"FR{number % 97:02d}{number}{seed % 10}",
            "NL": f"NL{number}{seed % 10}B01",
            "PT": f"PT5{number}",
            "FI": f"FI{number}",
        }[customer.country]
        try:
            return vat_id(typed, customer.country)
        except InvalidInput:
            continue
    return None
