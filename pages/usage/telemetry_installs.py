"""The table of installs by how their telemetry arrives, the most troubled first."""

from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.telemetry.delivery import InstallDelivery
from core.telemetry.quotas import LIMITS
from pages.parts import columns, filters, links, paging, pills
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import load_both, present
from pages.usage import telemetry_words as words
from pages.usage.telemetry_reads import Named, by_install

_OPEN: Final = "telemetry-open"
_PAGE: Final = 50
_IN_SIGHT: Final = 12


def show(actor: Actor) -> None:
    """Draw the table, narrowed by a chip; a click on a name opens the install."""
    place = card("senders", "Installs", "7 days, the most troubled first", height="content")
    with place.right:
        picked = filters.at_most_one("Show", list(words.SHOW.values()), key="show")
    trouble = next((each for each, word in words.SHOW.items() if word == picked), None)
    with place.body:
        cursor = paging.cursor("senders", trouble)
        page, named = load_both(by_install, actor, now=present(), trouble=trouble, cursor=cursor, limit=_PAGE)
        if not page.items:
            empty("senders", f"{picked}: nobody", "Take the chip away to see every install.", icon="task_alt")
            return
        _table(page.items, named)
        paging.controls("senders", page.next_cursor, noun="installs")


def _table(items: tuple[InstallDelivery, ...], named: Named) -> None:
    row = columns.opened(_OPEN)
    if row is not None and row < len(items):
        filters.go(links.to("telemetry"), {"install_id": items[row].install_id})
    held = [named.get(each.install_id) for each in items]
    columns.table(
        pd.DataFrame(
            {
                "customer": [each.customer if each else "not known" for each in held],
                "reason": [words.reason(each.main_reason) if each.main_reason else None for each in items],
                "accepted": [each.accepted for each in items],
                "refused": [each.refused for each in items],
                "late": [each.late for each in items],
                "duplicates": [each.duplicates for each in items],
                "ahead": [each.ahead for each in items],
                "quota": [
                    each.today / LIMITS[holder.tier_id].per_day if holder and holder.tier_id in LIMITS else None
                    for each, holder in zip(items, held, strict=True)
                ],
                "last": [each.last_day for each in items],
                "tier": pills.cells("tier", [each.tier_id if each else None for each in held]),
                "install": [each.install_id for each in items],
            }
        ),
        {
            "customer": columns.opener("Customer", key=_OPEN, width=155),
            "accepted": columns.count("Received"),
            "refused": columns.count("Refused"),
            "reason": columns.text("Mostly because", width=165),
            "late": columns.count("Late"),
            "duplicates": columns.count("Sent twice"),
            "ahead": columns.count("Clock ahead"),
            "quota": columns.share("Of today's quota"),
            "last": columns.day("Last sent"),
            "tier": columns.pills("tier", "Tier", width=95),
            "install": columns.text("Install id", width=230),
        },
        key="senders",
        alt="Installs with the events received, refused and why, late, sent twice and from clocks ahead, and quota.",
        height="content" if len(items) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )
