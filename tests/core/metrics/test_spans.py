"""Spans: what a metric's default means, the one before, and steps of time."""

from datetime import UTC, date, datetime

import pytest

from core.errors import InvalidInput
from core.metrics import spans
from core.metrics.query import Span

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def _span(start: str, end: str) -> Span:
    return Span(start=date.fromisoformat(start), end=date.fromisoformat(end), label="")


def test_last_month_is_the_whole_month_before() -> None:
    found = spans.default_span("last_month", NOW)
    assert (found.start, found.end, found.partial) == (date(2026, 2, 1), date(2026, 3, 1), False)


def test_this_month_is_not_over() -> None:
    found = spans.default_span("this_month", NOW)
    assert (found.start, found.end, found.partial) == (date(2026, 3, 1), date(2026, 4, 1), True)
    assert spans.end_of(found, NOW) == NOW


def test_twelve_months_end_with_the_last_whole_one() -> None:
    found = spans.default_span("last_12_months", NOW)
    assert (found.start, found.end) == (date(2025, 3, 1), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01")),
        (("2026-01-01", "2026-04-01"), ("2025-10-01", "2026-01-01")),
        (("2026-03-02", "2026-03-09"), ("2026-02-23", "2026-03-02")),
    ],
)
def test_the_span_before_is_as_long(given: tuple[str, str], expected: tuple[str, str]) -> None:
    found = spans.before(_span(*given))
    assert (found.start.isoformat(), found.end.isoformat()) == expected


def test_a_year_before_a_leap_day_ends_on_the_last_day_of_february() -> None:
    assert spans.year_before(_span("2028-02-29", "2028-03-01")).start == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("grain", "count", "first", "last_end"),
    [
        ("day", 31, "2026-01-01", "2026-02-01"),
        ("week", 5, "2025-12-29", "2026-02-02"),
        ("month", 1, "2026-01-01", "2026-02-01"),
        ("quarter", 1, "2026-01-01", "2026-04-01"),
        ("year", 1, "2026-01-01", "2027-01-01"),
    ],
)
def test_steps_are_whole(grain: str, count: int, first: str, last_end: str) -> None:
    found = spans.periods(_span("2026-01-01", "2026-02-01"), grain)  # type: ignore[arg-type]  # one of its values
    assert len(found) == count
    assert found[0].start.date().isoformat() == first
    assert found[-1].end.date().isoformat() == last_end


def test_too_many_steps_are_refused() -> None:
    with pytest.raises(InvalidInput, match="longer steps"):
        spans.periods(_span("2000-01-01", "2026-01-01"), "day")
