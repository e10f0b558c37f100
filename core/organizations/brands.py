"""A brand: how a customer's sign-in, portal and mail look to their people, and what is asked of one."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from core.access.names import readable_name
from core.errors import InvalidInput

HOUSE_NAME: Final = "Calos"
HOUSE_COLOR: Final = "#4f46e5"
LONGEST_NAME: Final = 60
LONGEST_URL: Final = 500
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")
# It stands in mailto: links, where some signs begin a copy, a subject or another address.
_EMAIL: Final = re.compile(r"[^\s@<>\"?&%;,:()\\]{1,64}@[^\s@<>\"?&%;,:()\\/]{1,255}")
# Where black and white text can be read equally well on a color (WCAG 2: contrast 4.58 either way).
_MIDDLE: Final = 0.179


@dataclass(frozen=True)
class Brand:
    """A brand as it is shown; `logo` is the digest by which its picture is asked for, None where it has none."""

    name: str
    primary_color: str
    support_email: str | None
    support_url: str | None
    from_name: str
    logo: str | None


@dataclass(frozen=True)
class BrandDraft:
    """A brand as somebody writes it."""

    name: str
    primary_color: str
    support_email: str | None = None
    support_url: str | None = None
    from_name: str | None = None


def checked(draft: BrandDraft) -> BrandDraft:
    """Return the draft in the form it is kept in, or raise InvalidInput that names the field."""
    color = draft.primary_color.strip().lower()
    if not _COLOR.fullmatch(color):
        raise InvalidInput("Give the color as # and six digits, such as #4f46e5.", field="primaryColor")
    email, url = (draft.support_email or "").strip(), (draft.support_url or "").strip()
    if email and not _EMAIL.fullmatch(email):
        raise InvalidInput("Give an e-mail address such as help@example.com, or leave it out.", field="supportEmail")
    if url and not _is_https(url):
        raise InvalidInput("Give an address that begins with https://, or leave it out.", field="supportUrl")
    return BrandDraft(
        _name(draft.name, "name"),
        color,
        email or None,
        url or None,
        _name(draft.from_name, "fromName") if draft.from_name and draft.from_name.strip() else None,
    )


def ink(color: str) -> str:
    """Return white or near black, whichever is read better on the color (relative luminance of WCAG 2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    luminance = sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#0f172a" if luminance > _MIDDLE else "#ffffff"


def _name(given: str, field: str) -> str:
    name = readable_name(given)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Give a name of 1 to {LONGEST_NAME} characters.", field=field)
    return name


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = len(url) <= LONGEST_URL and url.isascii() and not any(letter in url for letter in ' "<>\\^`{|}')
    return plain and parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
