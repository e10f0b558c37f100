"""A brand's logo as mail programs can show it: a small PNG, since most of them draw no SVG."""

import functools
import io
import re
from pathlib import Path
from typing import Final

import typst
from PIL import Image

from core.organizations.logos import SVG, Logo

# As it stands in a mail, in CSS pixels; drawn twice as dense.
HIGH: Final = 32
WIDE: Final = 220
_DENSITY: Final = 2
FONTS: Final = Path(__file__).parents[2] / "assets" / "invoice" / "fonts"
# As an attribute, whose names may stand in quotes of the other kind, and within a style.
_FAMILY: Final = re.compile(r"""\bfont-family\s*=\s*(?:"[^"]*"|'[^']*')""")
_STYLED: Final = re.compile(r"""\bfont-family\s*:[^;"<>}]*""")
_ROOT_FAMILY: Final = re.compile(r"(?s)[^<]*(?:<\?[^>]*>[^<]*)?<svg\b[^>]*\bfont-family\s*=")
_DRAWING: Final = f"""#let raw = bytes(sys.inputs.svg)
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#context {{
  let tall = image(raw, height: {HIGH}pt)
  if measure(tall).width > {WIDE}pt {{ image(raw, width: {WIDE}pt) }} else {{ tall }}
}}""".encode()


def for_mail(logo: Logo) -> bytes | None:
    """Return the logo as PNG, at most 440 by 64 pixels; None for a drawing that cannot be drawn."""
    return _drawn(logo.media_type, logo.content)


def in_our_letters(svg: str) -> str:
    """Return a drawing whose words stand in Inter, as near as the house has to the sans serifs that logos name.

    A machine without the fonts that a drawing names would set them in a book's serif, or leave them out.
    """
    named = _STYLED.sub("font-family:Inter", _FAMILY.sub('font-family="Inter"', svg))
    return named.replace("<svg", '<svg font-family="Inter"', 1) if not _ROOT_FAMILY.match(named) else named


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(font_paths=[FONTS])


# As many as the brands that have something to say in a while; each is some kilobytes.
@functools.lru_cache(maxsize=64)
def _drawn(media_type: str, content: bytes) -> bytes | None:
    if media_type == SVG:
        try:
            # Points at 72 to the inch are pixels.
            svg = in_our_letters(content.decode("utf-8", "replace"))
            made = typst.compile(
                _DRAWING, format="png", ppi=72.0 * _DENSITY, sys_inputs={"svg": svg}, font_paths=_fonts()
            )
        except typst.TypstError:
            return None
        return made if isinstance(made, bytes) else None
    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.thumbnail((WIDE * _DENSITY, HIGH * _DENSITY))
        picture.save(out, "PNG", optimize=True)
    return out.getvalue()
