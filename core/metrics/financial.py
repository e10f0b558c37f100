"""The eight figures that a founder's own tools ask for first, each by the catalogue's one formula."""

from datetime import datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.finance.ledger import CUSTOMERS, MONEY
from core.metrics import checks, spans
from core.metrics.catalog import metric
from core.metrics.metric import SourceName, Undefined, Value
from core.metrics.query import Query, Span
from core.metrics.sources import Sight, facts
from core.metrics.sums import NOTHING, sums_of, value_of
from db.session import ReadSession

FIGURES: Final = ("mrr", "arr", "ltv", "cac", "logo_churn", "mrr_growth", "runway", "gross_margin")


def financial_figures(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    span: Span | None = None,
    segment: str | None = None,
) -> dict[str, Value]:
    """Return each of FIGURES under the policy in force: MRR as of `now`, churn of the last whole month; `finance:read`.

    Rates of a time (churn, growth) are of `span` where one is given. Of one `segment`, what is known as a whole alone
    (unit economics, cash) is undefined. Metrics of one source and time are made of one read.
    """
    checks.require(actor, Query(intent="value", metrics=FIGURES))
    sight = Sight(control, telemetry, actor, now)
    read: dict[tuple[SourceName, Span], pd.DataFrame] = {}
    found: dict[str, Value] = {}
    for each in FIGURES:
        one = metric(each)
        if segment is not None and "segment" not in one.dimensions:
            found[each] = Undefined(f"{one.label} is known of all customers together alone")
            continue
        given = span is not None and one.source == "ledger" and one.kind == "ratio"
        key = one.source, span if span is not None and given else spans.default_span(one.default, now)
        if key not in read:
            where = {} if segment is None else {"segment": [segment]}
            read[key] = facts(sight, one.source, [spans.period_of(key[1])], [], where)
        found[each] = value_of(one, read[key])
    return found


def movement_sums(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    span: Span,
    *,
    now: datetime,
    segment: str | None = None,
) -> dict[str, int]:
    """Return the ledger's sums of a span under the policy in force, in minor units; needs `finance:read`."""
    where = {} if segment is None else {"segment": [segment]}
    frame = facts(Sight(control, telemetry, actor, now), "ledger", [spans.period_of(span)], [], where)
    found = sums_of(frame.iloc[0].to_dict()) if len(frame) else NOTHING
    return {name: int(found[name]) for name in (*MONEY, *CUSTOMERS)}
