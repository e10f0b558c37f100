"""Plans as who sets prices, who sells, and who only looks sees them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.billing.charges_priced import charges_of
from core.billing.coupons import coupons
from core.billing.custom_prices import agreed_price, custom_prices
from core.billing.price_lists import price_versions
from core.billing.reads import price_in_force
from core.databases import Databases
from core.money import Money
from core.periods import midnight
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.books_made import Made, make_books
from tests.pages.conftest import AsPerson, SignedInAs, words

Dialog = Callable[[str, str], AppTest]


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module, with books."""
    return make_books(databases, cast, clock.now())


@pytest.fixture
def dialog(signed_in: SignedInAs, made: Made) -> Dialog:
    """Return a function that opens what a dialog shows, as one of the cast."""

    def open_as(name: str, module: str) -> AppTest:
        signed_in(name)
        script = (
            f"from pages.finance.{module} import body\nfrom pages.parts.session import require_actor\n"
            "body(require_actor())"
        )
        return AppTest.from_string(script, default_timeout=60).run()

    return open_as


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(("name", "offered"), [("fiona", True), ("adam", True), ("sam", False)])
def test_who_may_set_prices_is_offered_to(as_person: AsPerson, name: str, offered: bool) -> None:
    app = as_person(name, "plans")
    assert not app.exception
    labels = {button.label for button in app.button}
    assert ({"Change a price", "Set a charge", "Make a coupon"} <= labels) == offered
    assert "Agree on a price" in labels


@pytest.mark.usefixtures("made")
def test_the_calculator_says_what_units_cost_line_by_line(as_person: AsPerson) -> None:
    app = as_person("sam", "plans")
    assert "What would it cost?" in words(app)
    app.selectbox(key="quote-charge").select("Pro: Members").run()
    assert "12 people cost $144.00" in words(app)
    lines = app.dataframe[-1].value
    assert lines["amount"].tolist() == ["$144.00"]
    app.text_input(key="quote-units").input("a dozen").run()
    assert [one.value for one in app.error] == ["Give a number such as 12 or 1,500.5."]


def test_a_price_change_says_whom_it_concerns_before_it_is_made(dialog: Dialog, databases: Databases) -> None:
    app = dialog("adam", "plan_price_change")
    app.text_input(key="price-amount").input("549").run()
    assert not app.exception
    assert "of MRR" in words(app) or "Nobody pays $499.00 by this list now." in words(app)
    first = clock.now().date() + timedelta(days=40)
    app.date_input(key="price-from").set_value(first).run()
    app.button(key="price-confirm").click().run()
    assert not app.exception
    assert not app.error
    with databases.control.read(SYSTEM) as session:
        assert price_in_force(session, "pro", "monthly", "USD", midnight(first)).amount == Money(549_00, "USD")
        assert price_in_force(session, "pro", "monthly", "USD", clock.now()).amount == Money(499_00, "USD")


def test_a_planned_price_stands_among_the_versions(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    app = as_person("fiona", "plans")
    with databases.control.read(SYSTEM) as session:
        planned = [one for one in price_versions(session, cast.fiona) if one.price.valid_from > clock.now()]
    frame = next(each.value for each in app.dataframe if "since" in each.value and "amount" in each.value)
    assert frame["state"].tolist().count("Planned") == len(planned)


def test_a_price_is_agreed_on_with_one_customer(
    dialog: Dialog, as_person: AsPerson, databases: Databases, cast: Cast
) -> None:
    app = dialog("sam", "plan_deals")
    app.selectbox(key="deal-customer").select("Initech")
    app.text_input(key="deal-amount").input("20,000")
    app.text_input(key="deal-reason").input("Three years signed").run()
    app.button(key="deal-confirm").click().run()
    assert not app.exception
    assert not app.error
    with databases.control.read(SYSTEM) as session:
        (deal,) = custom_prices(session, cast.fiona)
        asked = agreed_price(session, deal.organization_id, "enterprise", "annual", "USD", clock.now())
    assert (deal.customer, asked.amount, asked.custom) == ("Initech", Money(20_000_00, "USD"), True)
    shown = next(each.value for each in as_person("sam", "plans").dataframe if "reason" in each.value)
    assert shown["price"].tolist() == ["$20,000 a year"]
    assert shown["state"].tolist() == ["In force"]


def test_a_coupon_is_made(dialog: Dialog, as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    app = dialog("fiona", "plan_coupons")
    app.text_input(key="coupon-code").input("spring-26")
    app.text_input(key="coupon-label").input("Spring")
    app.text_input(key="coupon-value").input("20").run()
    app.button(key="coupon-confirm").click().run()
    assert not app.exception
    assert not app.error
    with databases.control.read(SYSTEM) as session:
        (kept,) = coupons(session, cast.fiona)
    assert (kept.terms.code, str(kept.terms.percent), kept.terms.months) == ("SPRING-26", "20", 3)
    shown = next(each.value for each in as_person("sam", "plans").dataframe if "code" in each.value)
    assert shown[["code", "off", "lasts", "state"]].values.tolist() == [["SPRING-26", "20%", "3 months", "Open"]]


def test_a_usage_charge_is_set_and_a_wrong_one_is_told(dialog: Dialog, databases: Databases) -> None:
    app = dialog("fiona", "plan_usage_change")
    app.selectbox(key="charge-meter").select("projects")
    app.button(key="charge-confirm").click().run()
    assert [one.value for one in app.error] == ["“price” is missing: give a decimal number as text, such as 0.05."]
    app.text_input(key="charge-price").input("7.50").run()
    app.button(key="charge-confirm").click().run()
    assert not app.exception
    assert not app.error
    with databases.control.read(SYSTEM) as session:
        later = charges_of(session, "pro", clock.now() + timedelta(days=2), "USD")
    assert "projects" in {one.meter for one in later}
