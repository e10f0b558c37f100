"""Links between screens, pages of long lists, and controls taken back: what the address says stays true."""

from typing import Any

from streamlit.testing.v1 import AppTest


def _here(path: str) -> None:
    import streamlit as st

    from pages.parts import links
    from pages.parts.registry import SCREENS

    st.navigation([links.page_of(screen) for screen in SCREENS], position="hidden")
    links.arrive(links.to(path))
    links.customer("Acme *Ltd*", "inst-1", icon="domain")


def test_a_link_to_another_screen_is_a_link() -> None:
    app = AppTest.from_function(_here, kwargs={"path": "customers"}).run()
    [link] = app.get("page_link")
    assert (link.proto.page, link.proto.query_string) == ("customer", "install_id=inst-1")
    assert link.proto.label == r"Acme \*Ltd\*"


def test_a_link_to_the_screen_itself_is_a_button_that_changes_the_address() -> None:
    app = AppTest.from_function(_here, kwargs={"path": "customer"}).run()
    assert app.get("page_link") == []
    app.button[0].click().run()
    assert app.query_params["install_id"] == "inst-1"


def _paged(of: str) -> None:
    import streamlit as st

    from pages.parts import paging

    following: dict[str | None, str | None] = {None: "second", "second": "third", "third": None}
    cursor = paging.cursor("rows", of)
    st.text(str(cursor))
    paging.controls("rows", following[cursor], noun="rows")


def _at(app: AppTest) -> tuple[str, str]:
    return app.text[0].value, app.caption[0].value


def test_a_long_list_is_walked_forth_and_back() -> None:
    app = AppTest.from_function(_paged, kwargs={"of": "all"}).run()
    assert _at(app) == ("None", "Page 1 of rows")
    assert app.button(key="rows-back").disabled
    app.button(key="rows-on").click().run()
    app.button(key="rows-on").click().run()
    assert _at(app) == ("third", "Page 3 of rows")
    assert app.button(key="rows-on").disabled
    app.button(key="rows-back").click().run()
    assert _at(app) == ("second", "Page 2 of rows")


def _narrowed() -> None:
    import streamlit as st

    from pages.parts import paging

    of = st.text_input("of", "all")
    st.text(str(paging.cursor("rows", of)))
    paging.controls("rows", "second", noun="rows")


def test_another_filter_begins_at_the_first_page() -> None:
    app = AppTest.from_function(_narrowed).run()
    app.button(key="rows-on").click().run()
    assert app.text[0].value == "second"
    app.text_input[0].set_value("trials").run()
    assert app.text[0].value == "None"


def _controls() -> None:
    import streamlit as st

    from pages.parts import filters

    st.session_state["seen"] = (
        filters.search("Search"),
        filters.at_most_one("Show", ["Trial", "At risk"], key="show"),
        filters.order({"mrr": "Highest MRR", "name": "Name"}),
    )
    filters.clear("Show all", "q", "show")


def test_controls_come_from_the_address_and_can_be_taken_back() -> None:
    app: Any = AppTest.from_function(_controls)
    app.query_params["q"] = "acme"
    app.query_params["show"] = "At risk"
    app.query_params["sort"] = "Name"
    app.run()
    assert app.session_state["seen"] == ("acme", "At risk", "name")
    app.button(key="clear-filters").click().run()
    assert app.session_state["seen"] == ("", None, "name")
