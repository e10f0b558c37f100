"""Dates: read as declared, or found out over a whole column; what could be two dates is asked for, never guessed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.imports.date_formats import ORDERED, PLAIN, both_readings, declared, detected, format_of

DAYS = st.dates(date(1990, 1, 1), date(2030, 12, 31))


def _column(*texts: str) -> dict[str, int]:
    return {text: texts.count(text) for text in texts}


def test_one_value_decides_for_its_column() -> None:
    column = detected(_column("3/4/2024", "16/10/2024", "3/4/2024"))
    assert column.formats == {"d/m/yyyy": 3}
    assert column.read["3/4/2024"].day == date(2024, 4, 3)
    other = detected(_column("3/4/2024", "10/16/2024"))
    assert other.read["3/4/2024"].day == date(2024, 3, 4)


def test_what_nothing_decides_is_asked_for() -> None:
    column = detected(_column("3/4/2024", "5/6/2024"))
    assert (column.asked, column.read) == ("3/4/2024", {})
    said = both_readings("3/4/2024")
    assert said == "3/4/2024 can be 3 April 2024 (d/m/yyyy) or 4 March 2024 (m/d/yyyy)"


def test_the_same_day_either_way_needs_no_question() -> None:
    assert detected(_column("4/4/2024")).read["4/4/2024"].day == date(2024, 4, 4)


def test_two_orders_in_one_column_are_read_only_where_each_value_says_which() -> None:
    clear = detected(_column("16/10/2024", "10/17/2024"))
    assert (clear.asked, clear.formats) == (None, {"d/m/yyyy": 1, "m/d/yyyy": 1})
    unclear = detected(_column("16/10/2024", "10/17/2024", "1/2/2024"))
    assert unclear.asked == "1/2/2024"


def test_iso_beside_another_way_is_mixed_and_each_read_in_its_own() -> None:
    column = detected(_column("2024-04-03", "25/12/2024", "26/12/2024"))
    assert (column.main, column.formats) == ("d/m/yyyy", {"yyyy-mm-dd": 1, "d/m/yyyy": 2})
    assert column.read["2024-04-03"].day == date(2024, 4, 3)


def test_declared_formats_read_nothing_else_and_two_readings_are_ambiguous() -> None:
    column = declared(_column("3/4/2024", "25/12/2024", "2024-01-01"), ["d/m/yyyy", "m/d/yyyy"])
    assert column.ambiguous == {"3/4/2024"}
    assert set(column.read) == {"25/12/2024"}


def test_times_and_zones_are_read_as_utc() -> None:
    column = detected(_column("2024-04-28 03:00:00", "2024-04-28T01:00:00+02:00", "2024-04-28"))
    assert column.read["2024-04-28 03:00:00"].at == datetime(2024, 4, 28, 3, tzinfo=UTC)
    assert column.read["2024-04-28T01:00:00+02:00"].at == datetime(2024, 4, 27, 23, tzinfo=UTC)
    assert [one.timed for one in column.read.values()] == [True, True, False]


@pytest.mark.parametrize("text", ["31/02/2024", "2024-02-30", "32/1/2024", "tomorrow", "1/2", "00/00/2024", "2024"])
def test_what_is_no_date_is_not_read(text: str) -> None:
    column = detected(_column(text, "25/12/2024"))
    assert text not in column.read
    assert column.asked is None


@pytest.mark.parametrize("written", ["d/m", "yyyy", "d/m/m/yyyy", "day/month/year", "", "dd/mm/yyyy{9}"])
def test_a_format_names_day_month_and_year_once(written: str) -> None:
    with pytest.raises(InvalidInput, match="no date format"):
        format_of(written)


@given(st.lists(DAYS, min_size=1, max_size=30), st.sampled_from([*(one for pair in ORDERED for one in pair), *PLAIN]))
def test_whatever_is_detected_is_right(days: list[date], format_used: object) -> None:
    """However a column is written, each value is read as the day it was, or the column is asked for."""
    written = getattr(format_used, "written")  # noqa: B009 - hypothesis shows formats by their repr
    texts = [_write(day, written) for day in days]
    column = detected(_column(*texts))
    if "yy" in written.replace("yyyy", "") and any(not 1969 <= day.year <= 2068 for day in days):
        return
    for day, text in zip(days, texts, strict=True):
        if text in column.read:
            assert column.read[text].day == day, (text, written)
        else:
            assert column.asked is not None, (text, written)


def _write(day: date, written: str) -> str:
    made = written.replace("yyyy", f"{day.year:04}").replace("yy", f"{day.year % 100:02}")
    if "mmm" in written:
        return made.replace("mmm", "@").replace("d", str(day.day)).replace("@", f"{day:%b}")
    width = "02" if written == "yyyymmdd" else ""
    made = made.replace("mm", "m").replace("dd", "d")
    return made.replace("m", format(day.month, width)).replace("d", format(day.day, width))
