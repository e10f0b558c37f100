"""What all histories amount to under many policies: only those that a switch can matter to are told anew; pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.finance.appended import Ints
from core.finance.changes import Changes, microseconds
from core.finance.exchange import Rates
from core.finance.holders import customers_and_kept
from core.finance.policy import MetricPolicy
from core.finance.policy_movements import History, Moved, Stretch, movements_under
from core.finance.tally import COUNTED, Exchange, Rows, axis, counts, money, settled
from core.periods import Period, month_start

_NONE: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class _Columns:
    """Movements as columns: whose (the number of the history), when, how much, in what, of which kind."""

    who: Ints
    at: Ints
    minor: Ints
    currency: NDArray[Any]
    kind: NDArray[Any]


@dataclass(frozen=True)
class Told:
    """Histories, and what each of them moves under a policy, as movements and as columns."""

    policy: MetricPolicy
    histories: Sequence[History]
    single: Sequence[Sequence[Moved]]
    columns: _Columns

    @classmethod
    def under(cls, policy: MetricPolicy, histories: Sequence[History]) -> "Told":
        """Return what histories move under a policy."""
        single = [movements_under(policy, [one]) for one in histories]
        return cls(policy, histories, single, _columns(list(enumerate(single))))

    def but(self, policy: MetricPolicy) -> "Told":
        """Return it under another policy."""
        was, is_ = self.policy.settings(), policy.settings()
        switches = [each for each in was if was[each] != is_[each]]
        numbers = [
            number
            for number, one in enumerate(self.histories)
            if any(may_matter(each, {was[each], is_[each]}, one, self.single[number]) for each in switches)
        ]
        if not numbers:
            return Told(policy, self.histories, self.single, self.columns)
        anew = {number: movements_under(policy, [self.histories[number]]) for number in numbers}
        single = [anew.get(number, known) for number, known in enumerate(self.single)]
        still = ~np.isin(self.columns.who, np.array(numbers))
        fresh = _columns(list(anew.items()))
        pairs = ((getattr(self.columns, name)[still], getattr(fresh, name)) for name in _Columns.__dataclass_fields__)
        return Told(policy, self.histories, single, _Columns(*(np.concatenate(pair) for pair in pairs)))

    def moved(self) -> list[Moved]:
        """Return every movement, each customer's in their order."""
        return [moved for one in self.single for moved in one]

    def sums(self, periods: Sequence[Period], rates: Rates, as_of: datetime) -> list[dict[str, int]]:
        """Return the measures of `sums_under` for each period, of everybody together."""
        known, span = self.columns, axis(periods, rates, as_of)
        currency, names = pd.factorize(known.currency)
        order = np.lexsort((currency, known.who))
        who, at, minor, currency = (each[order] for each in (known.who, known.at, known.minor, currency))
        held = Changes(
            np.zeros(0, dtype="V16"), who, tuple(map(str, names)), currency, at, minor, (), _NONE, _NONE, _NONE
        )
        bucket = np.searchsorted(microseconds(span.edges), at, side="right")
        early = bucket < len(span.edges)
        kind = np.where(bucket == 0, "", known.kind[order])
        events = np.isin(kind, list(COUNTED)).astype(np.int64)
        everybody, wanted = np.zeros(len(who), dtype=np.int64), np.ones(len(who), dtype=np.bool_)
        columns = (everybody, currency, kind, bucket, minor, events, wanted)
        rows = Rows(*(each[early] for each in columns))
        exchange = Exchange(rates, held.currencies)
        found, _ = money(rows, 1, span, exchange, None)
        paying, still = customers_and_kept(held, span, exchange)
        kept = {name: settled(exact, None) for name, exact in zip(("kept", "kept_capped"), still, strict=True)}
        measures = {**found, **counts(rows, 1, span), **paying, **kept}
        return [{name: int(each[0, n]) for name, each in measures.items()} for n in range(len(periods))]


def may_matter(switch: str, choices: set[str], history: History, moved: Sequence[Moved]) -> bool:
    """Return whether a history can move something else when a switch goes from one of two choices to the other.

    True where it is not certain. `moved` is what it moves with one of them.
    """
    had = history.stretches
    if switch in {"denominator", "ltv_form", "annual_window", "fx_source"}:
        return False
    if switch == "reactivation_window":
        return any(one.kind == "churn" for one in moved[:-1])
    if switch == "same_month":
        months = [month_start(at) for at in {at for one in had for at in _instants(one)}]
        return len(set(months)) < len(months) or _coincide(had)
    if switch == "together":
        return _coincide(had)
    return any(_matters(switch, choices, one) for one in had)


def _matters(switch: str, choices: set[str], one: Stretch) -> bool:
    if switch == "churn_date":
        ended = one.end is not None and one.paid_until is not None and one.paid_until > one.end
        return one.canceled_at is not None or ("paid_period_end" in choices and ended)
    known = {
        "coupons": bool(one.percent_off or one.minor_off),
        "usage": one.usage,
        "past_due": bool(one.past_due),
        "paused": one.phase == "paused",
        "week_factor": one.unit != "month",
    }
    return known.get(switch, True)


def _instants(one: Stretch) -> list[datetime]:
    """Return every instant at which what a stretch is worth may change under some policy."""
    late = [at for pair in one.past_due for at in pair]
    return [at for at in (one.start, one.end, one.canceled_at, one.paid_until, *late) if at is not None]


def _coincide(had: Sequence[Stretch]) -> bool:
    """Return whether two subscriptions may change at one instant, or one of them twice."""
    chains: dict[str, set[datetime]] = defaultdict(set)
    for one in had:
        chains[one.chain].update(_instants(one))
    instants = set().union(*chains.values())
    starts = {(one.chain, one.start) for one in had}
    return len(instants) < sum(map(len, chains.values())) or len(starts) < len(had)


def _columns(told: Sequence[tuple[int, Sequence[Moved]]]) -> _Columns:
    # A change of tier at the same worth moves nothing of everybody's.
    some = [(number, one) for number, moved in told for one in moved if one.minor]
    return _Columns(
        np.array([number for number, _ in some], dtype=np.int64),
        microseconds([one.at for _, one in some]),
        np.array([one.minor for _, one in some], dtype=np.int64),
        np.array([one.currency for _, one in some], dtype=object),
        np.array([one.kind for _, one in some], dtype=object),
    )
