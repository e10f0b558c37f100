"""Whether a seller's numbers run without a gap: the counter beside the papers that carry its numbers."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.numbering import PaperKind, number_of
from db.models.invoices import credit_note, invoice, invoice_counter, seller
from db.session import ReadSession

_NAMED: Final = 10


@dataclass(frozen=True)
class Series:
    """The numbers of a seller's year: the first and last given, how many papers there are, and what is missing.

    `missing` names up to ten numbers that were given and stand on no paper; `lacking` counts them all.
    """

    seller_id: UUID
    seller: str
    kind: PaperKind
    year: int
    first: str
    last: str
    given: int
    lacking: int
    missing: tuple[str, ...]


def series(session: ReadSession, actor: Actor) -> tuple[Series, ...]:
    """Return every series of numbers, the latest year first; needs `finance:read`.

    A void invoice keeps its number, so it fills its place; what came in from elsewhere with numbers of its own is no
    part of a series.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    c = invoice_counter.c
    statement = (
        select(c.seller_id, seller.c.name, seller.c.prefix, c.kind, c.year, c.last)
        .join(seller, seller.c.id == c.seller_id)
        .order_by(c.year.desc(), seller.c.created_at, c.kind.desc())
    )
    return tuple(_series(session, row) for row in session.execute(statement).all())


def _series(session: ReadSession, row: Row[Any]) -> Series:
    kind: PaperKind = row.kind
    places = _places(session, row.seller_id, kind, row.year)
    missing = [place for place in range(1, row.last + 1) if place not in places]

    def number(place: int) -> str:
        return number_of(row.prefix, kind, row.year, place)

    named = tuple(number(place) for place in missing[:_NAMED])
    ends = number(1), number(row.last)
    return Series(row.seller_id, row.name, kind, row.year, *ends, row.last, len(missing), named)


def _places(session: ReadSession, seller_id: UUID, kind: PaperKind, year: int) -> set[int]:
    """Return the places that papers hold: a number ends in its place, whatever the prefix was when it was given."""
    paper = (invoice if kind == "invoice" else credit_note).c
    begins = number_of("", kind, year, 0).rstrip("0")
    mine = (paper.seller_id == seller_id) & paper.number.regexp_match(f"{begins}[0-9]+$")
    return {int(number.rpartition("-")[2]) for number in session.execute(select(paper.number).where(mine)).scalars()}
