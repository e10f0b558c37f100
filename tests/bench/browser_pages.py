"""What a person waits for in Chromium, from the click in the navigation: `python -m tests.bench.browser_pages`.

Each screen is opened from another one, so that its script runs anew, and counts as there once Streamlit has finished
its run and every chart and table has something drawn in it. The peer is the quickest screen of the same run.
"""

import argparse
import statistics
import sys
import time

from pages.parts.registry import SCREENS
from tests.browser.driving import Page, chromium, enter, playing
from tests.running import running_calos

WHO = "fiona"
# Streamlit has finished, and no chart is still empty.
DRAWN = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (!app || app.getAttribute('data-test-script-state') !== 'notRunning') return false;
    const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
    return charts.every((one) => one.querySelector('.main-svg'));
}"""


def opened(page: Page, title: str) -> float:
    """Return the seconds from the click on a screen's name until its heading and all it shows are there."""
    began = time.perf_counter()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for(timeout=30_000)
    page.wait_for_function(DRAWN, timeout=30_000)
    return time.perf_counter() - began


def measure(url: str, times: int) -> None:
    """Print every screen of the navigation, the first click apart."""
    shown = [screen.title for screen in SCREENS if not screen.hidden and screen.path != "culture"]
    with playing() as playwright, chromium(playwright) as browser:
        page = enter(browser, url, WHO)
        first = {title: opened(page, title) for title in shown[1:] + shown[:1]}
        took = {title: list[float]() for title in shown}
        for _ in range(times):
            for title in shown:
                took[title].append(opened(page, title))
        page.context.close()
    medians = {title: statistics.median(each) for title, each in took.items()}
    quickest = min(medians.values())
    sys.stdout.write("milliseconds from a click until a screen is drawn in Chromium, min median max\n")
    for title, each in took.items():
        low, high = min(each) * 1000, max(each) * 1000
        sys.stdout.write(
            f"{title:16} first {first[title] * 1000:5.0f}  then {low:5.0f} {medians[title] * 1000:5.0f} {high:5.0f}  "
            f"{medians[title] / quickest:4.1f} of the quickest\n"
        )


def main() -> None:
    """Measure the demo world."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=5)
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--url", help="of a Calos that runs already, with fiona in it; else the demo world is started")
    given = asked.parse_args()
    times = 2 if given.quick else given.times
    if given.url:
        measure(given.url, times)
        return
    with running_calos(CALOS_DEMO="1") as calos:
        calos.start()
        calos.wait_until_ready()
        measure(calos.url, times)


if __name__ == "__main__":
    main()
