"""Many licenses at once, from the ticks in the list to what became of each."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.reads import customer
from core.databases import Databases
from core.licensing.reads import license_by_install, search
from core.licensing.writes import resume
from db.session import SYSTEM
from pages.parts.columns import key_of
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs
from tests.pages.customers_made import Made, make_customers
from tests.pages.licenses_made import press


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module: Initech pays, Nova Bank tries, Oscorp *Labs* is suspended."""
    return make_customers(databases, cast, clock.now())


@pytest.fixture(autouse=True)
def as_they_were(databases: Databases, cast: Cast, made: Made) -> Iterator[None]:
    """Resume afterwards what a test suspended."""
    yield
    for each in (made.paying, made.trial):
        with databases.control.write(SYSTEM) as session:
            if license_by_install(session, cast.fiona, each.install_id, now=clock.now()).suspended_at is not None:
                resume(session, cast.adam, each.install_id, reason="the test is over", now=clock.now())


def _many(install_ids: list[str]) -> None:
    from core.licensing.reads import license_by_install
    from pages.customers import license_many
    from pages.parts import session
    from pages.parts.load import load, minute

    actor = session.require_actor()
    license_many.body(actor, tuple(load(license_by_install, actor, each, now=minute()) for each in install_ids))


def many(signed_in: SignedInAs, name: str, *install_ids: str) -> AppTest:
    signed_in(name)
    return AppTest.from_function(_many, kwargs={"install_ids": list(install_ids)}, default_timeout=30).run()


def ticks(app: AppTest, databases: Databases, cast: Cast, key: str, *places: int) -> AppTest:
    with databases.control.read(SYSTEM) as session:
        ids = [each.install_id for each in search(session, cast.fiona, now=clock.now()).items]
    app.session_state[key_of(ids, key)] = {"selection": {"rows": list(places), "columns": [], "cells": []}}
    return app.run()


def test_ticked_rows_lead_to_the_dialog(as_person: AsPerson, made: Made, databases: Databases, cast: Cast) -> None:
    app = as_person("adam", "licenses")
    assert app.button(key="any-act").disabled
    app = ticks(app, databases, cast, "any", 0, 2)
    assert app.button(key="any-act").label == "Act on 2 licenses"
    app.button(key="any-act").click().run()
    assert not app.exception
    assert "2 licenses of 2 customers" in app.warning[0].value


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("fiona", ["Suspend", "Resume", "Revoke", "Reinstate", "Renew"]),
        ("adam", ["Suspend", "Resume", "Revoke", "Reinstate", "Renew"]),
        ("sam", ["Renew"]),
    ],
)
def test_only_acts_of_the_role_are_offered(signed_in: SignedInAs, made: Made, name: str, offered: list[str]) -> None:
    app = many(signed_in, name, made.paying.install_id)
    assert app.segmented_control(key="many-act").options == offered


def test_who_may_do_none_has_no_ticks(as_person: AsPerson, made: Made, databases: Databases, cast: Cast) -> None:
    app = ticks(as_person("mia", "licenses"), databases, cast, "any", 0)
    assert "any-act" not in {button.key for button in app.button}


def test_each_is_done_or_refused_with_its_sentence(
    signed_in: SignedInAs, made: Made, databases: Databases, cast: Cast
) -> None:
    app = many(signed_in, "adam", made.paying.install_id, made.suspended.install_id, made.trial.install_id)
    assert "3 licenses of 3 customers" in app.warning[0].value
    assert "of MRR" in app.warning[0].value
    app.button(key="many-confirm").click().run()
    assert "Say why" in app.error[0].value
    app.text_area(key="many-reason").set_value("unpaid").run()
    press(app, "many-confirm")
    assert "2 done, 1 refused" in app.warning[0].value
    rows = app.dataframe[0].value
    assert rows["install"].iloc[0] == made.suspended.install_id
    assert "is suspended already" in rows["why"].iloc[0]
    with databases.control.read(SYSTEM) as session:
        for each in (made.paying, made.trial):
            shown = customer(session, cast.fiona, each.organization_id, now=clock.now())
            assert shown.status == "suspended"


def test_what_has_no_end_is_not_renewed(signed_in: SignedInAs, made: Made) -> None:
    app = many(signed_in, "sam", made.paying.install_id, made.trial.install_id)
    app.segmented_control(key="many-for").set_value("Days").run()
    app.text_area(key="many-reason").set_value("agreed").run()
    press(app, "many-confirm")
    assert "1 done, 1 refused" in app.warning[0].value
    assert "has no end" in app.dataframe[0].value["why"].iloc[0]
