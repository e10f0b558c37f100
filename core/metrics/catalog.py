"""Every number of the house, by id; tiles, the API, exports and questions all read them from here."""

import copyreg
from typing import Any, Final

from core.errors import InvalidInput
from core.metrics.customers import CUSTOMERS
from core.metrics.metric import Metric
from core.metrics.money import MONEY
from core.metrics.operations import OPERATIONS
from core.metrics.revenue import REVENUE

METRICS: Final[dict[str, Metric]] = {each.id: each for each in (*REVENUE, *MONEY, *CUSTOMERS, *OPERATIONS)}


def metric(metric_id: str) -> Metric:
    """Return one metric, or raise InvalidInput for an id that the catalogue does not have."""
    try:
        return METRICS[metric_id]
    except KeyError:
        raise InvalidInput(f"The catalogue has no metric “{metric_id}”.", field="metrics", code="no_metric") from None


def _by_id(one: Metric) -> tuple[Any, tuple[str]]:
    return metric, (one.id,)


# Pages remember figures between runs as pickles, and the functions within a metric have none: its id is enough.
copyreg.pickle(Metric, _by_id)
