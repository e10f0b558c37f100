"""The words for time, as they are said on Saturday 2026-11-21."""

from datetime import date

import pytest

from core.ask.time_grammar import read_time
from core.ask.words import words_of
from tests.core.ask.asked import TODAY

SPANS = [
    ("this month", "2026-11-01", "2026-12-01"),
    ("this week", "2026-11-16", "2026-11-23"),
    ("this quarter", "2026-10-01", "2027-01-01"),
    ("this half", "2026-07-01", "2027-01-01"),
    ("current year", "2026-01-01", "2027-01-01"),
    ("this year so far", "2026-01-01", "2026-11-22"),
    ("so far this month", "2026-11-01", "2026-11-22"),
    ("last day", "2026-11-20", "2026-11-21"),
    ("last week", "2026-11-09", "2026-11-16"),
    ("last month", "2026-10-01", "2026-11-01"),
    ("previous month", "2026-10-01", "2026-11-01"),
    ("in the prior quarter", "2026-07-01", "2026-10-01"),
    ("last quarter", "2026-07-01", "2026-10-01"),
    ("last half", "2026-01-01", "2026-07-01"),
    ("last year", "2025-01-01", "2026-01-01"),
    ("last 30 days", "2026-10-22", "2026-11-21"),
    ("the last 7 days", "2026-11-14", "2026-11-21"),
    ("past week", "2026-11-14", "2026-11-21"),
    ("over the last two weeks", "2026-11-02", "2026-11-16"),
    ("last 3 months", "2026-08-01", "2026-11-01"),
    ("past month", "2026-10-01", "2026-11-01"),
    ("the past six months", "2026-05-01", "2026-11-01"),
    ("trailing twelve months", "2025-11-01", "2026-11-01"),
    ("ttm", "2025-11-01", "2026-11-01"),
    ("rolling 12 months", "2025-11-01", "2026-11-01"),
    ("last couple of months", "2026-09-01", "2026-11-01"),
    ("last 2 quarters", "2026-04-01", "2026-10-01"),
    ("past year", "2025-11-01", "2026-11-01"),
    ("last 2 years", "2024-11-01", "2026-11-01"),
    ("next month", "2026-12-01", "2027-01-01"),
    ("next 30 days", "2026-11-21", "2026-12-21"),
    ("in the next two weeks", "2026-11-21", "2026-12-05"),
    ("next quarter", "2027-01-01", "2027-04-01"),
    ("tomorrow", "2026-11-22", "2026-11-23"),
    ("today", "2026-11-21", "2026-11-22"),
    ("yesterday", "2026-11-20", "2026-11-21"),
    ("day before yesterday", "2026-11-19", "2026-11-20"),
    ("mtd", "2026-11-01", "2026-11-22"),
    ("quarter to date", "2026-10-01", "2026-11-22"),
    ("YTD", "2026-01-01", "2026-11-22"),
    ("week to date", "2026-11-16", "2026-11-22"),
    ("Q3", "2026-07-01", "2026-10-01"),
    ("Q4", "2026-10-01", "2027-01-01"),
    ("in Q1 2025", "2025-01-01", "2025-04-01"),
    ("2025 Q2", "2025-04-01", "2025-07-01"),
    ("Q2 last year", "2025-04-01", "2025-07-01"),
    ("third quarter of 2024", "2024-07-01", "2024-10-01"),
    ("the second quarter", "2026-04-01", "2026-07-01"),
    ("H1", "2026-01-01", "2026-07-01"),
    ("H2 2025", "2025-07-01", "2026-01-01"),
    ("first half of 2026", "2026-01-01", "2026-07-01"),
    ("September", "2026-09-01", "2026-10-01"),
    ("december", "2025-12-01", "2026-01-01"),
    ("November", "2026-11-01", "2026-12-01"),
    ("in Sept 2025", "2025-09-01", "2025-10-01"),
    ("in may", "2026-05-01", "2026-06-01"),
    ("May 2024", "2024-05-01", "2024-06-01"),
    ("during march", "2026-03-01", "2026-04-01"),
    ("month of June", "2026-06-01", "2026-07-01"),
    ("last March", "2026-03-01", "2026-04-01"),
    ("2025", "2025-01-01", "2026-01-01"),
    ("year 2024", "2024-01-01", "2025-01-01"),
    ("FY25", "2025-01-01", "2026-01-01"),
    ("2026-06-30", "2026-06-30", "2026-07-01"),
    ("2026-06", "2026-06-01", "2026-07-01"),
    ("30.06.2026", "2026-06-30", "2026-07-01"),
    ("6/30/2026", "2026-06-30", "2026-07-01"),
    ("30/6/2026", "2026-06-30", "2026-07-01"),
    ("15 March 2026", "2026-03-15", "2026-03-16"),
    ("March 15th, 2026", "2026-03-15", "2026-03-16"),
    ("December 24", "2025-12-24", "2025-12-25"),
    ("since March", "2026-03-01", "2026-11-22"),
    ("since 2025", "2025-01-01", "2026-11-22"),
    ("since last quarter", "2026-07-01", "2026-11-22"),
    ("after June", "2026-07-01", "2026-11-22"),
    ("until June", "2000-01-01", "2026-07-01"),
    ("before 2025", "2000-01-01", "2025-01-01"),
    ("between September and October", "2026-09-01", "2026-11-01"),
    ("from January to March 2025", "2025-01-01", "2025-04-01"),
    ("from november to february", "2025-11-01", "2026-03-01"),
    ("between 2026-01-01 and 2026-01-31", "2026-01-01", "2026-02-01"),
    ("Q1 to Q3", "2026-01-01", "2026-10-01"),
    ("last Monday", "2026-11-16", "2026-11-17"),
    ("on saturday", "2026-11-14", "2026-11-15"),
    ("on friday", "2026-11-20", "2026-11-21"),
    ("3 months ago", "2026-08-21", "2026-08-22"),
    ("a year ago", "2025-11-21", "2025-11-22"),
    ("ten days ago", "2026-11-11", "2026-11-12"),
    ("as of 2026-06-30", "2026-06-30", "2026-07-01"),
    ("as of last month", "2026-10-31", "2026-11-01"),
    ("at the end of last quarter", "2026-09-30", "2026-10-01"),
    ("at the start of 2026", "2026-01-01", "2026-01-02"),
    ("for 14 days", "2026-11-07", "2026-11-21"),
]
NO_TIMES = [
    *("may", "march", "sat", "second", "mar", "2026-13-01", "3/4/2026", "last customer", "month", "32.01.2026", "over"),
]


