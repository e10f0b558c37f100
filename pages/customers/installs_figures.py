"""The figures of installs: four counts, the releases with who runs them, and how they are taken up by the week."""

from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core.licensing.in_the_field import ENDING_DAYS, FAR_BEHIND, SILENT_DAYS, InTheField, Need
from core.licensing.releases import Release
from core.telemetry.adoption import OLDER
from pages.parts import charts, columns, links
from pages.parts import format as say
from pages.parts.cards import Definition, Drill, Tile

WORDS: Final[dict[Need, str]] = {
    "behind": "Far behind",
    "ending": "Support ends soon",
    "unsupported": "Unsupported",
    "silent": "Silent",
}
MEANINGS: Final[dict[Need, str]] = {
    "behind": f"Runs a line of releases (4.1, 4.2, not their patches) after which {FAR_BEHIND} or more have come out.",
    "ending": f"Runs a release whose support ends within {ENDING_DAYS} days.",
    "unsupported": "Runs a release whose support has ended.",
    "silent": f"Has not verified its license for more than {SILENT_DAYS} days. An installation without a connection "
    "is heard of when it gets a license file.",
}
_POLICY: Final = "Installations of licenses that were revoked or have expired do not count."


def tiles(found: InTheField) -> list[Tile]:
    """The share on a supported release, and three counts that want somebody."""
    share = found.supported / found.judged if found.judged else None
    whole = f"of {say.count(found.installs, 'install')}"
    supported = Tile(
        "supported",
        "On a supported release",
        say.percent(share, digits=0),
        definition=Definition(
            "Installations on a release that is supported today, as a share of those whose version belongs to one.",
            "supported / (supported + unsupported)",
            f"{_POLICY} A version that belongs to no release we recorded counts on neither side.",
        ),
        drill=Drill(links.to("installs"), "Show the others", controls={"show": WORDS["unsupported"]}),
        note=f"{found.supported} of {say.count(found.judged, 'install')} with a known release",
    )
    needs: tuple[Need, ...] = ("behind", "ending", "silent")
    return [supported, *(_tile(need, found, whole) for need in needs)]


def _tile(need: Need, found: InTheField, whole: str) -> Tile:
    labels = {"behind": f"{FAR_BEHIND} or more behind", "silent": f"Silent over {SILENT_DAYS} days"}
    return Tile(
        need,
        labels.get(need, WORDS[need]),
        say.integer(found.count(need)),
        definition=Definition(MEANINGS[need], policy=_POLICY),
        drill=Drill(links.to("installs"), "Show them", controls={"show": WORDS[need]}),
        note=f"{whole}, within {ENDING_DAYS} days" if need == "ending" else whole,
    )


def chart(told: pd.DataFrame) -> charts.Chart:
    """The share of each of the last three releases, week by week."""
    order = [OLDER, *(name for name in reversed(list(dict.fromkeys(told["release"]))) if name != OLDER)]
    return charts.area_stack(
        told,
        x="week",
        y="share",
        series="release",
        title="How releases are taken up",
        unit=charts.units.percent("of installs that send telemetry"),
        order=order,
    )


def releases(found: InTheField) -> None:
    """Each release with its support and how many run it; or what to do where none is recorded."""
    if not found.releases:
        st.caption(
            "None is recorded yet. Add them with “Record a release”: how far behind somebody is follows from it."
        )
        return
    running: dict[str, int] = {}
    for each in found.versions:
        if each.standing.release is not None:
            version = each.standing.release.version
            running[version] = running.get(version, 0) + each.installs
    columns.table(
        pd.DataFrame(
            {
                "version": [each.version for each in found.releases],
                "share": [round(running.get(each.version, 0) / found.installs, 2) for each in found.releases],
                "installs": [running.get(each.version, 0) for each in found.releases],
                "out": [each.released_at for each in found.releases],
                "support": [support(each, found.now) for each in found.releases],
            }
        ),
        {
            "version": columns.name("Release", width=75),
            "share": columns.share("Runs it"),
            "installs": columns.count("Installs"),
            "support": columns.text("Support", width=130),
            "out": columns.when("Came out"),
        },
        key="release-rows",
        alt="Releases with the share and number of installs that run each, its support and when it came out.",
        height="content" if len(found.releases) <= 8 else 9 * columns.ROW_HEIGHT,
    )


def support(release: Release, now: datetime) -> str:
    """Until when a release is supported, in words."""
    if release.supported_until is None:
        return "supported"
    if release.supported_until <= now:
        return f"ended {say.day(release.supported_until)}"
    return f"until {say.day(release.supported_until)}"
