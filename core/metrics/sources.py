"""Where the sums behind each metric come from: one read a source, each in the domain that owns the rows."""

import importlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import pandas as pd

from core.access.actor import Actor
from core.accounts.facts import customer_facts, license_facts
from core.culture.upsell_facts import upsell_facts
from core.metrics.metric import SourceName
from core.periods import Period
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


def _named(module: str, name: str) -> Any:
    """A source that is being built: replaced by its import once all stand."""

    def read(*given: Any, **named: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*given, **named)

    return read


_CONTROL: Final[Mapping[SourceName, _Facts]] = {
    "ledger": _named("core.finance.ledger", "ledger_facts"),
    "economics": _named("core.finance.economics", "economics_facts"),
    "costs": _named("core.finance.costs", "cost_facts"),
    "cash": _named("core.finance.cash", "cash_facts"),
    "customers": customer_facts,
    "licenses": license_facts,
    "upsells": upsell_facts,
    "tickets": _named("core.support.reads", "ticket_facts"),
    "security": _named("core.security.reads", "security_facts"),
}


def facts(sight: Sight, source: SourceName, periods: Sequence[Period], by: Sequence[str], where: Where) -> pd.DataFrame:
    """Return a source's sums: `period`, a column for each of `by`, and its measures."""
    if source == "usage":
        return _named("core.usage.facts", "usage_facts")(
            sight.control, sight.telemetry, sight.actor, periods, by=by, where=where, as_of=sight.as_of
        )
    return _CONTROL[source](sight.control, sight.actor, periods, by=by, where=where, as_of=sight.as_of)
