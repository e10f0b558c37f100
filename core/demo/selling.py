"""What Sam has done with the list of upsells: some taken on, one asleep, and earlier ones won, lost and let go."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle
from typing import Final, Literal

from core.access.actor import Actor
from core.culture.upsell_contacts import record_contact
from core.culture.upsell_reads import precision, upsells
from core.culture.writes import assign, close, note, snooze
from core.demo.people import acting
from db.session import WriteSession

TAKEN_ON: Final = 3
CLOSED: Final = 9
_OUTCOMES: Final[tuple[tuple[Literal["won", "lost", "ignored"], str], ...]] = (
    ("won", "Trained their team in an afternoon."),
    ("lost", "They see no need for it this year."),
    ("won", "Adopted after the demo."),
    ("ignored", "Wrong time to ask."),
)


def work_the_list(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Let Sam work the list once; where any opportunity was closed before, nothing is done."""
    if any(one.won or one.lost or one.ignored for one in precision(session, actor)):
        return
    sam = acting(session, actor, "sales", now=now)
    found = upsells(session, sam, now=now, order="priority")
    first = [one for one in found if one.priority == "HIGH"][:TAKEN_ON]
    for days, one in enumerate(first, start=1):
        assign(session, sam, one.id, sam.label, now=now - timedelta(days=days))
    if first:
        note(session, sam, first[0].id, "Send the numbers to their finance, too.", now=now)
    # Somebody with nothing else on the list: what else there was would leave it once a call is noted.
    alone = Counter(one.organization_id for one in found)
    for one in [one for one in first if alone[one.organization_id] == 1][:1]:
        record_contact(session, sam, one.id, "They want the numbers in writing.", now=now - timedelta(days=2))
    later = [one for one in found if one.priority == "MEDIUM"][:1]
    for one in later:
        snooze(session, sam, one.id, now + timedelta(days=14), now=now - timedelta(days=2))
    small = [one for one in found if one.priority == "LOW"][:CLOSED]
    for days, (one, (outcome, reason)) in enumerate(zip(small, cycle(_OUTCOMES), strict=False), start=3):
        close(session, sam, one.id, outcome, reason, now=now - timedelta(days=3 * days))
