"""Colors by the role they play: one palette that follows the reader's theme, one each for light and dark paper."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

# The browser replaces these stand-ins with the colors of config.toml when it draws, so a chart is right at first sight
# in light and dark; st.context.theme is late by one run. They are Streamlit's internals: its version is pinned.
from streamlit.elements.lib import streamlit_plotly_theme as stand_ins

FONT: Final = "Inter, ui-sans-serif, system-ui, sans-serif"
SERIES_COUNT: Final = 6
_CONFIG: Final = Path(__file__).parents[2] / ".streamlit" / "config.toml"
_STYLESHEET: Final = Path(__file__).with_name("look.css")


@dataclass(frozen=True, slots=True)
class Palette:
    """Hex colors by role; `series` holds six, the last of them for "other", `sequential` ten from least to most."""

    text: str
    surface: str
    series: tuple[str, ...]
    good: str
    warning: str
    bad: str
    behind: str
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    @property
    def accent(self) -> str:
        """The one accent: what a chart with a single series is drawn in."""
        return self.series[0]

    @property
    def other(self) -> str:
        """Whatever is not named by itself."""
        return self.series[-1]

    @property
    def muted(self) -> str:
        """Words that stand back: units, ticks, legends."""
        return self.series[-1]

    @property
    def grid(self) -> str:
        """Lines that only help the eye."""
        return translucent(self.behind, 0.4)

    @property
    def track(self) -> str:
        """The empty part of a bar."""
        return translucent(self.behind, 0.35)

    def role(self, name: str) -> str:
        """The color of good, warning, bad, neutral or accent."""
        return {
            "good": self.good,
            "warning": self.warning,
            "bad": self.bad,
            "neutral": self.other,
            "accent": self.accent,
        }[name]

    def tier(self, name: str) -> str:
        """The color of a tier; custom tiers look like enterprise, from which they are made."""
        return self.series[_TIER_SERIES.get(name.lower(), 0)]


_TIER_SERIES: Final[Mapping[str, int]] = {"enterprise": 0, "pro": 1, "basic": 2, "free": SERIES_COUNT - 1}


def translucent(color: str, share: float) -> str:
    """`color` at `share` of its strength, as eight hex digits (which survive the browser's replacement)."""
    return f"{color}{round(share * 255):02x}"


def _numbered(prefix: str) -> tuple[str, ...]:
    return tuple(getattr(stand_ins, f"{prefix}_{number}") for number in range(10))


def _by_role(
    categorical: tuple[str, ...], sequential: tuple[str, ...], diverging: tuple[str, ...], **rest: str
) -> Palette:
    """Ten categorical colors: six series, then good, warning, bad and what stands behind a series (see config.toml)."""
    good, warning, bad, behind = categorical[SERIES_COUNT:]
    return Palette(
        series=categorical[:SERIES_COUNT],
        good=good,
        warning=warning,
        bad=bad,
        behind=behind,
        sequential=sequential,
        diverging=diverging,
        **rest,
    )


SCREEN: Final = _by_role(
    _numbered("CATEGORY"),
    _numbered("SEQUENTIAL"),
    _numbered("DIVERGING"),
    text=stand_ins.GRAY_90,
    surface=stand_ins.BG_COLOR,
)


@cache
def _paper(mode: str) -> Palette:
    theme: dict[str, Any] = tomllib.loads(_CONFIG.read_text(encoding="utf-8"))["theme"][mode]
    return _by_role(
        tuple(theme["chartCategoricalColors"]),
        tuple(theme["chartSequentialColors"]),
        tuple(theme["chartDivergingColors"]),
        text=theme["textColor"],
        surface=theme["backgroundColor"],
    )


def light() -> Palette:
    """The colors themselves, for a light page outside the browser (reports, mails)."""
    return _paper("light")


def dark() -> Palette:
    """The colors themselves, for a dark page outside the browser."""
    return _paper("dark")


@cache
def template(palette: Palette) -> go.layout.Template:
    """What every figure shares; on screen Streamlit's own, which follows the theme, is put over it."""
    axis = {"gridcolor": palette.grid, "linecolor": palette.grid, "zeroline": False, "fixedrange": True}
    return go.layout.Template(
        layout={
            "colorway": list(palette.series),
            "font": {"family": FONT, "size": 12, "color": palette.text},
            "hoverlabel": {"bgcolor": palette.surface, "bordercolor": palette.behind, "font": {"color": palette.text}},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis | {"showgrid": False},
            "yaxis": axis,
        }
    )


def apply() -> None:
    """Put the few rules that config.toml can't say on the page; the shell calls it once a run."""
    st.html(f"<style>{_stylesheet()}</style>")


@cache
def _stylesheet() -> str:
    return _STYLESHEET.read_text(encoding="utf-8")
