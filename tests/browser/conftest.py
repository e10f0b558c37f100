"""A whole Calos with the demo world and a Chromium to use it with, both started once for the browser tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser import driving
from tests.running import Running, running_calos

# Signs in as a person of the cast (`fiona`) and returns a page of a browser context of their own.
SignIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all browser tests on one worker: they share one Calos."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            # The first one waits for the demo world as well, which takes minutes where others keep the machine busy.
            item.add_marker(pytest.mark.timeout(600))
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def calos() -> Iterator[Running]:
    """Yield a running Calos with its demo world."""
    with running_calos(CALOS_DEMO="1") as made:
        made.start()
        made.wait_until_ready()
        yield made


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright."""
    # A busy machine is slow, and that alone is no failure.
    expect.set_options(timeout=driving.PATIENCE_MS)
    with driving.playing() as made:
        yield made


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Yield Chromium."""
    with driving.chromium(playwright) as made:
        yield made


@pytest.fixture
def sign_in(browser: Browser, calos: Running) -> Iterator[SignIn]:
    """Yield a function that signs in as one of the cast: `sign_in("fiona", width=390, dark=True)`."""
    contexts = []

    def opened(name: str, **window: Any) -> Page:
        page = driving.enter(browser, calos.url, name, **window)
        contexts.append(page.context)
        return page

    yield opened
    for context in contexts:
        context.close()
