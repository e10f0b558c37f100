"""Shapes of costs and cash on the wire; money in whole minor units, a day as 2026-11-21."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Day, Strict
from api.schemas.enterprise import Amount
from core.finance.booked import Booked, BookedCash, BookedCost
from core.finance.booking import MANUAL
from core.finance.entries import LARGEST, LONGEST_ID, LONGEST_NOTE, CashCategory, CostKind, NewCash, NewCost
from core.money import Money

Source = Annotated[str, Field(min_length=1, max_length=60, description="Where entries come from: a bank, a provider.")]
ExternalId = Annotated[
    str, Field(min_length=1, max_length=LONGEST_ID, description="Unique in its source; sent again it is not added.")
]
Note = Annotated[str, Field(max_length=LONGEST_NOTE)]


class GivenAmount(Strict):
    """Money to book: never zero."""

    minor: Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]


class BookCost(Strict):
    """A cost of serving customers; without an organization it is shared by all. A credit is negative."""

    day: Day
    kind: CostKind
    amount: GivenAmount
    external_id: ExternalId
    source: Source = "api"
    organization_id: Annotated[UUID, Field(strict=False)] | None = None
    product_id: Annotated[str, Field(max_length=40)] | None = None
    note: Note = ""

    def entry(self) -> NewCost:
        """Return it as the core takes it."""
        amount = Money(self.amount.minor, self.amount.currency)
        return NewCost(self.day, self.kind, amount, self.organization_id, self.product_id, self.note, self.external_id)


class BookCash(Strict):
    """Money that came in (positive) or went out (negative)."""

    day: Day
    category: CashCategory
    amount: GivenAmount
    external_id: ExternalId
    source: Source = "api"
    note: Note = ""

    def entry(self) -> NewCash:
        """Return it as the core takes it."""
        amount = Money(self.amount.minor, self.amount.currency)
        return NewCash(self.day, self.category, amount, self.note, self.external_id)


class ReverseEntry(Strict):
    """Which entry to take back, and why; entries recorded on the screens have the source `manual`."""

    external_id: ExternalId
    source: Annotated[Source, Field(description=f"As it was booked; {MANUAL} for what a person recorded.")] = "api"
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]


class EntryId(Answer):
    """The entry that was added, or had been added before under the same external id."""

    id: UUID


class _EntryRow(Answer):
    id: UUID
    day: date
    amount: Amount
    note: str
    source: str
    external_id: str
    recorded_at: datetime
    reverses: UUID | None
    reversed_by: UUID | None


class CostRow(_EntryRow):
    """A cost as it stands in the books."""

    kind: CostKind
    organization_id: UUID | None
    customer: str | None
    product_id: str | None


class CashRow(_EntryRow):
    """A movement of cash as it stands in the books."""

    category: CashCategory


class CostList(Answer):
    """Costs, the newest first; `nextBefore` is the `before` of the next page, or null at the end."""

    entries: list[CostRow]
    next_before: UUID | None

    @classmethod
    def of(cls, found: tuple[BookedCost, ...], limit: int) -> "CostList":
        """Return a page."""
        return cls(entries=[CostRow.model_validate(_plain(one)) for one in found], next_before=_next(found, limit))


class CashList(Answer):
    """Cash entries, the newest first; `nextBefore` is the `before` of the next page, or null at the end."""

    entries: list[CashRow]
    next_before: UUID | None

    @classmethod
    def of(cls, found: tuple[BookedCash, ...], limit: int) -> "CashList":
        """Return a page."""
        return cls(entries=[CashRow.model_validate(_plain(one)) for one in found], next_before=_next(found, limit))


def _plain(one: Booked) -> dict[str, object]:
    return {**vars(one), "day": one.booked_on}


def _next(found: tuple[Booked, ...], limit: int) -> UUID | None:
    return found[-1].id if len(found) == limit else None
