"""The metric policy as the cast see it: each question, what its answers would change, and one put in force."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.agreements import act
from core.databases import Databases
from core.finance.policy import SWITCHES, MetricPolicy
from core.finance.policy_reads import policy_in_force, policy_versions
from core.finance.policy_writes import set_switch
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.finance.shop import Shop
from tests.pages.conftest import AsPerson, SignedInAs, words


@pytest.fixture(scope="module", autouse=True)
def paused(databases: Databases, cast: Cast) -> None:
    """Have one customer paused, who is worth nothing by the standard."""
    now = clock.now() - timedelta(days=100)
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, now)
        sold = shop.sell(shop.customer("On leave"), 300_00, now + timedelta(hours=1))
        act(session, cast.sam, sold.id, "pause", now=now + timedelta(days=1))


@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_every_question_with_what_its_answers_would_change(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "policy")
    assert not app.exception
    said = words(app)
    for switch in SWITCHES:
        assert switch.question in said
    assert "ProfitWell" in said
    assert "MRR" in said
    assert ("choose-paused-counts" in {button.key for button in app.button}) == (name != "sam")


@pytest.mark.parametrize("name", ["mia", "vera"])
def test_who_does_not_see_money_does_not_see_it(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "policy")
    assert not app.exception
    assert "$" not in words(app)


@pytest.fixture
def restored(databases: Databases, cast: Cast) -> Iterator[None]:
    """Put the standard back in force: other tests of this database read their figures by it."""
    yield
    with databases.control.write(SYSTEM) as session:
        if policy_in_force(session).policy != MetricPolicy():
            set_switch(session, cast.fiona, "paused", "zero", reason="Back to the standard", now=clock.now())


@pytest.mark.usefixtures("restored")
def test_a_choice_is_put_in_force_with_a_reason(signed_in: SignedInAs, databases: Databases, cast: Cast) -> None:
    signed_in("fiona")
    form = (
        "from core.finance.policy_figures import compared\n"
        "from pages.finance.policy_switches import body\n"
        "from pages.parts.load import load, minute\n"
        "from pages.parts.session import require_actor\n"
        "actor = require_actor()\n"
        "body(actor, load(compared, actor, as_of=minute()), 'paused', 'counts')"
    )
    app = AppTest.from_string(form, default_timeout=60).run()
    assert not app.exception
    assert "MRR" in app.info[0].value
    assert app.button(key="policy-confirm").disabled
    app.text_input(key="policy-why").input("Pauses are short").run()
    app.button(key="policy-confirm").click().run()
    with databases.control.read(SYSTEM) as reading:
        version = policy_versions(reading, cast.fiona)[0]
    assert (version.policy.paused, version.reason) == ("counts", "Pauses are short")
