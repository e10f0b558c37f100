"""Mails: what was written to whom, whether it was sent, and how each one looks."""

from typing import Final
from uuid import UUID

import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import settings
from core.notify.reads import STATES, MailRow, State, mail_counts, mails
from pages.parts import columns, filters, paging, pills, session
from pages.parts import format as say
from pages.parts.cards import Definition, Drill, Tile, card, header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, told
from pages.settings import mail_preview

COVERS: Final = "Everything written to customers and colleagues in the last half year."
ROWS: Final = 25
_SAID: Final[dict[State, tuple[str, str]]] = {
    "sent": ("Sent", "Taken by the mail server. Whether it was read, nobody knows: mails carry no trackers."),
    "waiting": ("Waiting", "On the way. One that the server did not take is tried again, ever later, for two days."),
    "failed": ("Failed", "Refused by the mail server for good, or given up after two days of trying."),
    "kept": ("Kept", "Not sent, since no mail server is set, or because the address is one that nobody can have."),
}
_TEMPLATES: Final = {"limit": "Limit", "digest": "Digest", "notice": "Notice"}


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.AUDIT_READ)
    with header("Mails", COVERS):
        text = filters.search("Address or subject", width=240)
    with told("mails"):
        counts = load(mail_counts, actor)
        tiles([_tile(state, counts[state]) for state in ("sent", "waiting", "failed", "kept")])
        _list(actor, text, known=sum(counts.values()))


def _tile(state: State, count: int) -> Tile:
    label, meaning = _SAID[state]
    return Tile(
        state,
        label,
        say.integer(count),
        note="in the last half year",
        definition=Definition(meaning),
        drill=Drill("", "See these", controls={"show": state}),
    )


def _list(actor: Actor, text: str, *, known: int) -> None:
    note = "A click on an address opens the mail."
    if not settings().smtp_url:
        note = "No mail server is set (CALOS_SMTP_URL): mails are kept here and not sent. A click opens one."
    place = card("mails", "Mails", note, height="content")
    with place.right:
        state = filters.at_most_one("State", list(STATES), key="show", show=lambda one: _SAID[one][0])
    with place.body:
        cursor = paging.cursor("mails", (state, text))
        before = UUID(cursor) if cursor else None
        found = load(mails, actor, state=state, text=text, before=before, limit=ROWS)
        if not found:
            _nothing(narrowed=known > 0)
            return
        _table(found)
        paging.controls("mails", str(found[-1].id) if len(found) == ROWS else None, noun="mails")
    opened = columns.opened("open-mail")
    if opened is not None and opened < len(found):
        mail_preview.show(actor, found[opened].id)


def _nothing(*, narrowed: bool) -> None:
    if narrowed:
        empty("no-match", "No mail fits", "Take the filter or a word of the search away.", icon="filter_alt_off")
        return
    sentence = (
        "Customers are written to when they cross 80, 90 or 100% of a limit, and colleagues who asked for the list of "
        "upsells. What is written stands here, sent or not."
    )
    empty("mails", "Nothing was written yet", sentence, icon="mail")


def _table(found: tuple[MailRow, ...]) -> None:
    columns.table(
        pd.DataFrame(
            {
                "to": [each.recipient for each in found],
                "subject": [each.subject for each in found],
                "state": pills.cells("sending", [each.state for each in found]),
                "kind": [_TEMPLATES.get(each.template, say.phrase(each.template)) for each in found],
                "at": [each.sent_at or each.made_at for each in found],
                "why": [_why(each) for each in found],
            }
        ),
        {
            "to": columns.opener("To", key="open-mail", width=200),
            "subject": columns.text("Subject", width=250),
            "state": columns.pills("sending", "State", width=90),
            "kind": columns.text("Kind", width=80),
            "at": columns.when("When"),
            "why": columns.text("Why", width=330),
        },
        key="mail-list",
        alt="Mails with address, subject, state, kind, when, and why one was not sent.",
        height="content",
    )


def _why(each: MailRow) -> str | None:
    if each.state == "waiting" and each.error and each.next_at:
        return f"Try {each.attempts + 1} at {say.moment(each.next_at)}: {each.error}"
    return each.error
