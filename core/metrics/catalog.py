"""Every number of the house, by id; tiles, the API, exports and questions all read them from here."""

from typing import Final

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
