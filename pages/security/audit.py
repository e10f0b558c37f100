"""Audit: is the chain whole, and who did what."""

from datetime import timedelta
from uuid import UUID

from core.access import audit_reads
from core.access.audit_reads import cursor_of, place_of
from core.access.permissions import Permission
from core.organizations.reads import names
from core.security.reads import last_review, unusual_lately
from pages.parts import columns, export, filters, paging, session
from pages.parts.cards import card, header
from pages.parts.empty import empty
from pages.parts.load import load, present
from pages.security import entry, trail, unusual

SPANS = {"24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30), "12m": timedelta(days=365)}
SHOWN = 100


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.AUDIT_READ)
    now = present()
    with header(
        "Audit", "Every change, who made it and from where; sealed into a chain that nobody can rewrite unseen."
    ):
        span = filters.one_of("Range", list(SPANS), key="range", default="30d")
        trail.verify_button(actor)
    trail.state(actor, now)
    unusual.show(load(unusual_lately, actor, now=now), load(last_review, actor, now=now))
    place = card("trail", "Trail", "Newest first. Select a row to see what was before and after.")
    with place.right:
        typed = filters.search("Search", key="q", width=180)
        who = filters.search("Who", key="who", width=150)
        action = filters.pick(
            "Action", load(audit_reads.actions, actor, None), key="action", placeholder="Any action", width=200
        )
    wanted = audit_reads.Search(who=who, action=action or "", text=typed, since=now - SPANS[span])
    with place.right:
        since = (now - SPANS[span]).date()
        export.menu(actor, "audit", text=typed or None, owner=who or None, kind=action, since=since)
    after = paging.cursor("trail", (span, who, action, typed))
    found = load(audit_reads.search, actor, None, wanted, after=place_of(after) if after else None, limit=SHOWN)
    with place.body:
        _rows(found, load(names, actor))
        paging.controls("trail", cursor_of(found.next) if found.next else None, noun="the trail")


def _rows(found: audit_reads.Trail, of: dict[UUID, str]) -> None:
    if not found.entries:
        empty("trail", "Nothing happened that fits", "Choose a longer range, or clear the filters.", icon="history")
        return
    picked = columns.table(
        trail.frame(found.entries, of),
        {
            "at": columns.when("When"),
            "who": columns.text("Who"),
            "did": columns.text("Did", width="medium"),
            "whose": columns.text("Whose", width=150, help="The organization whose trail this stands in."),
            "to": columns.text("What", width="medium"),
            "why": columns.text("Why", width="medium"),
            "from": columns.text("From", width=110, help="The address the request came from."),
            "place": columns.text("Place", help="Its number in the chain; empty for the second until it is sealed."),
        },
        key="entries",
        alt="Audit entries, newest first: when, who, what, to what, why and from where.",
        select="one",
        height=600 if len(found.entries) > 12 else "auto",
    )
    if picked:
        entry.show(found.entries[picked[0]])
