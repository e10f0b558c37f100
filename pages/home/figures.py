"""The four tiles of the overview: money, customers, what is at risk, and how long cash lasts."""

from datetime import datetime

from core.access.actor import Actor
from core.access.permissions import Permission
from core.metrics.answered import Figure
from core.metrics.answering import figure
from core.metrics.catalog import METRICS
from core.metrics.metric import Undefined
from pages.parts import format as say
from pages.parts import links, measures
from pages.parts.cards import Change, Direction, Drill, Tile
from pages.parts.load import load_both

UNSEEN = "your role does not see money"
MONTHS = 12


def tiles(actor: Actor, now: datetime) -> list[Tile]:
    """The tiles, left to right; what the actor's role does not see is a dash that says so."""
    risk = "at_risk_mrr" if actor.may(Permission.FINANCE_READ) else "at_risk_customers"
    return [
        _tile(actor, "mrr", now, Drill(links.to("revenue"), "MRR and its movements")),
        _tile(actor, "active_customers", now, Drill(links.to("customers"), "Active customers", {"show": "Active"})),
        _tile(
            actor,
            risk,
            now,
            Drill(links.to("customers"), "Customers at risk", {"show": "At risk", "sort": "Worst health"}),
        ),
        _tile(actor, "runway", now, Drill(links.to("cash"), "Cash and runway")),
    ]


def _tile(actor: Actor, metric_id: str, now: datetime, drill: Drill) -> Tile:
    metric = METRICS[metric_id]
    if not actor.may(metric.permission):
        return Tile(metric_id, metric.label, say.DASH, definition=measures.definition(metric), note=UNSEEN)
    months = MONTHS if metric.source in {"ledger", "cash"} else 0
    found = load_both(figure, actor, metric_id, now=now, months=months)
    return measures.tile(found, drill=drill, change=_change(actor, found, now), note=_note(actor, found, now))


def _change(actor: Actor, found: Figure, now: datetime) -> Change | None:
    if found.metric.id != "mrr":
        return None
    moved = load_both(figure, actor, "net_new_mrr", now=now).value
    if isinstance(moved, Undefined):
        return None
    direction: Direction = "flat" if not moved else "up" if moved > 0 else "down"
    good = None if not moved else moved > 0
    return Change(measures.shown(moved, "money", sign=True), direction, "net new this month", good)


def _note(actor: Actor, found: Figure, now: datetime) -> str:
    if found.metric.id == "active_customers":
        everybody = load_both(figure, actor, "customers", now=now).value
        return f"of {say.count(0 if isinstance(everybody, Undefined) else int(everybody), 'customer')}"
    if found.metric.id == "at_risk_mrr":
        who = load_both(figure, actor, "at_risk_customers", now=now).value
        return f"{say.count(0 if isinstance(who, Undefined) else int(who), 'customer')} below health 50"
    return "health below 50" if found.metric.id == "at_risk_customers" else ""
