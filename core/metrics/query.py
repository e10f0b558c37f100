"""The closed question: everything that can be asked of the catalogue, and nothing else can be said with it."""

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Intent = Literal["value", "breakdown", "trend", "top", "list", "compare", "drivers"]
Grain = Literal["day", "week", "month", "quarter", "year"]
Operator = Literal["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "is_null", "not_null"]
Entity = Literal["customers", "movements", "subscriptions", "upsells"]
Comparison = Literal["previous_period", "same_period_last_year"]
MOST_ROWS: Final = 500


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Filter(_Closed):
    """One condition; `member` is a dimension of the catalogue or a field of the entity, values are always text.

    Numbers are written plainly ("50", "0.8"; money in major units of the reporting currency), days as ISO dates.
    """

    member: str = Field(max_length=40)
    op: Operator
    values: tuple[str, ...] = Field(default=(), max_length=50)


class Span(_Closed):
    """UTC days from `start` until the day before `end`; `label` is how a person says it ("last quarter").

    `partial` says that the span ends in the future or today, so that its last period is not over.
    """

    start: date
    end: date
    label: str = Field(max_length=80)
    partial: bool = False


class Order(_Closed):
    """By which metric, dimension or field the rows come."""

    member: str = Field(max_length=40)
    descending: bool = True


class Query(_Closed):
    """One question. A list names an entity and may name fields in `metrics`; every other intent names metrics.

    `value`: one figure a metric. `breakdown`: by one or two dimensions. `trend`: by `grain` over `span`, by at most one
    dimension. `top`: a breakdown by one dimension, ordered and cut at `limit`. `compare`: value or breakdown beside the
    same for another span. `drivers`: what made the first metric change against the span before, dimension by dimension.
    """

    intent: Intent
    metrics: tuple[str, ...] = Field(default=(), max_length=8)
    dimensions: tuple[str, ...] = Field(default=(), max_length=2)
    filters: tuple[Filter, ...] = Field(default=(), max_length=12)
    entity: Entity | None = None
    span: Span | None = None
    grain: Grain | None = None
    compare: Comparison | None = None
    order: Order | None = None
    limit: int | None = Field(default=None, ge=1, le=MOST_ROWS)
