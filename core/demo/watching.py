"""What the demo's founder watches: rates of cost, rules that costs are held against, and a plan of half a year ago."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from core.access.actor import Actor
from core.finance.cost_alerts import add_rule, cost_rules
from core.finance.cost_rates import NewRate, add_rate, cost_rates
from core.finance.cost_watch import watch
from core.finance.entries import CostKind
from core.finance.saved_scenarios import save_scenario, scenarios
from core.finance.scenarios import Levers
from core.money import Money
from core.periods import add_months, month_start
from db.session import WriteSession

PLAN_AGO: Final = 6
_PLAN: Final = ("Board plan", Levers(growth=20, hires=1, hire_cost=7_000))
_LEAN: Final = ("No hires, prices up 5 %", Levers(price=5, growth=-10))
# What a provider asks: an hour of computing, a gigabyte kept for a month, a gigabyte sent.
_RATES: Final[tuple[tuple[CostKind, str, str, int], ...]] = (
    ("compute", "compute_seconds_month", "0.085", 3_600),
    ("storage", "storage_bytes", "0.023", 10**9),
    ("bandwidth", "bandwidth_bytes_month", "0.05", 10**9),
)
_ABOVE: Final = Money(1_500_00, "USD")


def build_watching(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Make what is not there yet, and look at costs once without writing to anybody."""
    if not cost_rates(session, actor):
        # From this month on: what came before is booked from the bills.
        begins = month_start(now).date()
        for kind, meter, price, per in _RATES:
            add_rate(session, actor, NewRate(kind, meter, Decimal(price), "USD", begins, per), now=now)
    if not scenarios(session, actor):
        save_scenario(session, actor, *_PLAN, now=add_months(now, -PLAN_AGO))
        save_scenario(session, actor, *_LEAN, now=add_months(now, -1))
    watch(session, actor, now=now, told=False)
    if all(rule.measure != "cost" for rule in cost_rules(session, actor)):
        add_rule(session, actor, "cost", "kind", above=_ABOVE, now=now)
        watch(session, actor, now=now, told=False)
