"""Vera's visit: the investor looks around; she finds no money, no questions, and nothing that changes anything."""

import re
from typing import Final

from playwright.sync_api import Page, expect

from core.access.permissions import ROLE_PERMISSIONS, Role
from pages.parts.registry import SCREENS
from tests.browser.conftest import SignIn
from tests.browser.steps import MONEY, arrived, customer_names, drawer, main, open_row, said, table, untroubled, visit

DEMO_INSTALL: Final = "demo-install-abc123456789abcdef"
OF_ONE: Final = {
    f"/customer?install_id={DEMO_INSTALL}": "Demo Customer",
    f"/culture?install_id={DEMO_INSTALL}": "Demo Customer",
    f"/usage?install_id={DEMO_INSTALL}": "Demo Customer",
}
# Every button that a viewer may meet: it explains, narrows, opens or leafs. Any other one needs a look here first.
HARMLESS: Final = re.compile(
    r"About .*|Help.*|What .*|How.*|\d+ more|Show more|Earlier|Open|Close|(Previous|Next)( .*)?|All .*|Another customer"
    # Through the list of upsells, and that list by mail to oneself.
    r"|Go through them .*|By mail"
    r"|(Show/hide columns|Download as CSV|Search|Fullscreen):.*|.* (Judged|Inferred|Observed)"
    # Chips of a timeline, and gauges.
    r"|License|Phone home|Upsells|Support|People|Customer|(API calls|Storage|Bandwidth|Members|Projects|Compute)\b.*"
)
_SEEN: Final = [one for one in SCREENS if one.permission in ROLE_PERMISSIONS[Role.VIEWER]]


def test_she_sees_no_money_and_nothing_that_changes_anything(sign_in: SignIn) -> None:
    page = sign_in("vera")
    customers = customer_names(page.request)
    offered = [one.title for one in _SEEN if not one.hidden]
    assert "Ask" not in offered
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(len(offered))
    for title in offered:
        visit(page, title)
        _look_at(page, customers)
    for path, title in OF_ONE.items():
        page.goto(path)
        arrived(page, title)
        _look_at(page, customers)
    visit(page, "Upsells")
    open_row(table(page, "Upsells with"))
    with drawer(page) as opened:
        _only_harmless(opened.aria_snapshot(), customers)
        assert not MONEY.search(opened.inner_text())
        page.keyboard.press("Escape")


def test_addresses_that_are_not_hers_say_so(sign_in: SignIn) -> None:
    page = sign_in("vera")
    for screen in SCREENS:
        if screen not in _SEEN:
            page.goto(f"/{screen.path}")
            arrived(page, screen.title)
            sentence = screen.permission.denial("viewer")
            expect(main(page).get_by_role("alert").get_by_text(sentence, exact=True)).to_be_visible()
            # The screen, its title, the refusal and its sentence: nothing else.
            assert len(main(page).aria_snapshot().splitlines()) == 4
    expect(page.get_by_role("dialog")).to_have_count(0)


def _look_at(page: Page, customers: set[str]) -> None:
    untroubled(page)
    told = said(page)
    money = MONEY.search(told)
    assert money is None, f"{page.url} tells money: {told[max(0, money.start() - 80) : money.end() + 40]}"
    _only_harmless(told, customers)


def _only_harmless(told: str, customers: set[str]) -> None:
    """Check the buttons of what a screen tells; the name of a customer opens them."""
    names = set(re.findall(r'- \'?button "((?:[^"\\]|\\.)*)"', told)) - customers
    other = {name for name in names if not HARMLESS.fullmatch(name)}
    assert not other, f"a viewer is offered {other}"
