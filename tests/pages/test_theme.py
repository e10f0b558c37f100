"""The theme: every text can be read in light and dark, and nothing is fetched from elsewhere."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pages.parts import pills, theme

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3 (AA)
SEEN = 3.0  # WCAG 2.2, 1.4.11 for what is no text, and 1.4.3 for large text


def luminance(color: str) -> float:
    """Relative luminance of a hex color, after WCAG 2.2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read(mode: str) -> None:
    colors = CONFIG["theme"][mode]
    for ground in (colors["backgroundColor"], colors["secondaryBackgroundColor"]):
        assert contrast(colors["textColor"], ground) >= 7
        assert contrast(colors["linkColor"], ground) >= READABLE
    for name in ("red", "orange", "yellow", "green", "blue", "violet", "gray"):
        assert contrast(colors[f"{name}TextColor"], colors[f"{name}BackgroundColor"]) >= READABLE, name
    # #6366f1 is the lightest accent on which white still reads and the darkest that stands out on the dark page.
    assert contrast("#ffffff", colors["primaryColor"]) >= 4.4


@pytest.mark.parametrize("palette", [theme.light(), theme.dark()], ids=["light", "dark"])
def test_what_carries_meaning_in_a_chart_can_be_seen(palette: theme.Palette) -> None:
    for color in (palette.good, palette.warning, palette.bad, palette.accent):
        assert contrast(color, palette.surface) >= SEEN
    assert contrast(palette.muted, palette.surface) >= READABLE


@pytest.mark.parametrize("palette", [theme.SCREEN, theme.light(), theme.dark()], ids=["screen", "light", "dark"])
def test_roles_never_share_a_color(palette: theme.Palette) -> None:
    colors = [*palette.series, palette.good, palette.warning, palette.bad, palette.behind]
    assert len(set(colors)) == len(colors)
    assert len({palette.tier(name) for name in ("enterprise", "pro", "basic", "free")}) == 4


def test_fonts_are_our_own_files() -> None:
    faces = CONFIG["theme"]["fontFaces"]
    assert faces
    for face in faces:
        assert (ROOT / "assets" / "static" / face["url"].removeprefix("/assets/")).is_file()
    assert (ROOT / "assets" / "static" / "fonts" / "LICENSE-Inter.txt").is_file()


def test_nothing_is_fetched_from_elsewhere() -> None:
    for file in (ROOT / ".streamlit" / "config.toml", ROOT / "pages" / "parts" / "look.css"):
        assert "//" not in file.read_text(encoding="utf-8").replace("://www.w3.org/2000/svg", "")


def test_the_server_keeps_to_itself() -> None:
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["toolbarMode"] == "viewer"


def test_an_unknown_status_is_shown_as_it_is() -> None:
    assert pills.word("status", "past_due") == "Past due"
    assert pills.color("status", "past_due") == "orange"
    assert (pills.word("tier", "gold_plus"), pills.color("tier", "gold_plus")) == ("Gold plus", "gray")
    assert pills.cells("priority", ["HIGH", None]) == [["High"], []]
