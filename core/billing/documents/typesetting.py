"""Pages from templates under assets/ and data that is only ever data; invoices and reports are both set by this.

A template gets its data as one JSON text in `sys.inputs.data`, so nothing in a name, a note or a logo is ever read as
markup. Fonts are the house's own, that the same data give the same bytes on every machine; only what they cannot draw
is looked for among the machine's.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from core.errors import InvalidInput

ASSETS: Final = Path(__file__).parents[3] / "assets"
# PDF/A-3b: to be kept for ten years, and allowed to carry its own data as an attached file.
_STANDARD: Final = "a-3b"
_NOT_DRAWN: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
# What stands for a letter that no font here can draw.
STAND_IN: Final = "□"


def pdf_pages(template: str, data: Mapping[str, Any], *, dated: date | None, attached: str = "") -> bytes:
    """Return `assets/<template>` set with `data` (JSON-able, no float where it matters) as PDF/A-3b.

    `dated` becomes the date of making, None the epoch: the same template, data and date are the same bytes. `attached`
    is `sys.inputs.attached`, a file's text for the template to attach. Raises InvalidInput for a picture that is none.
    """
    return _drawable(template, json.dumps(data), attached, dated)[0]


def png_pages(template: str, data: Mapping[str, Any], *, dots_per_inch: int) -> tuple[bytes, ...]:
    """Return the same pages as PNG, one a page."""
    _, text, fonts = _drawable(template, json.dumps(data), "", None)
    made = _compiler(template, text, "", fonts).compile(format="png", ppi=dots_per_inch)
    return tuple(made) if isinstance(made, list) else (_whole(made),)


def _drawable(template: str, text: str, attached: str, dated: date | None) -> tuple[bytes, str, typst.Fonts]:
    """Return the PDF, the JSON and the fonts it was made of, once every letter in it can be drawn.

    The standard refuses a page with a letter that no font has, and names it: then the machine's fonts are asked, and
    what those lack as well is drawn as STAND_IN.
    """
    try:
        return _pdf(template, text, attached, _fonts(system=False), dated), text, _fonts(system=False)
    except typst.TypstError as wrong:
        if not _missing(wrong):
            raise _unset(wrong) from wrong
    fonts = _fonts(system=True)
    while True:
        try:
            return _pdf(template, text, attached, fonts, dated), text, fonts
        except typst.TypstError as wrong:
            missing = _missing(wrong)
            replaced = _without(text, missing)
            if replaced == text:
                raise _unset(wrong) from wrong
            text = replaced


def _unset(wrong: typst.TypstError) -> InvalidInput:
    """What can be wrong with data that are only data is a picture; the typesetter's words would tell of our folders."""
    wrong.add_note(wrong.diagnostic)
    return InvalidInput("A picture on the page cannot be drawn. Choose another logo.")


def _missing(wrong: typst.TypstError) -> set[str]:
    said = (_ESCAPED.sub(lambda code: chr(int(code[1], 16)), word) for word in _NOT_DRAWN.findall(wrong.diagnostic))
    return {sign for word in said for sign in word}


def _without(text: str, missing: set[str]) -> str:
    table = {ord(sign): STAND_IN for sign in missing}
    return json.dumps(_replaced(json.loads(text), table))


def _replaced(value: Any, table: dict[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, list):
        return [_replaced(part, table) for part in value]
    if isinstance(value, dict):
        return {name: _replaced(part, table) for name, part in value.items()}
    return value


def _pdf(template: str, text: str, attached: str, fonts: typst.Fonts, dated: date | None) -> bytes:
    made_at = 0 if dated is None else int(datetime(dated.year, dated.month, dated.day, tzinfo=UTC).timestamp())
    made = _compiler(template, text, attached, fonts).compile(
        format="pdf", pdf_standards=[_STANDARD], timestamp=made_at
    )
    return _whole(made)


def _whole(made: bytes | list[bytes] | None) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("the typesetter returned no file")
    return made


def _compiler(template: str, text: str, attached: str, fonts: typst.Fonts) -> typst.Compiler:
    """A compiler of its own for each document: one is not to be shared between threads, and costs 0.2 ms."""
    return typst.Compiler(
        input=str(ASSETS / template),
        root=str(ASSETS),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"data": text, "attached": attached},
    )


@cache
def _fonts(*, system: bool) -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=system, include_embedded_fonts=False, font_paths=[str(ASSETS / "invoice" / "fonts")]
    )
