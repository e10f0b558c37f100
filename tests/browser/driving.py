"""Chromium as tests and pictures use it: started, signed in as one of the cast, and waited for until a page is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from scripts.install_browser import installed
from tests.cast import PASSWORD

__all__ = ["Browser", "Page", "Playwright", "chromium", "enter", "playing", "settled"]

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE_MS = 30_000


@contextmanager
def playing() -> Iterator[Playwright]:
    """Start Playwright."""
    with sync_playwright() as made:
        yield made


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium: Debian's, or else Playwright's own."""
    made = playwright.chromium.launch(executable_path=installed(), args=ARGUMENTS)
    yield made
    made.close()


def enter(browser: Browser, url: str, name: str, *, width: int = 1440, height: int = 1000, dark: bool = False) -> Page:
    """Sign in as one of the cast in a browser context of their own; whoever calls closes `page.context`."""
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Email", exact=True).fill(f"{name}@calos.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until Streamlit has finished its run."""
    page.wait_for_selector(READY, timeout=PATIENCE_MS)
    page.wait_for_timeout(150)
    page.wait_for_selector(READY, timeout=PATIENCE_MS)
