"""Raw rows turned into rows of ours, field by field; whatever can't be is refused with its reason."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.errors import InvalidInput
from core.imports import cells
from core.imports.date_formats import Instant
from core.imports.findings import Refused
from core.imports.mapping import Mapping as Books
from core.imports.reading import RawRow, RawSource
from core.imports.rows import ChurnRow, CustomerRow, Key, SubscriptionRow, TicketRow, UseRow
from core.money import Money
from core.periods import MONTHS, BillingPeriod, billing_period
from core.support.tickets import PRIORITIES, Priority

LONGEST_NAME = 200
LONGEST_FEATURE = 80
MOST_SEATS = 1_000_000
_EARLIEST = 1970

Made = TypeVar("Made")


@dataclass(frozen=True)
class Terms:
    """What rows are read by: the mapping, the tiers there are, and the present."""

    books: Books
    tiers: Collection[str]
    now: datetime


class _Cells:
    """One raw row, its cells read by field; a field that the mapping does not bind is empty."""

    def __init__(self, source: RawSource, row: RawRow, terms: Terms) -> None:
        self.source, self.row, self.terms = source, row, terms

    def given(self, field: str) -> str:
        return self.row.cells.get(field, "")

    def text(self, field: str, *, longest: int = cells.LONGEST_TEXT) -> str:
        return cells.text(self.given(field), self.column(field), longest=longest)

    def needed(self, field: str, *, longest: int = cells.LONGEST_TEXT) -> str:
        found = self.text(field, longest=longest)
        if not found:
            raise Refused("missing_value", f"{self.column(field)} is empty.")
        return found

    def whole(self, field: str, *, least: int = 0, most: int = cells.LARGEST) -> int | None:
        given = self.given(field)
        return cells.whole(given, self.column(field), least=least, most=most) if given else None

    def amount(self, field: str) -> Money:
        currency = self.terms.books.currency
        given = self.given(field)
        return cells.amount(given, self.column(field), currency) if given else Money(0, currency)

    def flag(self, field: str) -> bool:
        return cells.flag(self.given(field), self.column(field))

    def maybe_flag(self, field: str) -> bool | None:
        return self.flag(field) if field in self.row.cells else None

    def when(self, field: str) -> Instant | None:
        found = self.source.instant(self.row, field)
        if found is None:
            return None
        if found.at > self.terms.now:
            raise Refused("in_the_future", f"{self.column(field)} is {found.day}, a day to come.")
        if found.at.year < _EARLIEST:
            raise Refused("bad_date", f"{self.column(field)} is {found.day}, too long ago to be right.")
        as_of = self.terms.books.as_of
        if as_of is not None and found.day > as_of:
            sentence = f"{self.column(field)} is {found.day}; these books end with {as_of}."
            self.source.doubt(self.row.origin, "after_as_of", sentence)
        return found

    def needed_when(self, field: str) -> Instant:
        found = self.when(field)
        if found is None:
            raise Refused("missing_value", f"{self.column(field)} is empty.")
        return found

    def word(self, field: str, known: Collection[str]) -> str:
        found = self.needed(field)
        if found not in known:
            words = ", ".join(sorted(known))
            raise Refused(
                "unknown_value", f"{self.column(field)} is “{found[:40]}”; map it with values to one of {words}."
            )
        return found

    def customer(self, name: str) -> Key:
        return self.terms.books.referred(name, "customer", "customer"), self.needed("customer")

    def column(self, field: str) -> str:
        return self.source.columns.get(field, field)


def customers(source: RawSource, terms: Terms) -> list[CustomerRow]:
    """Return the customers that can be taken."""
    return list(_each(source, terms, _customer))


def subscriptions(source: RawSource, terms: Terms) -> list[SubscriptionRow]:
    """Return the subscriptions that can be taken, references not yet looked up."""
    return list(_each(source, terms, _subscription))


def uses(source: RawSource, terms: Terms) -> list[UseRow]:
    """Return the daily uses that can be taken, references not yet looked up."""
    return list(_each(source, terms, _use))


def tickets(source: RawSource, terms: Terms) -> list[TicketRow]:
    """Return the tickets that can be taken, references not yet looked up."""
    return list(_each(source, terms, _ticket))


def churn_events(source: RawSource, terms: Terms) -> list[ChurnRow]:
    """Return the churn events that can be taken, references not yet looked up."""
    return list(_each(source, terms, _churn_event))


def _each(source: RawSource, terms: Terms, make: Callable[[_Cells], Made]) -> Iterator[Made]:
    for row in source.rows:
        try:
            yield make(_Cells(source, row, terms))
        except Refused as why:
            source.refuse(row.origin, why)


def _customer(row: _Cells) -> CustomerRow:
    country = cells.country(row.given("country"))
    if country is None and row.given("country"):
        sentence = f"{row.column('country')} is “{row.given('country')[:40]}”, no code of ISO 3166 (GB, not UK)."
        row.source.doubt(row.row.origin, "unknown_country", sentence)
    return CustomerRow(
        origin=row.row.origin,
        name=row.needed("name", longest=LONGEST_NAME),
        signed_up=row.needed_when("signed_up").at,
        tier=row.word("tier", row.terms.tiers) if row.given("tier") else None,
        seats=row.whole("seats", most=MOST_SEATS) or None,
        country=country,
        segment=row.text("segment", longest=LONGEST_NAME) or None,
        email=row.text("email", longest=320).lower() or None,
        churned=row.maybe_flag("churned"),
    )


def _subscription(row: _Cells) -> SubscriptionRow:
    starts, ends = row.needed_when("starts").at, row.when("ends")
    if ends is not None and ends.at < starts:
        raise Refused("end_before_start", f"It ends on {ends.day}, before it starts on {starts.date()}.")
    period = _period(row)
    # Paid by the month or by the year, it is worth what the books say a month: never rounded twice.
    whole = row.amount("amount") if row.given("amount") else row.amount("mrr").times(MONTHS[period])
    seats = row.whole("seats", most=MOST_SEATS) or 1
    quantity = seats if whole.minor % seats == 0 else 1
    trial = row.flag("trial")
    if trial and whole:
        row.source.doubt(row.row.origin, "trial_with_price", f"It is a trial, and costs {whole}.")
    return SubscriptionRow(
        origin=row.row.origin,
        customer=row.customer(row.source.name),
        tier=row.word("tier", row.terms.tiers),
        starts=starts,
        ends=ends.at if ends else None,
        amount=Money(whole.minor // quantity, whole.currency),
        quantity=quantity,
        billing=period,
        trial=trial,
        churned=row.maybe_flag("churned"),
    )


def _period(row: _Cells) -> BillingPeriod:
    try:
        return billing_period(row.given("billing") or "monthly")
    except InvalidInput as unknown:
        raise Refused("unknown_value", f"{row.column('billing')}: {unknown.message}") from unknown


def _use(row: _Cells) -> UseRow:
    count, errors = row.whole("uses"), row.whole("errors") or 0
    if count is None:
        raise Refused("missing_value", f"{row.column('uses')} is empty.")
    if errors > count:
        raise Refused("more_errors", f"{errors} errors in {count} uses: one of the two numbers is wrong.")
    if count == 0:
        row.source.doubt(row.row.origin, "no_use", "No use at all is reported; the day counts as one without.")
    name = row.source.name
    if "customer" in row.row.cells:
        owner = row.customer(name)
    else:
        owner = row.terms.books.referred(name, "subscription", "subscription"), row.needed("subscription")
    return UseRow(
        origin=row.row.origin,
        owner=owner,
        day=row.needed_when("day").day,
        feature=row.needed("feature", longest=LONGEST_FEATURE),
        uses=count,
        errors=errors,
        seconds=row.whole("seconds") or 0,
    )


def _ticket(row: _Cells) -> TicketRow:
    submitted, closed = row.needed_when("submitted"), row.when("closed")
    if closed is not None and closed.at < submitted.at:
        raise Refused("end_before_start", f"It was closed on {closed.day}, before it was opened on {submitted.day}.")
    word = row.word("priority", PRIORITIES)
    priority: Priority = next(one for one in PRIORITIES if one == word)
    return TicketRow(
        origin=row.row.origin,
        customer=row.customer(row.source.name),
        submitted=submitted.at,
        closed=closed.at if closed else None,
        priority=priority,
        response_minutes=row.whole("response_minutes"),
        satisfaction=row.whole("satisfaction", least=1, most=5),
        escalated=row.flag("escalated"),
        subject=row.text("subject", longest=500),
    )


def _churn_event(row: _Cells) -> ChurnRow:
    return ChurnRow(
        origin=row.row.origin,
        customer=row.customer(row.source.name),
        at=row.needed_when("day").at,
        reason=row.text("reason", longest=LONGEST_NAME),
        feedback=row.text("feedback"),
        refund=row.amount("refund"),
        reactivation=row.flag("reactivation"),
    )
