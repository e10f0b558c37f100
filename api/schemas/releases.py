"""Shapes of releases on the wire; times are RFC 3339 with their zone."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from api.depends import Answer, Strict
from core.licensing.releases import LONGEST_NOTES, LONGEST_PRODUCT, SUITE

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: Any) -> Any:
    """Take a time as RFC 3339 writes it, and neither seconds since 1970 nor a time without its zone."""
    if isinstance(value, str):
        if not _RFC3339.fullmatch(value):
            raise ValueError("a time is written like 2026-01-31T12:00:00Z")
        return datetime.fromisoformat(value.upper())
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class RecordRelease(Strict):
    """A version that came out."""

    version: Annotated[str, Field(min_length=1, max_length=120, description="Such as 4.3 or 4.3.1.")]
    released_at: Moment
    supported_until: Annotated[Moment | None, Field(description="None while no end of support is announced.")] = None
    notes: Annotated[str, Field(max_length=LONGEST_NOTES)] = ""
    product: Annotated[str, Field(min_length=1, max_length=LONGEST_PRODUCT)] = SUITE


class RecordedRelease(Answer):
    """A release as it is known."""

    product: str
    version: str
    released_at: datetime
    supported_until: datetime | None
    notes: str


class Releases(Answer):
    """Releases, newest first."""

    releases: list[RecordedRelease]
