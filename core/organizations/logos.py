"""Logos: pictures of strangers, checked for what they are and made harmless before they are kept."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

import py_svg_hush
from PIL import Image

from core.errors import InvalidInput

LARGEST: Final = 300_000
HIGHEST: Final = 512
WIDEST: Final = 1_600
MOST_PIXELS: Final = 20_000_000
# A drawing is written anew with its nesting indented, which makes gigabytes of a few bytes nested deeply.
DEEPEST: Final = 32
SVG: Final = "image/svg+xml"
_FORMATS: Final = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class Logo:
    """A picture that may be shown: PNG or SVG; `digest` is its SHA-256 in hex, which is also its address."""

    media_type: str
    content: bytes
    digest: str


def checked(content: bytes) -> Logo:
    """Return the picture made harmless, or raise InvalidInput saying what is wrong with it.

    What it is is read from its bytes, never from its name. PNG, JPEG and WebP are drawn anew, so that nothing but the
    pixels of the first picture remains, at most 1,600 by 512; SVG keeps shapes and loses scripts, links and everything
    that would be fetched.
    """
    if not content:
        raise InvalidInput("The file is empty. Choose a PNG, JPEG, WebP or SVG.", field="logo")
    if len(content) > LARGEST:
        raise InvalidInput(f"The logo has {len(content):,} bytes; at most {LARGEST:,} are taken.", field="logo")
    head = content[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return _svg(content) if head.startswith(b"<") else _pixels(content)


def _svg(content: bytes) -> Logo:
    try:
        _require_plain(content)
        made: bytes = py_svg_hush.filter_svg(content)
    except (ValueError, expat.ExpatError) as wrong:
        raise InvalidInput(
            "This is no SVG that can be read safely. Save it as a plain SVG without a DOCTYPE and without groups "
            f"nested deeper than {DEEPEST}, or as PNG.",
            field="logo",
        ) from wrong
    if len(made) > LARGEST:
        raise InvalidInput(f"The logo, written out, has more than {LARGEST:,} bytes. Simplify it.", field="logo")
    return _logo(SVG, made)


def _require_plain(content: bytes) -> None:
    """Raise ValueError or ExpatError for a DOCTYPE, whose entities can unpack to anything, and for deep nesting."""
    depth = 0

    def refuse(*_doctype: object) -> None:
        raise ValueError("it has a DOCTYPE")

    def enter(*_element: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")

    def leave(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = enter, leave
    parser.Parse(content, True)


def _pixels(content: bytes) -> Logo:
    try:
        with warnings.catch_warnings():
            # A picture that unpacks to gigabytes is refused by its size below, before any of it is unpacked.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise InvalidInput("The logo has more than 20 million pixels. Make it smaller.", field="logo")
                picture.seek(0)
                drawn = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as wrong:
        raise InvalidInput("This is no PNG, JPEG, WebP or SVG that can be read.", field="logo") from wrong
    drawn.thumbnail((WIDEST, HIGHEST))
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return _logo("image/png", out.getvalue())


def _logo(media_type: str, content: bytes) -> Logo:
    return Logo(media_type, content, hashlib.sha256(content).hexdigest())
