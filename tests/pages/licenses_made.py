"""License dialogs as tests drive them: their bodies drawn for a person of the cast, their buttons pressed."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from core.licensing.reads import License, license_by_install
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import SignedInAs


def _body(module: str, install_id: str) -> None:
    import importlib

    import streamlit as st

    from core.licensing.reads import installations, license_by_install
    from core.licensing.seats import seats
    from pages.parts import links, session
    from pages.parts.load import load, minute
    from pages.parts.registry import SCREENS

    st.navigation([links.page_of(screen) for screen in SCREENS], position="hidden")
    actor = session.require_actor()
    held = load(license_by_install, actor, install_id, now=minute())
    further: list[Any] = []
    if module == "license_installs":
        further = [load(installations, actor, install_id, now=minute())]
    if module == "license_seats":
        further = [load(seats, actor, install_id, now=minute()).leases]
    importlib.import_module(f"pages.customers.{module}").body(actor, held, *further)


def dialog(signed_in: SignedInAs, name: str, module: str, install_id: str) -> AppTest:
    """Return what the dialog of a module of pages/customers shows a person, after its first run."""
    signed_in(name)
    app = AppTest.from_function(_body, kwargs={"module": module, "install_id": install_id}, default_timeout=30).run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    """Press a button, and run again what a dialog would by itself, which AppTest can't."""
    app.button(key=key).click().run()
    return app if app.error else app.run()


def said(text: str) -> str:
    """Return a sentence without the escapes of Markdown."""
    return text.replace("\\", "")


def held(databases: Databases, cast: Cast, install_id: str) -> License:
    """Return a license as it is now."""
    with databases.control.read(SYSTEM) as session:
        return license_by_install(session, cast.fiona, install_id, now=clock.now())
