"""The eight figures that a founder's own tools ask for first, each by the catalogue's one formula."""

from datetime import datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.metrics import checks, spans
from core.metrics.catalog import metric
from core.metrics.metric import SourceName, Value
from core.metrics.query import Query, Span
from core.metrics.sources import Sight, facts
from core.metrics.sums import value_of
from db.session import ReadSession

FIGURES: Final = ("mrr", "arr", "ltv", "cac", "logo_churn", "mrr_growth", "runway", "gross_margin")


def financial_figures(control: ReadSession, telemetry: ReadSession, actor: Actor, *, now: datetime) -> dict[str, Value]:
    """Return each of FIGURES at its usual time, MRR as of `now` and churn of the last whole month; `finance:read`.

    Metrics of one source and time are made of one read.
    """
    checks.require(actor, Query(intent="value", metrics=FIGURES))
    sight = Sight(control, telemetry, actor, now)
    read: dict[tuple[SourceName, Span], pd.DataFrame] = {}
    found = {}
    for each in FIGURES:
        one = metric(each)
        key = one.source, spans.default_span(one.default, now)
        if key not in read:
            read[key] = facts(sight, one.source, [spans.period_of(key[1])], [], {})
        found[each] = value_of(one, read[key])
    return found
