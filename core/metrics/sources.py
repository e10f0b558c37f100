"""Where the sums behind each metric come from: one read a source, each in the domain that owns the rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import pandas as pd

from core.access.actor import Actor
from core.accounts.facts import customer_facts, license_facts
from core.culture.upsell_facts import upsell_facts
from core.finance.cash import cash_facts
from core.finance.costs import cost_facts
from core.finance.policy_figures import economics_in_force, ledger_in_force
from core.metrics.metric import SourceName
from core.periods import Period
from core.security.reads import security_facts
from core.support.reads import ticket_facts
from core.usage.facts import usage_facts
from db.session import ReadSession

Where = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Sight:
    """Who looks, through which sessions, and until when."""

    control: ReadSession
    telemetry: ReadSession
    actor: Actor
    as_of: datetime


class _Facts(Protocol):
    def __call__(
        self,
        session: ReadSession,
        actor: Actor,
        periods: Sequence[Period],
        *,
        by: Sequence[str] = (),
        where: Where | None = None,
        as_of: datetime,
    ) -> pd.DataFrame: ...


_CONTROL: Final[Mapping[SourceName, _Facts]] = {
    "ledger": ledger_in_force,
    "economics": economics_in_force,
    "costs": cost_facts,
    "cash": cash_facts,
    "customers": customer_facts,
    "licenses": license_facts,
    "upsells": upsell_facts,
    "tickets": ticket_facts,
    "security": security_facts,
}


def facts(sight: Sight, source: SourceName, periods: Sequence[Period], by: Sequence[str], where: Where) -> pd.DataFrame:
    """Return a source's sums: `period`, a column for each of `by`, and its measures."""
    if source == "usage":
        return usage_facts(sight.control, sight.telemetry, sight.actor, periods, by=by, where=where, as_of=sight.as_of)
    return _CONTROL[source](sight.control, sight.actor, periods, by=by, where=where, as_of=sight.as_of)
