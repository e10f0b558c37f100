"""Take the pictures of the documentation: every screen with the demo world, light, dark and on a phone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import click

from pages.parts.registry import SCREENS
from tests.browser.driving import Browser, Page, chromium, enter, playing, settled
from tests.running import running_calos

FOLDER: Final = Path(__file__).parents[1] / "docs" / "images"
LARGEST_BYTES: Final = 250_000
WHO: Final = "fiona"
CUSTOMER: Final = "Northwind Markets"
# Screens that show one customer, and so need to be told which.
OF_ONE: Final = frozenset({"customer", "culture", "brand"})
# What a screen is asked before its picture is taken.
ASKED: Final = {"ask": {"q": "What's driving our cost increase?"}}
# Width, height and theme by the end of the file's name.
VIEWS: Final[dict[str, tuple[int, int, bool]]] = {
    "light": (1440, 1000, False),
    "dark": (1440, 1000, True),
    "phone": (390, 844, False),
}


@click.command()
@click.option("--url", help="Of a Calos that runs already with its demo world; else one is started for the pictures.")
@click.option("--only", multiple=True, help="Name a screen by its address; may be given again. All without it.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Where to.")
def main(url: str | None, only: tuple[str, ...], folder: Path) -> None:
    """Write docs/images/<screen>_{light,dark,phone}.png."""
    folder.mkdir(parents=True, exist_ok=True)
    with _product(url) as address, playing() as playwright, chromium(playwright) as browser:
        large = [path for view in VIEWS for path in _take(browser, address, folder, view, only) if _too_large(path)]
    for path in large:
        click.echo(f"{path.name} is {path.stat().st_size:,} bytes; a picture should stay below {LARGEST_BYTES:,}.")
    if large:
        sys.exit(1)


@contextmanager
def _product(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with running_calos(CALOS_DEMO="1") as made:
        made.start()
        click.echo("Building the demo world …")
        made.wait_until_ready()
        yield made.url


def _take(browser: Browser, url: str, folder: Path, view: str, only: tuple[str, ...]) -> Iterator[Path]:
    width, height, dark = VIEWS[view]
    page = enter(browser, url, WHO, width=width, height=height, dark=dark)
    page.emulate_media(reduced_motion="reduce")
    for name, address in _addresses(_install_id(page), _invoice_id(page)):
        if not only or name in only:
            page.goto(address)
            yield _picture(page, folder / f"{name}_{view}.png")
    if not only or "sign_in" in only:
        page.context.clear_cookies()
        page.goto("/login")
        page.wait_for_load_state("networkidle")
        yield _shot(page, folder / f"sign_in_{view}.png")
    page.context.close()


def _addresses(install_id: str, invoice_id: str) -> Iterator[tuple[str, str]]:
    asked_by = {**ASKED, "invoice": {"id": invoice_id}, **{path: {"install_id": install_id} for path in OF_ONE}}
    for screen in SCREENS:
        asked = asked_by.get(screen.path, {})
        yield screen.path, f"/{screen.path}?{urlencode(asked)}" if asked else f"/{screen.path}"
    yield "culture_choice", "/culture"


def _install_id(page: Page) -> str:
    answer = page.request.get("/api/enterprise/customers", params={"q": CUSTOMER})
    found: str = answer.json()["customers"][0]["installId"]
    return found


def _invoice_id(page: Page) -> str:
    found: str = page.request.get("/api/invoices", params={"overdue": "true"}).json()["invoices"][0]["id"]
    return found


def _picture(page: Page, path: Path) -> Path:
    """Wait for what comes after Streamlit's run too: fonts, charts and tables that draw themselves."""
    settled(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(800)
    return _shot(page, path)


def _shot(page: Page, path: Path) -> Path:
    # Where nothing answers to a pointer.
    page.mouse.move(page.viewport_size["width"] // 2 if page.viewport_size else 0, 2)
    page.screenshot(path=path, animations="disabled")
    click.echo(path.name)
    return path


def _too_large(path: Path) -> bool:
    return path.stat().st_size > LARGEST_BYTES


if __name__ == "__main__":
    main()
