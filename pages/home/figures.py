"""The four tiles of the overview: money, customers, what is at risk, and how trials turn out."""

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import AT_RISK_BELOW, Stats
from core.accounts.overview import Headline
from core.money import Money
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import Change, Definition, Direction, Drill, Tile

UNSEEN = "your role does not see money"


def tiles(actor: Actor, head: Headline, stats: Stats) -> list[Tile]:
    """The tiles, left to right."""
    return [_mrr(head), _active(head), _at_risk(actor, head), _conversion(stats)]


def _mrr(head: Headline) -> Tile:
    return Tile(
        "mrr",
        "MRR",
        say.amount(head.mrr, whole=True),
        change=None if head.net_new is None else _net_new(head.net_new),
        definition=Definition(
            "Monthly value of all active subscriptions, without one-offs, usage or tax.",
            "MRR = MRR at the start of the month + movements ± exchange",
            "Read from the ledger of movements; other currencies at the day's rate, in US dollars.",
        ),
        drill=Drill(links.to("customers"), "Customers by MRR"),
        note="" if head.mrr else UNSEEN,
    )


def _net_new(moved: Money) -> Change:
    good = None if not moved else moved.minor > 0
    direction: Direction = "flat" if not moved else "up" if moved.minor > 0 else "down"
    return Change(say.amount(moved, whole=True, sign=True), direction, "net new this month", good)


def _active(head: Headline) -> Tile:
    return Tile(
        "active",
        "Active customers",
        say.integer(head.active_customers),
        definition=Definition(
            "Customers whose main license is active or about to expire: in force, and heard from within 90 days.",
            policy="Suspended, expired, revoked and silent ones are not counted.",
        ),
        drill=Drill(links.to("customers"), "Active customers", {"show": "Active"}),
        note=f"of {say.count(head.customers, 'customer')}",
    )


def _at_risk(actor: Actor, head: Headline) -> Tile:
    sees_money = actor.may(Permission.FINANCE_READ)
    who = say.count(head.at_risk_customers, "customer")
    return Tile(
        "risk",
        "At-risk MRR" if sees_money else "Customers at risk",
        say.amount(head.at_risk_mrr, whole=True) if sees_money else say.integer(head.at_risk_customers),
        definition=Definition(
            f"What customers whose health is below {AT_RISK_BELOW} of 100 pay a month.",
            policy="Health is computed from usage, with published weights; open a customer to see its parts.",
        ),
        drill=Drill(links.to("customers"), "Customers at risk", {"show": "At risk", "sort": "Worst health"}),
        note=f"{who} below health {AT_RISK_BELOW}" if sees_money else f"health below {AT_RISK_BELOW}",
    )


def _conversion(stats: Stats) -> Tile:
    ended = say.count(stats.trials_ended, "trial")
    return Tile(
        "conversion",
        "Trials converted",
        say.percent(stats.conversion_rate, digits=0),
        definition=Definition(
            "Of the trials that ended in the last 90 days, the share that became paid.",
            "converted ÷ ended",
            "A trial ends when it is converted, on its last day, or when it is revoked.",
        ),
        drill=Drill(links.to("customers"), "Trials running now", {"show": "Trial"}),
        note=f"{say.integer(stats.trials_converted)} of {ended} in 90 days"
        if stats.trials_ended
        else "no trial ended in 90 days",
    )