@pytest.mark.parametrize(("said", "start", "end"), SPANS)
def test_a_time_is_a_half_open_span(said: str, start: str, end: str) -> None:
    words = [word.text for word in words_of(said)]
    found = read_time(words, 0, TODAY)
    assert found is not None
    assert found.length == len(words)
    assert found.span is not None
    assert (found.span.start.isoformat(), found.span.end.isoformat()) == (start, end)
    assert found.span.partial == (found.span.end > TODAY)
    assert 0 < len(found.span.label) <= 80


@pytest.mark.parametrize("said", NO_TIMES)
def test_other_words_are_no_times(said: str) -> None:
    assert read_time([word.text for word in words_of(said)], 0, TODAY) is None


@pytest.mark.parametrize(
    ("said", "grain"),
    [("monthly", "month"), ("per week", "week"), ("by quarter", "quarter"), ("each day", "day"), ("annually", "year")],
)
def test_a_step_of_time_is_its_grain(said: str, grain: str) -> None:
    found = read_time(said.split(), 0, TODAY)
    assert found is not None
    assert (found.kind, found.grain) == ("grain", grain)


@pytest.mark.parametrize(
    ("said", "compare"),
    [
        ("month over month", "previous_period"),
        ("the previous period", "previous_period"),
        ("the month before", "previous_period"),
        ("qoq", "previous_period"),
        ("year over year", "same_period_last_year"),
        ("yoy", "same_period_last_year"),
        ("the same period last year", "same_period_last_year"),
        ("same quarter a year ago", "same_period_last_year"),
    ],
)
def test_a_comparison_names_its_other_side(said: str, compare: str) -> None:
    words = said.split()
    found = read_time(words, 0, TODAY)
    assert found is not None
    assert (found.length, found.kind, found.compare) == (len(words), "comparison", compare)


@pytest.mark.parametrize("said", ["now", "right now", "currently", "at the moment"])
def test_now_is_no_span(said: str) -> None:
    found = read_time(said.split(), 0, TODAY)
    assert found is not None
    assert (found.kind, found.span) == ("now", None)


def test_whole_months_are_said() -> None:
    found = read_time(["last", "3", "months"], 0, TODAY)
    assert found is not None
    assert "whole months" in found.assumption


def test_only_the_words_of_the_time_are_taken() -> None:
    found = read_time(["mrr", "last", "month", "by", "tier"], 1, TODAY)
    assert found is not None
    assert found.length == 2


def test_a_month_that_has_begun_is_this_years() -> None:
    first = read_time(["november"], 0, date(2026, 11, 1))
    eve = read_time(["november"], 0, date(2026, 10, 31))
    assert first is not None
    assert eve is not None
    assert first.span is not None
    assert eve.span is not None
    assert (first.span.start.year, eve.span.start.year) == (2026, 2025)
