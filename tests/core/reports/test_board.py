"""The board report: figures of the catalogue, sentences of those alone, dashes where there is none, one page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.finance.exchange import REPORTING
from core.metrics.answering import figure
from core.metrics.catalog import METRICS
from core.metrics.query import Span
from core.money import Money
from core.periods import INSTANT, add_months, month_of
from core.reports.board import AtRisk, Board, Moved, Named, board, last_whole_month
from core.reports.board_paper import FIGURES, board_pdf, board_png, flows_of, page_of, trend_of
from core.reports.board_sentences import sentences
from core.reports.board_words import brief, said, share, whole
from core.reports.paper import Paper
from db.session import SYSTEM, ReadSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.reports.conftest import write_books

MONTH = last_whole_month(NOW)


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people, beside books of every kind."""
    with databases.control.write(SYSTEM) as session:
        people = make_cast(session, NOW)
        write_books(session, people, NOW, "Initech")
    return people


def _board(session: ReadSession, cast: Cast) -> Board:
    return board(session, cast.fiona, MONTH, now=NOW)


def _full(found: Board) -> Board:
    """Return it with lists as long as they get, and names and words as long as they may be."""
    many = tuple(
        Named("A customer of a rather long name GmbH & Co. KG", Money(-99_900, REPORTING), "word " * 30)
        for _ in "12345"
    )
    moved = Moved(5, Money(-499_500, REPORTING), many)
    return replace(found, won=moved, lost=moved, at_risk=AtRisk(5, many))


def test_its_figures_are_those_of_the_catalogue(session: ReadSession, cast: Cast) -> None:
    found = _board(session, cast)
    at = MONTH.end - INSTANT
    day = MONTH.start.date()
    spans = {
        **dict.fromkeys(("mrr", "arr", "net_new_mrr", "mrr_growth", "logo_churn"), 1),
        **{"quick_ratio": 6, "nrr": 12, "grr": 12},
    }
    for name, value in found.now.items():
        span = None
        if name in spans:
            first = add_months(MONTH.start, 1 - spans[name]).date()
            span = Span(start=first, end=MONTH.end.date(), label="asked")
        elif METRICS[name].source == "ledger":
            span = Span(start=day, end=MONTH.end.date(), label="asked")
        assert figure(session, session, cast.fiona, name, now=at, span=span).value == value, name


def test_every_number_that_is_said_is_of_the_catalogue(session: ReadSession, cast: Cast) -> None:
    found = _board(session, cast)
    assert len(sentences(found)) >= 2
    for one in sentences(found):
        assert set(one.stands_on) <= set(METRICS)
        flows = [whole(Money(abs(minor), REPORTING)) for minor in found.sums.values()]
        known = [said(name, found.now[name]) for name in one.stands_on if name in found.now]
        known += [share(max(value, -value)) for value in found.now.values() if isinstance(value, int | Decimal)]
        left = one.text.replace(f"{MONTH.start:%B %Y}", "")
        for words in sorted({*flows, *known, "twelve"}, key=len, reverse=True):
            left = left.replace(words, "")
        assert not re.search(r"\d", left.replace(str(int(found.now["churned_customers"])), "")), left  # type: ignore[arg-type]


def test_what_is_not_defined_is_a_dash_with_its_reason(session: ReadSession, cast: Cast) -> None:
    page = page_of(_board(session, cast), "a4")
    shown = {one["label"]: one for one in page["figures"]}
    assert (shown["LTV:CAC"]["value"], shown["LTV:CAC"]["note"]) == ("—", "LTV or CAC is not defined")
    assert shown["Burn multiple"]["value"] == "—" or shown["Burn multiple"]["note"].startswith("Sep")
    assert shown["MRR"]["value"] == "$623"
    assert len(page["figures"]) == len(FIGURES) == len(page["definitions"]) == 12
    assert "metric policy 1" in page["policy"]


def test_books_without_anybody_are_a_page_of_dashes(session: ReadSession, cast: Cast) -> None:
    long_ago = month_of(datetime(2019, 5, 5, tzinfo=UTC))
    found = board(session, cast.fiona, long_ago, now=NOW)
    assert sentences(found) == ()
    assert found.at_risk is None
    page = page_of(found, "a4")
    assert {one["value"] for one in page["figures"]} == {"—", "$0"}
    assert board_pdf(found).startswith(b"%PDF")


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_it_is_one_page_however_much_there_is_to_say(session: ReadSession, cast: Cast, paper: Paper) -> None:
    found = _full(_board(session, cast))
    assert len(board_png(found, paper=paper, dots_per_inch=30)) == 1
    assert board_pdf(found, paper=paper) == board_pdf(found, paper=paper)


def test_who_came_and_went(session: ReadSession, cast: Cast) -> None:
    began = month_of(datetime(2026, 5, 5, tzinfo=UTC))
    found = board(session, cast.fiona, began, now=NOW)
    assert found.won.count == len(found.won.largest)
    assert [one.amount.minor for one in found.won.largest] == sorted(
        (one.amount.minor for one in found.won.largest), reverse=True
    )
    assert found.lost.count == 0


def test_only_who_may_see_money_and_no_month_to_come(session: ReadSession, cast: Cast) -> None:
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            board(session, actor, MONTH, now=NOW)
    with pytest.raises(InvalidInput, match="has not begun"):
        board(session, cast.fiona, month_of(add_months(NOW, 1)), now=NOW)


def test_drawings_keep_within_their_height() -> None:
    day = MONTH.start.date()
    line = trend_of([(day, 0), (day, 2_427_800)])
    assert line["points"] == [0.0, 0.9711]
    assert [mark["label"] for mark in line["marks"]] == ["$0", "$12.5K", "$25K"]
    moved = {"new": 258_200, "expansion": 0, "reactivation": 0, "contraction": -5_000, "churn": -9_900}
    drawn = flows_of([(day, moved)])
    assert drawn["bars"][0]["new"] + drawn["zero"] <= 1
    assert drawn["bars"][0]["churn"] + drawn["bars"][0]["contraction"] <= drawn["zero"]
    assert trend_of([])["points"] == []
    assert brief(Money(-124_000_000, "USD")) == "−$1.24M"
    assert whole(Money(0, "USD"), sign=True) == "$0"
