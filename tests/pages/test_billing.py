"""Billing setup and runs as the cast see them: who sells, how customers are billed, reminders, a month for all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.invoice_runs import begin_run, work
from core.billing.invoices.addresses import Address
from core.billing.invoices.dunning import steps
from core.billing.invoices.profiles import profile_of
from core.billing.invoices.runs import run_by_id
from core.billing.invoices.sellers import sellers
from core.databases import Databases
from core.errors import InvalidInput
from core.periods import midnight
from db.session import SYSTEM
from pages.finance.billing_reminders import steps_given
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.test_cash import tiles

Dialog = Callable[..., AppTest]


@dataclass(frozen=True)
class Made:
    """Two customers with a subscription, one of them in nobody knows which country."""

    abroad: UUID
    nowhere: UUID
    month: datetime


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Sell to two customers since the first of this month."""
    now = clock.now()
    month = midnight(now.date().replace(day=1))
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, now)
        abroad, nowhere = shop.customer(ABROAD), shop.customer(Address("Nowhere Ltd"))
        for whom in (abroad, nowhere):
            shop.sell(whom, 49_900, month)
    return Made(abroad, nowhere, month)


@pytest.fixture
def dialog(signed_in: SignedInAs) -> Dialog:
    """Return a function that opens what a dialog shows, as one of the cast."""

    def open_as(name: str, module: str, more: str = "") -> AppTest:
        signed_in(name)
        script = (
            f"from pages.finance.{module} import body\nfrom pages.parts.session import require_actor\n"
            f"body(require_actor(){more})"
        )
        return AppTest.from_string(script, default_timeout=60).run()

    return open_as


def test_before_anybody_sells_it_says_so(as_person: AsPerson) -> None:
    app = as_person("fiona", "billing")
    assert not app.exception
    assert "Nobody sells yet" in words(app)
    assert "No month was billed yet" in words(as_person("sam", "invoice-run"))


def test_a_seller_is_added_by_who_may_issue(dialog: Dialog, databases: Databases, cast: Cast) -> None:
    app = dialog("adam", "billing_sellers", ", None")
    app.text_input(key="seller-name").input("Calos Ltd")
    app.text_input(key="seller-prefix").input("calos")
    app.button(key="seller-confirm").click().run()
    assert app.error[0].value.startswith("Give the seller's country")
    app.text_input(key="seller-country").input("ie")
    app.text_input(key="seller-bank").input("Bank of Dublin")
    app.text_input(key="seller-iban").input("IE29AIBK93115212345678")
    app.button(key="seller-confirm").click().run()
    assert not app.exception
    assert not app.error
    with databases.control.read(SYSTEM) as session:
        [found] = sellers(session, cast.fiona)
    assert (found.prefix, found.address.country, found.net_days) == ("CALOS", "IE", 30)
    assert found.bank is not None
    assert found.bank.iban == "IE29AIBK93115212345678"
    refused = dialog("sam", "billing_sellers", ", None")
    refused.text_input(key="seller-name").input("Sam & Sons")
    refused.text_input(key="seller-country").input("US")
    refused.text_input(key="seller-prefix").input("SAM")
    refused.button(key="seller-confirm").click().run()
    assert "may not issue, void and credit invoices" in refused.error[0].value


@pytest.mark.usefixtures("made")
def test_who_may_change_what_is_offered(as_person: AsPerson) -> None:
    sam, adam = as_person("sam", "billing"), as_person("adam", "billing")
    assert "Add a seller" not in {button.label for button in sam.button}
    assert {"Add a seller", "Change", "Save the schedule"} <= {button.label for button in adam.button}
    assert "Reminder: invoice {number}" in words(sam)


def test_a_country_that_is_missing_is_added(as_person: AsPerson, databases: Databases, cast: Cast, made: Made) -> None:
    app = as_person("sam", "billing", customer="Nowhere Ltd")
    assert "can't be billed" in app.warning[0].value
    key = f"profile-{made.nowhere}"
    app.text_input(key=f"{key}-country").input("D1").run()
    app.button(key="profile-confirm").click().run()
    assert app.error[0].value == "Give the country as two letters, such as DE."
    app.text_input(key=f"{key}-email").input("ap@nowhere.test")
    app.text_input(key=f"{key}-country").input("").run()
    app.button(key="profile-confirm").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        found = profile_of(session, cast.fiona, made.nowhere)
    assert (found.address.email, found.address.country) == ("ap@nowhere.test", "")


def test_a_step_without_days_is_refused(databases: Databases) -> None:
    with databases.control.read(SYSTEM) as session:
        known = steps(session)
    assert steps_given([vars(one) for one in known]) == list(known)
    with pytest.raises(InvalidInput, match="after how many days"):
        steps_given([{"days": None, "subject": "Please", "words": "Pay"}])


def test_a_run_is_looked_at_and_then_let_out(
    as_person: AsPerson, dialog: Dialog, databases: Databases, cast: Cast, made: Made
) -> None:
    with databases.control.write(SYSTEM) as session:
        run_id = begin_run(session, cast.sam, made.month, now=clock.now())
    under_way = as_person("sam", "invoice-run")
    assert not under_way.exception
    assert "It goes on when you leave this page" in words(under_way)
    work(databases, run_id, clock=clock.now)
    app = as_person("fiona", "invoice-run")
    assert not app.exception
    shown = tiles(app)
    assert (shown["Comes to"], shown["Customers billed"], shown["Can't be billed"]) == ("$499.00", "1", "1")
    said = words(app)
    assert "Nobody knows in which country Nowhere Ltd is" in said
    assert "Billing profile" in said
    assert "Finalize the run" in {button.label for button in app.button}
    assert "Finalize the run" not in {button.label for button in as_person("sam", "invoice-run").button}
    _finalize(dialog, run_id)
    work(databases, run_id, clock=clock.now)
    with databases.control.read(SYSTEM) as session:
        assert run_by_id(session, cast.fiona, run_id).stage == "finalized"
    assert "All of it is out since" in words(as_person("fiona", "invoice-run"))


def _finalize(dialog: Dialog, run_id: UUID) -> None:
    read = f"__import__('core.billing.invoices.runs', fromlist=['x']).run_by_id, a, __import__('uuid').UUID('{run_id}')"
    loaded = "__import__('pages.parts.load', fromlist=['x']).fresh"
    app = dialog("adam", "invoice_run_figures", f", (lambda a: {loaded}({read}))(require_actor())")
    assert "$499.00" in words(app)
    assert "left out" in app.warning[0].value
    app.button(key="finalize-run-confirm").click().run()
    assert not app.exception
    assert not app.error
