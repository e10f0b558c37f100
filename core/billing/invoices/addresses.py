"""Names and addresses as they stand on an invoice, checked where they come in."""

import re
from dataclasses import dataclass
from typing import Any, Final

from core.access.people import checked_email
from core.billing.invoice_document import Party
from core.errors import InvalidInput

LONGEST: Final = 200
MOST_LINES: Final = 4
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Address:
    """Who somebody is in law and where; `country` is ISO 3166, two letters, or empty where nobody knows it yet."""

    name: str
    lines: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    country: str = ""
    vat_id: str | None = None
    email: str | None = None

    def party(self, registration: str | None = None) -> Party:
        """Return it as it is put on paper."""
        place = (self.name, self.lines, self.postcode, self.city, self.country)
        return Party(*place, vat_id=self.vat_id, registration=registration, email=self.email)


def checked_address(given: Address) -> Address:
    """Return it without blanks around its parts, or raise InvalidInput naming the field."""
    name = _short(given.name, "name")
    if not name:
        raise InvalidInput("Give the legal name, as it must stand on an invoice.", field="name")
    lines = tuple(line for line in (_short(line, "lines") for line in given.lines) if line)
    if len(lines) > MOST_LINES:
        raise InvalidInput(f"Give the street address in at most {MOST_LINES} lines.", field="lines")
    country = given.country.strip().upper()
    if country and not _COUNTRY.fullmatch(country):
        raise InvalidInput("Give the country as two letters, such as DE.", field="country")
    vat_id = re.sub(r"[\s.-]", "", given.vat_id or "").upper() or None
    if vat_id is not None and not re.fullmatch(r"[A-Z]{2}[A-Z0-9+*]{2,13}", vat_id):
        raise InvalidInput("Give the VAT id with the two letters of its country, such as DE123456789.", field="vatId")
    email = checked_email(given.email) if given.email and given.email.strip() else None
    postcode, city = _short(given.postcode, "postcode"), _short(given.city, "city")
    return Address(name, lines, postcode, city, country, vat_id, email)


def address_columns(of: Address) -> dict[str, Any]:
    """Return the columns that hold an address, all but its name."""
    return {name: getattr(of, name) for name in Address.__dataclass_fields__ if name != "name"} | {
        "lines": list(of.lines)
    }


def address_from(row: Any, name: str) -> Address:
    """Return the address that a row holds."""
    return Address(name, tuple(row.lines), row.postcode, row.city, row.country, row.vat_id, row.email)


def _short(text: str, field: str) -> str:
    # One line on paper, in lists and in the subjects of mails.
    text = " ".join(text.split())
    if len(text) > LONGEST:
        raise InvalidInput(f"Keep it within {LONGEST} characters.", field=field)
    return text
