"""Mails as text and HTML, from the templates under assets/mail: every value is escaped where it lands in HTML."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

from core.errors import InvalidInput

TEMPLATES: Final = Path(__file__).parents[2] / "assets" / "mail"


@dataclass(frozen=True)
class Rendered:
    """The two bodies of one mail."""

    text: str
    html: str


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, subject: str, values: Mapping[str, Any]) -> Rendered:
    """Return both bodies of `assets/mail/<template>`; `values` holds what it shows, `brand` among them.

    InvalidInput for a template that does not exist; a value that is missing is a mistake of ours and raises.
    """
    given = {"subject": subject, "unsubscribe": None, **values}
    try:
        text, html = (_environment().get_template(f"{template}.{kind}") for kind in ("txt", "html"))
    except TemplateNotFound as missing:
        raise InvalidInput(f"There is no mail template “{template[:80]}”.", field="template") from missing
    return Rendered(text.render(given).strip() + "\n", html.render(given))
