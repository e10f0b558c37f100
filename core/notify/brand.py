"""The brand that a mail wears: an argument of everything that is rendered here."""

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from core.config import Settings

COLOR: Final = "#4f46e5"
INLINE: Final = "data:image/png;base64,"
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class MailBrand:
    """Name, color (`#rrggbb`), logo (a small PNG, which travels with the mail) and where people turn for help."""

    name: str
    support_email: str
    color: str = COLOR
    logo: bytes | None = field(default=None, repr=False)
    from_name: str = ""

    def __post_init__(self) -> None:
        # What is no color would end up in a style attribute.
        if not _HEX.fullmatch(self.color):
            object.__setattr__(self, "color", COLOR)

    @property
    def logo_source(self) -> str | None:
        """The logo within the page, so that a mail that is kept is whole; smtp.py attaches it when it is sent."""
        return INLINE + base64.b64encode(self.logo).decode() if self.logo else None

    @property
    def sender(self) -> str:
        """The name before the sender's address."""
        return self.from_name or self.name

    @property
    def ink(self) -> str:
        """Black or white, whichever can be read on the color (WCAG 2 relative luminance)."""
        channels = [int(self.color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        return "#0f172a" if luminance > 0.36 else "#ffffff"


def house_brand(settings: Settings, name: str = "Calos") -> MailBrand:
    """Return the vendor's own brand."""
    return MailBrand(name, settings.support_email)
