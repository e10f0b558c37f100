"""Values of a ChartMogul record: instants, amounts, quantities; what can't be read is refused with its reason."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from core.errors import InvalidInput
from core.finance.exchange import Rates
from core.imports import cells
from core.imports.chartmogul.export import Record
from core.imports.findings import Refused
from core.money import Money, round_half_up

MOST_QUANTITY: Final = 1_000_000
_EARLIEST: Final = 1990


def instant(of: Record, *names: str, now: datetime | None = None) -> datetime | None:
    """Return when a cell says, in UTC where it names no zone; None where it is empty. Refused beyond `now`."""
    given = of.text(*names)
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given.removesuffix(" UTC"))
    except ValueError:
        raise Refused("bad_date", f"{names[0]} is “{given[:40]}”, no date like 2024-01-31 00:00:00.") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if at.year < _EARLIEST:
        raise Refused("bad_date", f"{names[0]} is {at.date()}, too long ago to be right.")
    if now is not None and at > now:
        raise Refused("in_the_future", f"{names[0]} is {at.date()}, a day to come.")
    return at


def needed(of: Record, *names: str, now: datetime | None = None) -> datetime:
    """Return the same; Refused where nothing stands there."""
    found = instant(of, *names, now=now)
    if found is None:
        raise Refused("missing_value", f"{names[0]} is empty.")
    return found


def cents(of: Record, name: str) -> int:
    """Return minor units from `<name>_in_cents`, which may be below zero; nothing where it is empty."""
    given = of.text(f"{name}_in_cents", name)
    return cells.whole(given, f"{name}_in_cents", least=-cells.LARGEST) if given else 0


def quantity(of: Record) -> int:
    """Return how many, one where nobody says; Refused below one."""
    given = of.text("quantity")
    return cells.whole(given, "quantity", least=1, most=MOST_QUANTITY) if given else 1


def currency(code: str, rates: Rates, at: datetime) -> str:
    """Return a currency that figures can be made of at an instant; Refused for any other."""
    try:
        rates.on(Money(0, code).currency, at.date())
    except InvalidInput as unknown:
        raise Refused("unknown_currency", unknown.message) from unknown
    return code


def flag(of: Record, name: str) -> bool:
    """Return whether a cell says yes."""
    return cells.flag(of.text(name), name)


def divided(whole: int, many: int) -> tuple[int, int]:
    """Return a price and how many of it make a whole, exactly: as many as given, or one where they don't divide it."""
    return (whole // many, many) if whole % many == 0 else (whole, 1)


def scaled(whole: int, covered: Decimal, full: Decimal) -> int:
    """Return what the full time would have cost, from what a part of it did; rounded half up."""
    return round_half_up(Decimal(whole) * full / covered)
