"""Upsells: what to offer to whom, why, and what is at stake; worked by assigning, snoozing, noting and closing."""

from core.access.permissions import Permission
from core.culture import upsell_reads as reads
from pages.customers import upsell_choice, upsell_drawer, upsell_list, upsell_record
from pages.parts import filters, session
from pages.parts.cards import card, header
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CULTURE_READ)
    now = minute()
    with header("Upsells", "What to offer to whom: found by rules, each with its evidence. The best comes first."):
        text = filters.search("Customer", width=240)
    with told("upsells"):
        mine = bool(load(reads.upsells, actor, now=now, assigned_to=actor.label, limit=1))
        place = card("upsells", "Opportunities", "Open one by its customer's name: evidence, next step, who has it.")
        with place.body:
            chosen = upsell_choice.controls(text, mine=mine)
            found = upsell_list.find(actor, chosen, now)
            upsell_list.summary(actor, found, now)
            opened = upsell_list.show(actor, found, chosen, now)
        upsell_record.show(actor)
    if opened is not None:
        upsell_drawer.show(actor, opened, now)
