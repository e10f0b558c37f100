"""One invoice as the cast see it: lines, paper, payments, acts by role and state; and Otto's own in his portal."""

from collections.abc import Callable
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.billing.invoices.credit_notes import credit_notes_of
from core.billing.invoices.reads import invoice_by_id
from core.billing.invoices.states import Invoice
from core.databases import Databases
from core.money import Money
from db.session import SYSTEM
from pages.finance.invoice_payment import effect
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.invoices_made import Invoices, make_invoices
from tests.pages.test_cash import tiles

Dialog = Callable[..., AppTest]


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Invoices:
    """Return the invoices of this module."""
    return make_invoices(databases, cast, clock.now())


@pytest.fixture
def dialog(signed_in: SignedInAs, made: Invoices) -> Dialog:
    """Return a function that opens what a dialog about an invoice shows, as one of the cast."""

    def open_as(name: str, of: UUID, module: str, body: str = "body", more: str = "") -> AppTest:
        signed_in(name)
        script = (
            "from uuid import UUID\n"
            "from core import clock\n"
            f"from pages.finance.{module} import {body}\n"
            "from core.billing.invoices.reads import invoice_by_id\n"
            "from pages.parts.load import fresh\n"
            "from pages.parts.session import require_actor\n"
            "actor = require_actor()\n"
            f"{body}(actor, fresh(invoice_by_id, actor, UUID('{of}')){more})"
        )
        return AppTest.from_string(script, default_timeout=60).run()

    return open_as


def stands(databases: Databases, cast: Cast, invoice_id: UUID) -> Invoice:
    """Return the invoice as it stands."""
    with databases.control.read(SYSTEM) as session:
        return invoice_by_id(session, cast.fiona, invoice_id)


@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_it_says_what_is_left_and_shows_the_paper(as_person: AsPerson, made: Invoices, name: str) -> None:
    app = as_person(name, "invoice", id=str(made.partly))
    assert not app.exception
    shown = tiles(app)
    assert (shown["Left to pay"], shown["Total"], shown["Paid"]) == ("$300.00", "$500.00", "$200.00")
    said = words(app)
    assert "Paid in part" in said
    assert "The paper" in said
    assert "1 page, as the PDF shows it" in said
    assert app.dataframe[0].value["from"].tolist() == ["Written by hand"]
    assert app.dataframe[1].value["amount"].tolist() == ["+$200.00"]
    labels = {button.label for button in app.button}
    assert ("Record a payment" in labels) == (name != "sam")
    assert ({"Credit", "Void", "Give up", "Send by mail"} <= labels) == (name != "sam")
    assert "Pause reminders" in labels


def test_a_draft_is_finalized_or_deleted_by_who_may(as_person: AsPerson, made: Invoices) -> None:
    app = as_person("sam", "invoice", id=str(made.draft))
    labels = {button.label for button in app.button}
    assert "Delete" in labels
    assert "Finalize" not in labels
    assert tiles(app)["To be asked for"] == "$70.00"
    assert {"Delete", "Finalize"} <= {b.label for b in as_person("adam", "invoice", id=str(made.draft)).button}


@pytest.mark.parametrize("named", ["", "what", "00000000-0000-7000-8000-000000000000"])
def test_an_address_that_names_none_leads_back(as_person: AsPerson, made: Invoices, named: str) -> None:
    app = as_person("fiona", "invoice", id=named)
    assert not app.exception
    assert app.warning[0].value.startswith(("The address names no invoice", "There is no such"))
    assert "All invoices" in words(app)
    assert made.late


def test_what_a_payment_will_do_is_said_before_it_is_recorded(databases: Databases, cast: Cast, made: Invoices) -> None:
    of = stands(databases, cast, made.late)
    assert effect(of, Money(40_000, "USD")) == "Pays it in part: $600.00 stays to pay. Booked as cash received."
    assert effect(of, Money(100_000, "USD")) == "Pays it in full. Booked as cash received."
    assert "$5.00 more than is due becomes the customer's credit" in effect(of, Money(100_500, "USD"))
    assert effect(of, Money(0, "USD")) == "Give an amount above zero."


def test_a_payment_in_part_and_then_the_rest(dialog: Dialog, databases: Databases, cast: Cast, made: Invoices) -> None:
    day = ", clock.now().date()"
    app = dialog("adam", made.late, "invoice_payment", more=day)
    app.text_input(key="pay-amount").input("400").run()
    assert "$600.00 stays to pay" in words(app)
    app.button(key="pay-confirm").click().run()
    assert not app.exception
    assert not app.error
    assert stands(databases, cast, made.late).due == Money(60_000, "USD")
    rest = dialog("adam", made.late, "invoice_payment", more=day)
    rest.button(key="pay-confirm").click().run()
    assert stands(databases, cast, made.late).state == "paid"


def test_what_is_no_amount_is_refused_in_a_sentence(dialog: Dialog, made: Invoices) -> None:
    app = dialog("adam", made.partly, "invoice_payment", more=", clock.now().date()")
    app.text_input(key="pay-amount").input("lots").run()
    assert [one.value for one in app.error] == ["Give the amount as a number such as 1250 or 1,250.50."]
    assert "pay-confirm" not in [button.key for button in app.button]


def test_what_is_paid_in_part_can_not_be_voided(dialog: Dialog, made: Invoices) -> None:
    app = dialog("adam", made.partly, "invoice_ending", "void_body")
    assert app.button(key="void-confirm").disabled
    app.text_input(key="void-reason").input("Sent twice").run()
    app.button(key="void-confirm").click().run()
    assert "is settled in part" in app.error[0].value


def test_the_core_refuses_who_may_not_issue(dialog: Dialog, made: Invoices, databases: Databases, cast: Cast) -> None:
    app = dialog("sam", made.draft, "invoice_acts", "finalize_body")
    app.button(key="finalize-confirm").click().run()
    assert "may not issue, void and credit invoices" in app.error[0].value
    assert stands(databases, cast, made.draft).state == "draft"


def test_an_amount_of_a_line_is_credited(dialog: Dialog, databases: Databases, cast: Cast, made: Invoices) -> None:
    app = dialog("adam", made.partly, "invoice_credit")
    app.segmented_control(key="credit-what").set_value("An amount").run()
    app.text_input(key="credit-reason").input("Outage in October").run()
    assert app.button(key="credit-confirm").disabled
    app.text_input(key="credit-amount").input("50").run()
    app.button(key="credit-confirm").click().run()
    assert not app.exception
    assert not app.error
    with databases.control.read(SYSTEM) as session:
        [note] = credit_notes_of(session, cast.fiona, made.partly)
    assert (note.total, note.reason) == (Money(5_000, "USD"), "Outage in October")
    assert stands(databases, cast, made.partly).due == Money(25_000, "USD")


def test_otto_sees_his_own_in_his_portal_and_no_other(
    as_person: AsPerson, databases: Databases, cast: Cast, made: Invoices
) -> None:
    app = as_person("otto", "invoices")
    assert not app.exception
    said = words(app)
    assert "Your invoices" in said
    assert "$300.00 is left to pay, none of it overdue." in said
    rows = app.dataframe[0].value
    number = stands(databases, cast, made.ottos).number
    assert rows["number"].tolist() == [number]
    assert rows["pdf"].tolist() == [f"/api/invoices/{made.ottos}/pdf"]
    assert "Initech" not in said
    assert "Initech" not in rows.to_string()
