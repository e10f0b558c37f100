"""What several journeys do: go where the sidebar leads, read what a screen says, and read and open rows of a table."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from playwright.sync_api import APIRequestContext, Locator, Page, expect

from pages.parts.columns import ROW_HEIGHT
from tests.browser.driving import settled

# Dollars, euros and pounds with a number, or a currency's name: what a role without finance must never read.
MONEY = re.compile(r"[$€£]\s?\d|\d\s?[$€£]|\b(USD|EUR|GBP)\b")

T = TypeVar("T")
_LOOKS: Final = 60


def visit(page: Page, title: str) -> None:
    """Follow the sidebar's link to a screen."""
    page.get_by_role("navigation").get_by_role("link", name=title, exact=True).click()
    arrived(page, title)


def arrived(page: Page, title: str | re.Pattern[str]) -> None:
    """Wait until the screen with this title is there in full."""
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
    settled(page)
    # What draws charts and tables is loaded when first needed, so a run may be over before they are drawn.
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def main(page: Page) -> Locator:
    """The screen without the sidebar."""
    return page.get_by_role("main")


def card(page: Page, title: str) -> Locator:
    """The card with this title, and all that is in it."""
    heading = page.get_by_role("heading", name=title, exact=True)
    return main(page).locator('[class*="st-key-card-"]').filter(has=heading)


def tile(page: Page, label: str) -> Locator:
    """The number with this label."""
    return main(page).get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))


def table(page: Page, caption: str) -> Locator:
    """The table whose caption for who can't see it begins so."""
    return page.get_by_role("region", name=re.compile(rf"^{re.escape(caption)}"))


def rows(table: Locator) -> list[dict[str, str]]:
    """The rows of a table that are in sight, each by column, as a screen reader is told them."""
    told = table.locator("canvas tr")
    expect(told.first).to_be_attached()
    head, *body = told.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    return [dict(zip(head, cells, strict=True)) for cells in body]


def cell(table: Locator, words: str) -> Locator:
    """The cells of a table that say exactly this; being painted, they are attached and never visible."""
    return table.get_by_role("gridcell", name=words, exact=True, include_hidden=True)


def open_row(table: Locator, position: int = 0, *, ticked: bool = False) -> None:
    """Click on what opens a row: the first column, which stays in sight, behind the boxes where rows can be ticked."""
    expect(table.locator("canvas tr").first).to_be_attached()
    head = int(table.locator("canvas").nth(1).evaluate("painted => painted.clientHeight"))
    table.click(position={"x": 62 if ticked else 30, "y": head + round((position + 0.5) * ROW_HEIGHT)})


def until(page: Page, read: Callable[[], T], wanted: T) -> None:
    """Wait until what is read from tables is as wanted: what they tell follows what they paint a moment later."""
    for _ in range(_LOOKS):
        if read() == wanted:
            return
        settled(page)
    assert read() == wanted


def said(page: Page) -> str:
    """Everything that the screen tells: its words, charts, and the tables in sight."""
    tables = page.get_by_role("region").filter(has=page.locator("canvas tr"))
    cells = [" | ".join([*row, *row.values()]) for each in tables.all() for row in rows(each)]
    return "\n".join([main(page).aria_snapshot(), *cells])


def customer_names(vendor: APIRequestContext) -> set[str]:
    """Every customer's name, as somebody of the vendor asks the API for them."""
    answer = vendor.get("/api/enterprise/customers", params={"limit": 200}).json()
    assert answer["nextCursor"] is None
    return {each["name"] for each in answer["customers"]}


def untroubled(page: Page) -> None:
    """Check that nothing failed on the screen."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(main(page).get_by_text(re.compile("Failed to load|does not answer|Your role .* may not"))).to_have_count(0)


@contextmanager
def drawer(page: Page) -> Iterator[Locator]:
    """Work in the dialog that has just opened, and wait until it is closed."""
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    settled(page)
    yield dialog
    expect(dialog).to_be_hidden()
    settled(page)
