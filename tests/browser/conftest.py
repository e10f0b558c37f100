"""A whole Calos with the demo world and a Chromium to use it with, both started once for the browser tests."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from scripts.install_browser import installed
from tests.running import Running, running_calos

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PASSWORD = "calos-demo-password"
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'

# Signs in as a person of the cast (`fiona`) and returns a page of a browser context of their own.
SignIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all browser tests on one worker: they share one Calos."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def calos() -> Iterator[Running]:
    """Yield a running Calos with its demo world."""
    with running_calos(CALOS_DEMO="1") as made:
        made.start()
        made.wait_until_ready()
        yield made


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Yield Chromium: Debian's, or else Playwright's own."""
    made = playwright.chromium.launch(executable_path=installed(), args=ARGUMENTS)
    yield made
    made.close()


@pytest.fixture
def sign_in(browser: Browser, calos: Running) -> Iterator[SignIn]:
    """Yield a function that signs in as one of the cast: `sign_in("fiona", width=390, dark=True)`."""
    contexts = []

    def enter(name: str, *, width: int = 1440, height: int = 1000, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=calos.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Email", exact=True).fill(f"{name}@calos.test")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        settled(page)
        return page

    yield enter
    for context in contexts:
        context.close()


def settled(page: Page) -> None:
    """Wait until Streamlit has finished its run."""
    page.wait_for_selector(READY, timeout=30_000)
    page.wait_for_timeout(150)
    page.wait_for_selector(READY, timeout=30_000)
