"""The table of installations, the longest silent first, narrowed by a chip and by what is typed."""

from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.licensing.in_the_field import Installed, InTheField, Need, installs
from core.licensing.releases import VersionStanding
from pages.customers.installs_figures import WORDS, support
from pages.parts import columns, filters, links, paging, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import load, minute

_OPEN: Final = "install-open"
_PAGE: Final = 100
_IN_SIGHT: Final = 16
_SHORT: Final = 14


def show(actor: Actor, found: InTheField, text: str) -> Need | None:
    """Draw the table; a click on a name opens the customer. Answers what it is narrowed to by a chip."""
    place = card("installed", "Installations", "the longest silent first", height="content")
    with place.right:
        picked = filters.at_most_one("Show", list(WORDS.values()), key="show")
    need = next((each for each, word in WORDS.items() if word == picked), None)
    with place.body:
        cursor = paging.cursor("installs", (need, text))
        page = load(installs, actor, now=minute(), need=need, text=text[:200], cursor=cursor, limit=_PAGE)
        if not page.items:
            _nobody(picked, text)
            return need
        _table(page.items, found)
        paging.controls("installs", page.next_cursor, noun="installations")
    return need


def _nobody(picked: str | None, text: str) -> None:
    if text:
        empty(
            "installs",
            "No installation found",
            "Search by part of a name, a domain or an install id, or by a whole version or fingerprint.",
            icon="dns",
        )
        return
    empty("installs", f"{picked}: nobody", "Take the chip away to see every installation.", icon="task_alt")


def _table(items: tuple[Installed, ...], found: InTheField) -> None:
    row = columns.opened(_OPEN)
    if row is not None and row < len(items):
        filters.go(links.to("customer"), {"install_id": items[row].install_id})
    columns.table(
        pd.DataFrame(
            {
                "customer": [each.customer for each in items],
                "version": [each.standing.version or None for each in items],
                "behind": [behind(each.standing) for each in items],
                "support": [_support(each.standing, found) for each in items],
                "seen": [each.last_seen_at for each in items],
                "status": pills.cells("status", ["suspended" if each.suspended else None for each in items]),
                "tier": pills.cells("tier", [each.tier_id for each in items]),
                "domain": [each.domain for each in items],
                "fingerprint": [_short(each.fingerprint) for each in items],
                "install": [each.install_id for each in items],
            }
        ),
        {
            "customer": columns.opener("Customer", key=_OPEN, width=155),
            "version": columns.text("Version", width=75),
            "behind": columns.text("Behind", width=100),
            "support": columns.text("Support", width=125),
            "seen": columns.when("Last seen"),
            "tier": columns.pills("tier", "Tier", width=95),
            "domain": columns.text("Domain", width=160),
            "fingerprint": columns.text("Fingerprint", width=125),
            "status": columns.pills("status", "Status", width=95),
            "install": columns.text("Install id", width=230),
        },
        key="installed",
        alt="Installations with customer, version, how far behind, support, when last seen, tier, domain and ids.",
        height="content" if len(items) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def behind(standing: VersionStanding) -> str:
    """How far behind a version is, in words."""
    if standing.behind is None:
        return "not known"
    return "newest" if standing.behind == 0 else say.count(standing.behind, "release")


def _support(standing: VersionStanding, found: InTheField) -> str | None:
    return support(standing.release, found.now) if standing.release is not None else None


def _short(fingerprint: str) -> str | None:
    if not fingerprint:
        return None
    return fingerprint if len(fingerprint) <= _SHORT else f"{fingerprint[:_SHORT]}…"
