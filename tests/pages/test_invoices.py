"""Invoices as the cast see them: what is overdue first, the filters, the numbers, the ageing report, and new drafts."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.billing.invoices.gaps import series
from core.billing.invoices.worklist import Wanted, worklist
from core.databases import Databases
from core.errors import InvalidInput
from db.session import SYSTEM
from pages.finance.invoices_new import lines_given
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.invoices_made import Invoices, make_invoices
from tests.pages.test_cash import tiles

Dialog = Callable[[str, str], AppTest]


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Invoices:
    """Return the invoices of this module."""
    return make_invoices(databases, cast, clock.now())


def test_before_there_is_any_it_says_where_to_begin(as_person: AsPerson) -> None:
    app = as_person("fiona", "invoices")
    assert not app.exception
    assert "No invoices yet" in words(app)
    assert "Set up who sells" in words(app)
    assert tiles(app)["Overdue"] == "$0"


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_the_first_glance_is_what_is_overdue(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "invoices")
    assert not app.exception
    assert tiles(app) == {"Overdue": "$1,000", "Not due yet": "$600", "Drafts": "$70", "Numbering gaps": "0"}
    assert len(app.get("plotly_chart")) == 1
    rows = app.dataframe[-1].value
    assert rows["state"].tolist() == [["Overdue"], ["Open"], ["Open"], ["Draft"]]
    assert rows["late"].tolist()[0] == "45 days late"
    assert rows["left"].tolist()[0] == "$1,000.00"
    assert "4 invoices, $1,600.00 left to pay" in words(app)
    assert "New draft" in [button.label for button in app.button]


def test_the_ageing_report_says_who_owes_it_and_for_how_long(as_person: AsPerson, made: Invoices) -> None:
    aged = as_person("sam", "invoices").dataframe[0].value
    assert aged["customer"].tolist()[0] == "Initech"
    assert aged["31-60"].tolist()[0] == "$1,000"
    assert aged["oldest"].tolist()[0] == "45 days"
    assert set(aged["current"].tolist()[1:]) == {"$300"}
    assert made.seller


def test_the_numbers_of_a_seller_run_without_a_gap(as_person: AsPerson, made: Invoices) -> None:
    year = clock.now().year
    said = words(as_person("fiona", "invoices"))
    assert "no gaps" in said
    assert f"{made.seller}-{year}" in said


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ({"state": "Overdue"}, [["Overdue"]]),
        ({"state": "Draft"}, [["Draft"]]),
        ({"customer": "Nova Bank"}, [["Open"]]),
        ({"q": "initech"}, [["Overdue"], ["Draft"]]),
        ({"q": "nobody is called so"}, None),
    ],
)
@pytest.mark.usefixtures("made")
def test_the_address_narrows_the_list(
    as_person: AsPerson, query: dict[str, str], states: list[list[str]] | None
) -> None:
    app = as_person("fiona", "invoices", **query)
    assert not app.exception
    if states is None:
        assert "No invoice matches" in words(app)
    else:
        assert app.dataframe[-1].value["state"].tolist() == states


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("path", ["invoices", "invoice", "invoice-run", "billing"])
@pytest.mark.parametrize("name", ["mia", "vera"])
def test_who_may_not_see_money_does_not_see_it(as_person: AsPerson, name: str, path: str) -> None:
    app = as_person(name, path)
    assert not app.exception
    assert "$" not in words(app)
    assert "Initech" not in words(app)
    assert len(app.dataframe) == 0
    assert "may not see revenue, subscriptions and invoices" in words(app)


@pytest.fixture
def dialog(signed_in: SignedInAs, made: Invoices) -> Dialog:
    """Return a function that opens what a dialog shows, as one of the cast."""

    def open_as(name: str, module: str) -> AppTest:
        signed_in(name)
        script = (
            f"from pages.finance.{module} import body\nfrom pages.parts.session import require_actor\n"
            "body(require_actor())"
        )
        return AppTest.from_string(script, default_timeout=60).run()

    return open_as


def test_a_month_in_which_nothing_begins_is_not_drafted(dialog: Dialog) -> None:
    app = dialog("sam", "invoices_new")
    assert app.button(key="draft-confirm").disabled
    app.selectbox(key="draft-customer").select("Initech").run()
    app.button(key="draft-confirm").click().run()
    assert not app.exception
    assert "Nothing is due for" in words(app)


def test_lines_by_hand_are_read_as_they_were_typed() -> None:
    lines = lines_given(
        [
            {"text": "Training", "quantity": 2.0, "price": "1,250.50"},
            {"text": "", "quantity": 1.0, "price": ""},
        ]
    )
    assert [(one.text, f"{one.quantity:f}", f"{one.unit_price:f}") for one in lines] == [("Training", "2.0", "1250.50")]
    with pytest.raises(InvalidInput, match="Give the price of “Training”"):
        lines_given([{"text": "Training", "quantity": 1.0, "price": "much"}])


def test_pages_of_the_list_follow_each_other_without_a_double(databases: Databases, cast: Cast, made: Invoices) -> None:
    day, seen = clock.now().date(), list[UUID]()
    cursor: str | None = None
    with databases.control.read(SYSTEM) as session:
        whole = worklist(session, cast.fiona, day=day).invoices
        while True:
            page = worklist(session, cast.fiona, day=day, cursor=cursor, limit=1)
            seen += [one.id for one in page.invoices]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [one.id for one in whole]
        assert seen[0] == made.late
        with pytest.raises(InvalidInput, match="belongs to another list"):
            worklist(session, cast.fiona, day=day, cursor="1.2")
        with pytest.raises(InvalidInput, match="There is no state “lost”"):
            worklist(session, cast.fiona, Wanted(standing="lost"), day=day)


def test_the_list_of_a_customer_is_its_own_and_has_no_draft(databases: Databases, cast: Cast, made: Invoices) -> None:
    day = clock.now().date()
    with databases.control.read(SYSTEM) as session:
        assert [one.id for one in worklist(session, cast.otto, day=day).invoices] == [made.ottos]
        others = Wanted(organization_id=made.initech)
        assert worklist(session, cast.otto, others, day=day).invoices == ()


def test_a_month_narrows_to_what_it_bills_or_was_issued_in(databases: Databases, cast: Cast, made: Invoices) -> None:
    day = clock.now().date()
    with databases.control.read(SYSTEM) as session:
        this = worklist(session, cast.fiona, Wanted(month=day.replace(day=1)), day=day).invoices
        assert {made.partly, made.ottos, made.draft} == {one.id for one in this}
        assert worklist(session, cast.fiona, Wanted(month=date(2001, 1, 1)), day=day).invoices == ()
        assert series(session, cast.fiona)[0].lacking == 0
