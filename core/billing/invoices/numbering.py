"""Numbers of invoices and credit notes: without a gap a seller and year, taken in the transaction that finalizes."""

from datetime import date
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from db.models.invoices import invoice_counter
from db.session import WriteSession

PaperKind = Literal["invoice", "credit_note"]
_MARKS: Final[dict[PaperKind, str]] = {"invoice": "", "credit_note": "CN-"}


def number_of(prefix: str, kind: PaperKind, year: int, place: int) -> str:
    """Return CALOS-2026-00017, or CALOS-CN-2026-00003 of a credit note; more digits where five don't do."""
    return f"{prefix}-{_MARKS[kind]}{year}-{place:05d}"


def customer_number(prefix: str, customer: int, place: int) -> str:
    """Return a number of the per-customer scheme: BENT-1-001-002 is the first customer's second invoice."""
    return f"{prefix}-{customer:03d}-{place:03d}"


def entity_number(prefix: str, issued_on: date, place: int) -> str:
    """Return a number of the per-entity scheme: BENT-11-202310-010 is its tenth in all, issued in October 2023.

    Changing over from the per-customer scheme goes on from the count of all invoices there are (case D23).
    """
    return f"{prefix}-{issued_on:%Y%m}-{place:03d}"


def take_numbers(
    session: WriteSession, seller_id: UUID, prefix: str, kind: PaperKind, day: date, count: int
) -> list[str]:
    """Return the next `count` numbers of a seller's year.

    The counter's row stays locked until the caller's transaction ends: others wait, and numbers that are rolled back
    are given to the next. So there is no gap, and whoever finalizes many commits often.
    """
    c = invoice_counter.c
    first = insert(invoice_counter).values(seller_id=seller_id, kind=kind, year=day.year, last=count)
    taken = first.on_conflict_do_update(index_elements=[c.seller_id, c.kind, c.year], set_={"last": c.last + count})
    last: int = session.execute(taken.returning(c.last)).scalar_one()
    return [number_of(prefix, kind, day.year, place) for place in range(last - count + 1, last + 1)]
