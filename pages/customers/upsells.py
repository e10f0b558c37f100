"""Upsells: what to offer to whom, why, and what is at stake; worked by assigning, calling, snoozing and closing."""

from core.access.permissions import Permission
from core.culture import upsell_reads as reads
from pages.customers import (
    upsell_choice,
    upsell_digest,
    upsell_drawer,
    upsell_list,
    upsell_many,
    upsell_record,
    upsell_won,
)
from pages.parts import export, filters, session
from pages.parts.cards import card, header
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CULTURE_READ)
    now = minute()
    place = header("Upsells", "What to offer to whom: found by rules, each with its evidence. The best comes first.")
    with place:
        text = filters.search("Customer", width=240)
    opened = None
    with told("upsells"):
        upsell_won.show(actor, now)
        mine = bool(load(reads.upsells, actor, now=now, assigned_to=actor.label, limit=1))
        work = card("upsells", "Opportunities", "Open one by its customer's name, or go through all of them in order.")
        with work.body:
            chosen = upsell_choice.controls(text, mine=mine)
            found = upsell_list.find(actor, chosen, now)
            upsell_list.summary(actor, found, now)
            opened, picked = upsell_list.show(actor, found, chosen, now)
            upsell_many.show(actor, found, picked)
        with work.right:
            opened = 0 if upsell_drawer.begin(found) else opened
        with place:
            upsell_digest.draw(actor)
            export.menu(actor, "upsells", **chosen.as_report(actor.label))
        upsell_record.show(actor)
    if opened is not None:
        upsell_drawer.show(actor, found, opened, now)
