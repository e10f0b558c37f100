"""A subscription's dialog: how it stands, what each act would do to MRR, and the act done with a reason."""

from datetime import timedelta
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.billing.reads import chain_of
from core.billing.scheduled import waiting
from core.databases import Databases
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.finance.shop import Shop
from tests.pages.conftest import SignedInAs, words


@pytest.fixture
def sold(databases: Databases, cast: Cast) -> UUID:
    """Sell one at $300 a month, forty days ago."""
    at = clock.now() - timedelta(days=40)
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, at)
        return shop.sell(shop.customer("Stays awhile"), 300_00, at).id


def opened(which: UUID) -> AppTest:
    """Open the dialog's body."""
    form = (
        "from uuid import UUID\nfrom pages.finance.subscription_detail import body\n"
        f"from pages.parts.session import require_actor\nbody(require_actor(), UUID('{which}'))"
    )
    return AppTest.from_string(form, default_timeout=60).run()


def chosen(app: AppTest, which: UUID, what: str) -> AppTest:
    """Choose an act."""
    return app.segmented_control(key=f"act-{which}").set_value(what).run()


def test_an_act_says_what_it_moves_and_is_done_with_a_reason(
    signed_in: SignedInAs, databases: Databases, cast: Cast, sold: UUID
) -> None:
    signed_in("sam")
    app = opened(sold)
    assert not app.exception
    assert "Stays awhile" in words(app)
    app = chosen(app, sold, "Pause")
    assert not app.exception
    assert "churn" in app.info[0].value
    assert app.button(key="act-confirm").disabled
    app.text_input(key="act-why").input("on leave").run()
    app.button(key="act-confirm").click().run()
    with databases.control.read(SYSTEM) as session:
        assert chain_of(session, cast.fiona, sold)[-1].phase == "paused"


def test_a_cancellation_waits_and_is_taken_back(signed_in: SignedInAs, databases: Databases, sold: UUID) -> None:
    signed_in("sam")
    app = chosen(opened(sold), sold, "Cancel")
    app.text_input(key="act-why").input("budget").run()
    app.button(key="act-confirm").click().run()
    with databases.control.read(SYSTEM) as session:
        assert [one.act for one in waiting(session, [sold])] == ["cancel"]
    app = chosen(opened(sold), sold, "Take the cancellation back")
    app.text_input(key="act-why").input("they stay").run()
    app.button(key="act-confirm").click().run()
    with databases.control.read(SYSTEM) as session:
        assert waiting(session, [sold]) == ()
